import { IconEyeOff } from '@tabler/icons-react';

import type { Diagnosis } from '../../data/contract.ts';
import { Panel } from '../../parts/Panel.tsx';
import classes from './Diagnosis.module.css';

/** What the diagnosis could not look at; where there is nothing of the kind, it says so. */
export function BlindSpots({ blind }: { readonly blind: Diagnosis['blind'] }) {
  return (
    <Panel
      flush
      title="What could not be seen"
      about={
        blind.length === 0
          ? 'Every side was read, and reconciled at least once'
          : 'That nothing was found here says nothing'
      }
    >
      {blind.length > 0 && (
        <ul className={classes['list']}>
          {blind.map(({ sync, says }) => (
            <li key={`${sync ?? ''} ${says}`} className={classes['blind']}>
              <IconEyeOff size={16} stroke={1.6} aria-hidden />
              <span>
                {sync === null ? '' : `${sync}: `}
                {says}.
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
