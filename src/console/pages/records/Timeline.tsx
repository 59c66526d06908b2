import type { Step } from '../../data/contract.ts';
import { dayOf } from '../../parts/time.ts';
import classes from './Timeline.module.css';
import { TimelineStep } from './TimelineStep.tsx';

/** Every hop of a record, by day, the newest first. */
export function Timeline({ steps }: { readonly steps: readonly Step[] }) {
  const days = Map.groupBy(
    steps.toSorted((left, right) => right.at.localeCompare(left.at)),
    ({ at }) => dayOf(at),
  );
  if (steps.length === 0)
    return <p className={classes['none']}>Nothing has happened to it since it was first seen.</p>;
  return (
    <>
      {[...days].map(([day, ofDay]) => (
        <section key={day}>
          <h3 className={classes['day']}>{day}</h3>
          <ol className={classes['steps']}>
            {ofDay.map((step, index) => (
              <TimelineStep key={`${step.at} ${step.kind} ${String(index)}`} step={step} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}
