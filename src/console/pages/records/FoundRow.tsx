import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import type { Found } from '../../data/contract.ts';
import { STATUS_TONES } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Records.module.css';

/** A found identity with its record at each side; a record without an identity leads to where it waits. */
export function FoundRow({ found }: { readonly found: Found }) {
  const content = (
    <>
      <div>
        <Text size="sm" fw={550} truncate>
          {found.title}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {found.sync}
          {found.matched !== null && ` · found by ${found.matched}`}
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
  if (found.identity === null)
    return (
      <Link to="/review" search={{ sync: found.sync }} className={classes['found']}>
        {content}
      </Link>
    );
  return (
    <Link to="/records/$identity" params={{ identity: found.identity }} className={classes['found']}>
      {content}
    </Link>
  );
}
