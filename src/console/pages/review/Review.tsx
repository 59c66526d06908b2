import { Button, Group, Kbd, Text } from '@mantine/core';
import { IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, type InfiniteData } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';

import type { Hold, Match, Page as Listing } from '../../data/contract.ts';
import { heldWritesQuery, holdsQuery, matchesQuery } from '../../data/queries.ts';
import { inBackground } from '../../parts/in-background.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { useKeys } from '../../parts/use-keys.ts';
import { EmptiedSides } from './EmptiedSides.tsx';
import { HeldWrites } from './HeldWrites.tsx';
import { HoldDetail } from './HoldDetail.tsx';
import { MarkedDetail } from './MarkedDetail.tsx';
import { MatchDetail } from './MatchDetail.tsx';
import { Merges } from './Merges.tsx';
import { questionsOf, type Question, type Decision } from './questions.ts';
import { Queue } from './Queue.tsx';
import classes from './Review.module.css';
import { SearchPairs } from './SearchPairs.tsx';
import { useDecisions } from './use-decisions.ts';
import { useMarks } from './use-marks.ts';
import { usePlace } from './use-place.ts';

/** Everything that a person must say, what was stopped and what may be one, as one queue that the keyboard can clear. */
export function Review() {
  const { sync } = useSearch({ from: '/shell/review' });
  const held = useQuery(heldWritesQuery);
  const query = useInfiniteQuery(holdsQuery({ sync }));
  const matches = useInfiniteQuery(matchesQuery({ sync }));
  return (
    <Page
      title="Review"
      about="What waits for your decision: what was stopped on purpose, and what may be one thing"
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
          <Kbd>x</Kbd>
          <Text size="sm" c="dimmed">
            mark a pair
          </Text>
          <Kbd>u</Kbd>
          <Text size="sm" c="dimmed">
            take back
          </Text>
        </Group>
      }
    >
      <EmptiedSides />
      {held.data?.items.map((set) => (
        <HeldWrites key={`${set.sync} ${set.side} ${set.kind}`} held={set} />
      ))}
      <Loaded query={query}>
        {(holds) => (
          <Loaded query={matches}>
            {(found) => (
              <Asked
                holds={holds}
                matches={found}
                more={query.hasNextPage ? moreOf(query) : moreOf(matches)}
              />
            )}
          </Loaded>
        )}
      </Loaded>
      <SearchPairs />
      <Merges />
    </Page>
  );
}

/** Put together only when a page has come: there may be a hundred thousand of them. */
function Asked({
  holds,
  matches,
  more,
}: {
  readonly holds: InfiniteData<Listing<Hold>>;
  readonly matches: InfiniteData<Listing<Match>>;
  readonly more: (() => void) | null;
}) {
  const questions = useMemo(
    () =>
      questionsOf(
        holds.pages.flatMap((page) => page.items),
        matches.pages.flatMap((page) => page.items),
      ),
    [holds, matches],
  );
  return <Questions questions={questions} more={more} />;
}

function moreOf({
  hasNextPage,
  isFetchingNextPage,
  fetchNextPage,
}: {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
}): (() => void) | null {
  return hasNextPage && !isFetchingNextPage ? () => inBackground(fetchNextPage()) : null;
}

function Questions({
  questions,
  more,
}: {
  readonly questions: readonly Question[];
  readonly more: (() => void) | null;
}) {
  const decisions = useDecisions();
  const open = questions.filter(({ id }) => !decisions.decided.has(id));
  const { at, ahead, go } = usePlace(open);
  const present = open[at];
  const undo = (): void => go(decisions.undo() ?? undefined);
  const marks = useMarks(open);
  const decide = (decided: readonly Question[], decision: Decision): void => {
    decisions.decide(decided, decision);
    marks.clear();
    const left = open.filter((question) => !decided.includes(question));
    go(left[Math.min(at, left.length - 1)]);
  };
  const mark = (place: number): void => {
    const question = open[place];
    if (question?.kind !== 'match') return;
    marks.toggle(question);
    go(open[place + 1]);
  };
  useKeys({
    j: () => go(open[ahead() + 1]),
    k: () => go(open[ahead() - 1]),
    u: undo,
    x: () => mark(ahead()),
  });
  return (
    <>
      {decisions.waiting > 0 && <TakeBack onUndo={undo} />}
      {present === undefined ? (
        <Nothing icon={IconChecks} title="Nothing waits for a decision">
          When two sides disagree and no rule may decide, a guard stops a flood of changes, or things look
          like one and no key tells, it appears here.
        </Nothing>
      ) : (
        <div className={classes['review']}>
          <Queue questions={open} present={at} marks={marks} onGo={go} more={more} />
          {marks.marked.length > 0 ? (
            <MarkedDetail marks={marks} onDecide={(decision) => decide(marks.marked, decision)} />
          ) : (
            <Detail
              key={present.id}
              question={present}
              onMark={() => mark(at)}
              onDecide={(decision) => decide([present], decision)}
            />
          )}
        </div>
      )}
    </>
  );
}

function TakeBack({ onUndo }: { readonly onUndo: () => void }) {
  return (
    <Group className={classes['undo']} role="status">
      <Text size="sm">Decided. It is sent in a moment.</Text>
      <Button size="compact-sm" variant="default" onClick={onUndo}>
        Take back (u)
      </Button>
    </Group>
  );
}

function Detail({
  question,
  onMark,
  onDecide,
}: {
  readonly question: Question;
  readonly onMark: () => void;
  readonly onDecide: (decision: Decision) => void;
}) {
  return question.kind === 'hold' ? (
    <HoldDetail hold={question.hold} onDecide={onDecide} />
  ) : (
    <MatchDetail match={question.match} onMark={onMark} onDecide={onDecide} />
  );
}
