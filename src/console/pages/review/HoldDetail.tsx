import { Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { Hold } from '../../data/contract.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { To } from '../../parts/To.tsx';
import { decisionOf, optionsOf } from './choices.ts';
import { Deciding } from './Deciding.tsx';
import type { HoldDecision } from './questions.ts';

/** One hold: what was seen, what can be decided, and what follows from each. */
export function HoldDetail({
  hold,
  onDecide,
}: {
  readonly hold: Hold;
  readonly onDecide: (decision: HoldDecision) => void;
}) {
  const options = optionsOf(hold);
  const mayDecide = useMay('approver');
  const [chosen, setChosen] = useState('');
  const [typed, setTyped] = useState('');
  const present = options.find(({ key }) => key === chosen);
  const decide = (): void => {
    if (present !== undefined) onDecide(decisionOf(present.choice, typed));
  };
  return (
    <Panel
      title={hold.title}
      about={
        <>
          {hold.sync} · since <Ago at={hold.openedAt} />
        </>
      }
      aside={hold.identity !== null && <ToJourney identity={hold.identity} />}
    >
      <Text>{hold.sentence}</Text>
      <Deciding options={options} chosen={chosen} onChoose={setChosen} onDecide={decide}>
        {present?.choice.kind === 'value' && (
          <TextInput
            label={`The ${hold.field ?? 'value'} that shall stand`}
            mb="md"
            autoFocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && mayDecide) decide();
            }}
          />
        )}
      </Deciding>
    </Panel>
  );
}

function ToJourney({ identity }: { readonly identity: string }) {
  return (
    <To to="/records/$identity" params={{ identity }}>
      Its journey
    </To>
  );
}
