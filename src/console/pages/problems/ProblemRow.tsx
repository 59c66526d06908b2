import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';

import type { Problem } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { count } from '../../parts/numbers.ts';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Problems.module.css';
import { headingOf, placeOf, TRENDS } from './words.ts';

/** One problem in the list: how many records, what, since when, and what to do. */
export function ProblemRow({ problem }: { readonly problem: Problem }) {
  const { tone, word } = TRENDS[problem.trend];
  return (
    <li>
      <Link to="/problems/$problem" params={{ problem: problem.id }} className={classes['problem']}>
        <div>
          <div className={classes['count']}>{count(problem.records)}</div>
          <Text size="xs" c="dimmed">
            {problem.records === 1 ? 'record' : 'records'}
          </Text>
        </div>
        <div>
          <Text size="sm" fw={550}>
            {headingOf(problem)}
          </Text>
          {problem.advice !== null && (
            <Text size="sm" c="dimmed" lineClamp={2}>
              {problem.advice}
            </Text>
          )}
          <Text size="xs" c="dimmed" component="div" mt={2}>
            {problem.sync}, {placeOf(problem)} · since <Ago at={problem.openedAt} />
            {problem.owner !== null && ` · ${problem.owner} looks after it`}
          </Text>
        </div>
        <Tag tone={tone}>{word}</Tag>
      </Link>
    </li>
  );
}
