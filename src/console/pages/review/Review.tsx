import { Button, Group, Kbd, Text } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';

import type { Hold } from '../../data/contract.ts';
import { heldWritesQuery, holdsQuery } from '../../data/queries.ts';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { useKeys } from '../../parts/use-keys.ts';
import { HeldWrites } from './HeldWrites.tsx';
import { HoldDetail } from './HoldDetail.tsx';
import { Queue } from './Queue.tsx';
import classes from './Review.module.css';
import { useDecisions } from './use-decisions.ts';

/** Everything that was stopped on purpose, as one queue that the keyboard can clear. */
export function Review() {
  const { sync } = useSearch({ from: '/shell/review' });
  const held = useQuery(heldWritesQuery);
  const query = useInfiniteQuery(holdsQuery({ sync }));
  return (
    <Page
      title="Review"
      about="What was stopped on purpose, and waits for a decision"
      actions={
        <Group gap={6} className={classes['keys'] ?? ''} aria-hidden>
          <Kbd>j</Kbd>
          <Kbd>k</Kbd>
          <Text size="sm" c="dimmed">
            move
          </Text>
          <Kbd>1</Kbd>
          <Text size="sm" c="dimmed">
            choose
          </Text>
          <Kbd>Enter</Kbd>
          <Text size="sm" c="dimmed">
            decide
          </Text>
          <Kbd>u</Kbd>
          <Text size="sm" c="dimmed">
            take back
          </Text>
        </Group>
      }
    >
      {held.data?.items.map((set) => (
        <HeldWrites key={`${set.sync} ${set.side} ${set.kind}`} held={set} />
      ))}
      <Loaded query={query}>
        {({ pages }) => (
          <Holds
            holds={pages.flatMap((page) => page.items)}
            more={query.hasNextPage ? () => void query.fetchNextPage() : null}
          />
        )}
      </Loaded>
    </Page>
  );
}

function Holds({ holds, more }: { readonly holds: readonly Hold[]; readonly more: (() => void) | null }) {
  const { hold: wanted } = useSearch({ from: '/shell/review' });
  const navigate = useNavigate({ from: '/review' });
  const decisions = useDecisions();
  const open = holds.filter(({ id }) => !decisions.decided.has(id));
  const at = Math.max(
    0,
    open.findIndex(({ id }) => id === wanted),
  );
  const present = open[at];
  const go = (hold: Hold | undefined): void => {
    if (hold !== undefined)
      inBackground(navigate({ search: (before) => ({ ...before, hold: hold.id }), replace: true }));
  };
  const undo = (): void => go(decisions.undo() ?? undefined);
  useKeys({ j: () => go(open[at + 1]), k: () => go(open[at - 1]), u: undo });
  return (
    <>
      {decisions.waiting > 0 && (
        <Group className={classes['undo']} role="status">
          <Text size="sm">Decided. It is sent in a moment.</Text>
          <Button size="compact-sm" variant="default" onClick={undo}>
            Take back (u)
          </Button>
        </Group>
      )}
      {present === undefined ? (
        <Nothing icon={IconChecks} title="Nothing waits for a decision">
          When two sides disagree and no rule may decide, or a guard stops a flood of changes, it appears
          here.
        </Nothing>
      ) : (
        <div className={classes['review']}>
          <Queue holds={open} presentId={present.id} onGo={go} more={more} />
          <HoldDetail
            key={present.id}
            hold={present}
            onDecide={(decision) => {
              decisions.decide(present, decision);
              go(open[at + 1] ?? open[at - 1]);
            }}
          />
        </div>
      )}
    </>
  );
}
