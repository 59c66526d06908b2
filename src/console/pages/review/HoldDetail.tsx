import { Button, Group, Kbd, Text, TextInput } from '@mantine/core';
import { useState } from 'react';

import type { Json } from '../../../lib/json.ts';
import type { Hold } from '../../data/contract.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { To } from '../../parts/To.tsx';
import { useKeys } from '../../parts/use-keys.ts';
import { decisionOf, keyOf, optionsOf } from './choices.ts';
import { CHOICE_KEYS, Options } from './Options.tsx';

/** One hold: what was seen, what can be decided, and what follows from each. */
export function HoldDetail({
  hold,
  onDecide,
}: {
  readonly hold: Hold;
  readonly onDecide: (decision: Json) => void;
}) {
  const options = optionsOf(hold);
  const mayDecide = useMay('approver');
  const [chosen, setChosen] = useState('');
  const [typed, setTyped] = useState('');
  const present = options.find((option) => keyOf(option) === chosen);
  const decide = (): void => {
    if (present !== undefined && mayDecide) onDecide(decisionOf(present.choice, typed));
  };
  useKeys({
    Enter: decide,
    ...Object.fromEntries(
      options.flatMap((option, index) => {
        const key = CHOICE_KEYS[index];
        return key === undefined ? [] : [[key, () => setChosen(keyOf(option))]];
      }),
    ),
  });
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
      <Options options={options} chosen={chosen} onChoose={setChosen} />
      {present?.choice.kind === 'value' && (
        <TextInput
          label={`The ${hold.field ?? 'value'} that shall stand`}
          mb="md"
          autoFocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') decide();
          }}
        />
      )}
      <Group>
        <Button
          disabled={present === undefined || !mayDecide}
          onClick={decide}
          rightSection={<Kbd size="xs">Enter</Kbd>}
        >
          Decide
        </Button>
        {!mayDecide && (
          <Text size="sm" c="dimmed">
            Deciding takes the role approver.
          </Text>
        )}
      </Group>
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
