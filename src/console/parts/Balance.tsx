import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import type { Counts } from '../data/contract.ts';
import classes from './Balance.module.css';
import { count, counted } from './numbers.ts';
import { STATES } from './states.ts';

/** Every record of a side in exactly one state: a bar, and the numbers that add up to it, each leading to its records. */
export function Balance({
  sync,
  side,
  counts,
}: {
  readonly sync: string;
  readonly side: string;
  readonly counts: Counts;
}) {
  const shown = STATES.filter(({ state }) => counts[state] > 0);
  const sum = `${counted(counts.records, 'record')} = ${STATES.map(({ state, word }) => `${count(counts[state])} ${word}`).join(' + ')}`;
  return (
    <div className={classes['balance']}>
      <Tooltip label={sum}>
        <div className={classes['bar']} role="img" aria-label={sum}>
          {shown.map(({ state, tone }) => (
            <span key={state} data-tone={tone} style={{ flexGrow: counts[state] }} />
          ))}
        </div>
      </Tooltip>
      <ul className={classes['legend']}>
        {shown.map(({ state, word, tone, about }) => (
          <li key={state} data-tone={tone}>
            <Tooltip label={about}>
              <Link to="/records" search={{ sync, side, state }}>
                <b>{count(counts[state])}</b> {word}
              </Link>
            </Tooltip>
          </li>
        ))}
        {shown.length === 0 && <li>no records</li>}
      </ul>
    </div>
  );
}
