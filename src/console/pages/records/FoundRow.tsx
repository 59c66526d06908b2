import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import type { Found } from '../../data/contract.ts';
import { STATUS_TONES } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Records.module.css';

const FOUND_BY = {
  identity: 'its identity',
  recordId: 'an id',
  matchKey: 'a key',
  value: 'a value',
} as const;

/** A found identity with its record at each side; a record without an identity leads to a page of its own. */
export function FoundRow({ found }: { readonly found: Found }) {
  const content = (
    <>
      <div>
        <Text size="sm" fw={550} truncate>
          {found.title === '' ? found.records[0]?.recordId : found.title}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {found.sync}
          {found.matched !== null && ` · found by ${FOUND_BY[found.matched]}`}
          {found.why !== null && ` · ${found.why}`}
        </Text>
      </div>
      <div className={classes['records']}>
        {found.records.map(({ side, recordId, status }) => (
          <span key={`${side} ${recordId}`} className={classes['record']}>
            {side} <code>{recordId}</code>
            {status !== 'live' && <Tag tone={STATUS_TONES[status] ?? 'excluded'}>{status}</Tag>}
          </span>
        ))}
      </div>
    </>
  );
  const [only] = found.records;
  if (found.identity === null)
    return (
      <Link
        to="/record"
        search={{ sync: found.sync, side: only?.side ?? '', id: only?.recordId ?? '' }}
        className={classes['found']}
      >
        {content}
      </Link>
    );
  return (
    <Link to="/records/$identity" params={{ identity: found.identity }} className={classes['found']}>
      {content}
    </Link>
  );
}
