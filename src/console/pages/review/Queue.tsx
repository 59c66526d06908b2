import { Text, UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';

import { Ago } from '../../parts/Ago.tsx';
import type { Question } from './questions.ts';
import classes from './Review.module.css';
import type { Marks } from './use-marks.ts';

const OVERSCAN_ROWS = 10;
/** In pixels, before it is measured. */
const ROW_HEIGHT = 56;

/** The questions in their order, however many: only those near the present one are drawn, and more are fetched before the end. */
export function Queue({
  questions,
  present,
  marks,
  onGo,
  more,
}: {
  readonly questions: readonly Question[];
  /** Place of the question that is shown beside the queue. */
  readonly present: number;
  readonly marks: Marks;
  readonly onGo: (question: Question) => void;
  readonly more: (() => void) | null;
}) {
  const marked = new Set(marks.marked.map(({ id }) => id));
  const frame = useRef<HTMLElement>(null);
  const virtualizer = useVirtualizer({
    count: questions.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN_ROWS,
    getItemKey: (index) => questions[index]?.id ?? index,
  });
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => virtualizer.scrollToIndex(present, { align: 'auto' }), [virtualizer, present]);
  useEffect(() => {
    if (more !== null && last >= questions.length - OVERSCAN_ROWS) more();
  }, [last, questions.length, more]);
  return (
    <nav ref={frame} className={classes['queue']} aria-label="What waits for a decision">
      <div className={classes['entries']} style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ index, start, key }) => {
          const question = questions[index];
          if (question === undefined) return null;
          return (
            <UnstyledButton
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className={classes['entry']}
              style={{ transform: `translateY(${String(start)}px)` }}
              aria-current={index === present}
              onClick={() => onGo(question)}
            >
              <Entry question={question} isMarked={marked.has(question.id)} />
            </UnstyledButton>
          );
        })}
      </div>
    </nav>
  );
}

function Entry({ question, isMarked }: { readonly question: Question; readonly isMarked: boolean }) {
  return (
    <>
      <Text size="sm" fw={550} truncate>
        {isMarked && <IconCheck size={14} aria-label="marked" />} {question.title}
      </Text>
      <Text size="xs" c="dimmed" component="div" truncate>
        {question.about} · <Ago at={question.since} />
      </Text>
    </>
  );
}
