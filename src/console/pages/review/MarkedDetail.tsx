import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';

import { counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { useKeys } from '../../parts/use-keys.ts';
import { Deciding } from './Deciding.tsx';
import { matchDecision, matchOptions } from './match-options.ts';
import classes from './Match.module.css';
import type { MatchDecision } from './questions.ts';
import type { Marks, MatchQuestion } from './use-marks.ts';

/** Several pairs, decided in one way. */
export function MarkedDetail({
  marks,
  onDecide,
}: {
  readonly marks: Marks;
  readonly onDecide: (decision: MatchDecision) => void;
}) {
  const [chosen, setChosen] = useState('');
  const { marked, asLikely } = marks;
  useKeys({ Escape: marks.clear });
  return (
    <Panel
      title={`${counted(marked.length, 'pair')} marked`}
      about="One decision for all of them; it can be taken back together"
      aside={
        <Group gap={8}>
          {asLikely > 0 && (
            <Button size="xs" variant="default" onClick={marks.markAsLikely}>
              Mark {String(asLikely)} more that are as likely
            </Button>
          )}
          <Button size="xs" variant="default" onClick={marks.clear}>
            Unmark all
          </Button>
        </Group>
      }
    >
      <ul className={classes['marked']}>
        {marked.map(({ id, title, match }) => (
          <li key={id}>
            <Text size="sm" span fw={550}>
              {title}
            </Text>{' '}
            <Text size="sm" span c="dimmed">
              {match.sentence}
            </Text>
          </li>
        ))}
      </ul>
      <Deciding
        options={optionsOfAll(marked)}
        chosen={chosen}
        onChoose={setChosen}
        onDecide={() => {
          const decision = matchDecision(chosen);
          if (decision !== null) onDecide(decision);
        }}
      />
    </Panel>
  );
}

/** Only what may be said of every one of them. */
function optionsOfAll(marked: readonly MatchQuestion[]): ReturnType<typeof matchOptions> {
  const [first, ...others] = marked.map(({ match }) => matchOptions(match));
  return (first ?? []).filter(({ key }) =>
    others.every((options) => options.some((option) => option.key === key)),
  );
}
