import { VisuallyHidden } from '@mantine/core';

import type { Reconciliation } from '../../data/contract.ts';
import { count } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import classes from './Reconciliation.module.css';

const BAR_HEIGHT_MAX = 48;

/** How much drift the reconciliations found, the oldest first. */
export function Trend({ points }: { readonly points: Reconciliation['trend'] }) {
  const sides = Map.groupBy(points.toReversed(), ({ side }) => side);
  const most = Math.max(1, ...points.map(({ drift }) => drift));
  return (
    <>
      {[...sides].map(([side, own]) => (
        <Panel
          key={side}
          title={`Trend of ${side}`}
          about="Drift found by each reconciliation, the newest last"
        >
          <ol className={classes['trend']}>
            {own.map(({ startedAt, seen, drift }) => {
              const words = `${new Date(startedAt).toLocaleString()}: ${count(drift)} drift among ${count(seen)} records`;
              return (
                <li
                  key={startedAt}
                  className={classes['bar']}
                  data-drift={drift > 0}
                  title={words}
                  style={{ height: (drift / most) * BAR_HEIGHT_MAX }}
                >
                  <VisuallyHidden>{words}</VisuallyHidden>
                </li>
              );
            })}
          </ol>
        </Panel>
      ))}
    </>
  );
}
