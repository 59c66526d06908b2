import { Button, Text, UnstyledButton } from '@mantine/core';
import { useEffect } from 'react';

import { Ago } from '../../parts/Ago.tsx';
import type { Question } from './questions.ts';
import classes from './Review.module.css';

/** The questions in their order; the present one stays in view. */
export function Queue({
  questions,
  presentId,
  onGo,
  more,
}: {
  readonly questions: readonly Question[];
  readonly presentId: string;
  readonly onGo: (question: Question) => void;
  readonly more: (() => void) | null;
}) {
  useEffect(() => {
    document.getElementById(`question-${presentId}`)?.scrollIntoView({ block: 'nearest' });
  }, [presentId]);
  return (
    <nav className={classes['queue']} aria-label="What waits for a decision">
      {questions.map((question) => (
        <UnstyledButton
          key={question.id}
          id={`question-${question.id}`}
          className={classes['entry']}
          aria-current={question.id === presentId}
          onClick={() => onGo(question)}
        >
          <Text size="sm" fw={550} truncate>
            {question.title}
          </Text>
          <Text size="xs" c="dimmed" component="div">
            {question.about} · <Ago at={question.since} />
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
