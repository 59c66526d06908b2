import { Button, Text } from '@mantine/core';
import { useState } from 'react';

import type { Match } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { SideBySide } from '../../parts/SideBySide.tsx';
import { Deciding } from './Deciding.tsx';
import { matchDecision, matchOptions } from './match-options.ts';
import type { MatchDecision } from './questions.ts';

/** Two things that may be one: why, both side by side, and what a person may say of them. */
export function MatchDetail({
  match,
  onMark,
  onDecide,
}: {
  readonly match: Match;
  /** To be decided together with others. */
  readonly onMark: () => void;
  readonly onDecide: (decision: MatchDecision) => void;
}) {
  const [chosen, setChosen] = useState('');
  return (
    <Panel
      title="Are these two one?"
      about={
        <>
          {match.sync} · found <Ago at={match.foundAt} />
        </>
      }
      aside={
        <Button size="xs" variant="default" onClick={onMark}>
          Mark, to decide several at once (x)
        </Button>
      }
    >
      <Text mb="md">{match.sentence}</Text>
      <SideBySide left={match.left} right={match.right} fields={match.fields} />
      {match.kind === 'inner' && (
        <Text size="sm" mt="md">
          If they are one, merge the two records in that system; here they become one by themselves.
        </Text>
      )}
      <Deciding
        options={matchOptions(match)}
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
