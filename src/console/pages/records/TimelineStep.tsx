import type { Step } from '../../data/contract.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Ago } from '../../parts/Ago.tsx';
import { Change } from '../../parts/Change.tsx';
import { RULES } from '../../parts/rules.ts';
import { Shown } from '../../parts/Shown.tsx';
import { timeOfDay } from '../../parts/time.ts';
import classes from './Timeline.module.css';

/** One thing that happened: where, what, and the values before and after. */
export function TimelineStep({ step }: { readonly step: Step }) {
  // What is told as a change is not told again as a value.
  const told = new Set(step.changes.map(({ field }) => field));
  const values = Object.entries(step.values ?? {}).filter(([field]) => !told.has(field));
  return (
    <li className={classes['step']} data-kind={step.failure === null ? step.kind : 'failed'}>
      <div className={classes['at']}>
        <span>{timeOfDay(step.at)}</span>
        <span className={classes['ago']}>
          <Ago at={step.at} />
        </span>
      </div>
      <div className={classes['what']}>
        <p>{step.sentence}</p>
        {step.changes.map(({ field, before, after, rule }) => (
          <div key={field} title={RULES[rule]}>
            <Change field={field} before={rule === 'first' ? undefined : before} after={after} />
          </div>
        ))}
        {values.length > 0 && (
          <dl className={classes['values']}>
            {values.map(([field, value]) => (
              <div key={field}>
                <dt>{field}</dt>
                <dd>
                  <Shown value={value} />
                </dd>
              </div>
            ))}
          </dl>
        )}
        {step.failure?.advice != null && (
          <p className={classes['advice']}>
            <Advice advice={step.failure.advice} />
          </p>
        )}
      </div>
    </li>
  );
}
