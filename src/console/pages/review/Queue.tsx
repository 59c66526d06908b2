import { Button, Text, UnstyledButton } from '@mantine/core';
import { useEffect } from 'react';

import type { Hold } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { REASONS } from '../../parts/rules.ts';
import classes from './Review.module.css';

/** The holds in the order in which they were opened; the present one stays in view. */
export function Queue({
  holds,
  presentId,
  onGo,
  more,
}: {
  readonly holds: readonly Hold[];
  readonly presentId: string;
  readonly onGo: (hold: Hold) => void;
  readonly more: (() => void) | null;
}) {
  useEffect(() => {
    document.getElementById(`hold-${presentId}`)?.scrollIntoView({ block: 'nearest' });
  }, [presentId]);
  return (
    <nav className={classes['queue']} aria-label="What waits for a decision">
      {holds.map((hold) => (
        <UnstyledButton
          key={hold.id}
          id={`hold-${hold.id}`}
          className={classes['entry']}
          aria-current={hold.id === presentId}
          onClick={() => onGo(hold)}
        >
          <Text size="sm" fw={550} truncate>
            {hold.title}
          </Text>
          <Text size="xs" c="dimmed" component="div">
            {REASONS[hold.reason] ?? hold.reason}
            {hold.field === null ? '' : ` of ${hold.field}`} · <Ago at={hold.openedAt} />
          </Text>
        </UnstyledButton>
      ))}
      {more !== null && (
        <Button variant="subtle" size="xs" fullWidth onClick={more}>
          More
        </Button>
      )}
    </nav>
  );
}
