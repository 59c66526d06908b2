import { Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';

import type { ProblemDetail } from '../../data/contract.ts';
import { lettersQuery, problemQuery } from '../../data/queries.ts';
import { Advice } from '../../parts/Advice.tsx';
import { Ago } from '../../parts/Ago.tsx';
import { EndlessList } from '../../parts/EndlessList.tsx';
import { Fact } from '../../parts/Fact.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { count } from '../../parts/numbers.ts';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import { LETTER_ROW_HEIGHT, LetterRow } from '../dead-letters/LetterRow.tsx';
import { FixAll } from './FixAll.tsx';
import { Notes } from './Notes.tsx';
import { Owner } from './Owner.tsx';
import classes from './Problems.module.css';
import { headingOf, placeOf, REACHES, TRENDS } from './words.ts';

/** One problem: what it is, what to do, whom it hits, the remedy for all, and what people noted. */
export function ProblemPage() {
  const { problem: id } = useParams({ from: '/shell/problems/$problem' });
  const query = useQuery(problemQuery(id));
  return (
    <Page
      title={query.data === undefined ? 'Problem' : headingOf(query.data)}
      about={<To to="/problems">All problems</To>}
      actions={query.data !== undefined && <FixAll problem={query.data} />}
    >
      <Loaded query={query}>{(problem) => <Content problem={problem} />}</Loaded>
    </Page>
  );
}

function Content({ problem }: { readonly problem: ProblemDetail }) {
  const letters = useInfiniteQuery(lettersQuery({ sync: problem.sync, problem: problem.id }));
  return (
    <Stack gap="lg">
      {problem.advice !== null && (
        <div className={classes['advice']}>
          <Text size="xs" c="dimmed">
            What to do
          </Text>
          <Text component="div">
            <Advice advice={problem.advice} />
          </Text>
        </div>
      )}
      <Facts problem={problem} />
      <EndlessList
        query={letters}
        label="Records that it hits"
        rowHeight={LETTER_ROW_HEIGHT}
        keyOf={({ id }) => id}
        empty={
          <Text size="sm" c="dimmed" p="md">
            No record waits because of it now.
          </Text>
        }
      >
        {(letter) => <LetterRow letter={letter} />}
      </EndlessList>
      <Notes problem={problem} />
    </Stack>
  );
}

function Facts({ problem }: { readonly problem: ProblemDetail }) {
  const { tone, word } = TRENDS[problem.trend];
  return (
    <Panel>
      <dl className={classes['facts']}>
        <Fact name="Records">{count(problem.records)}</Fact>
        <Fact name="Trend">
          <Tag tone={tone}>{word}</Tag>
        </Fact>
        <Fact name="Where">
          {problem.sync}, {placeOf(problem)}
        </Fact>
        <Fact name="Reach">{REACHES[problem.reach]}</Fact>
        <Fact name="Since">
          <Ago at={problem.openedAt} />
        </Fact>
        <Fact name="Last seen">
          <Ago at={problem.lastSeenAt} />
        </Fact>
        {problem.field !== null && <Fact name="Field">{problem.field}</Fact>}
        <Fact name="Looked after by">
          <Owner problem={problem} />
        </Fact>
      </dl>
    </Panel>
  );
}
