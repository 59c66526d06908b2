import { Button, Text, UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useEffect } from 'react';

import { Ago } from '../../parts/Ago.tsx';
import type { Question } from './questions.ts';
import classes from './Review.module.css';
import type { Marks } from './use-marks.ts';

/** The questions in their order; the present one stays in view. */
export function Queue({
  questions,
  presentId,
  marks,
  onGo,
  more,
}: {
  readonly questions: readonly Question[];
  readonly presentId: string;
  readonly marks: Marks;
  readonly onGo: (question: Question) => void;
  readonly more: (() => void) | null;
}) {
  const marked = new Set(marks.marked.map(({ id }) => id));
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
            {marked.has(question.id) && <IconCheck size={14} aria-label="marked" />} {question.title}
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
