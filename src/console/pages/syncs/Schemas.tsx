import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { SideSchema } from '../../data/contract.ts';
import { schemasQuery } from '../../data/queries.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { counted, listed } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import type { Tone } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Schemas.module.css';

type Change = SideSchema['changes'][number];

const GRAVITIES: Readonly<Record<Change['gravity'], { readonly tone: Tone; readonly word: string }>> = {
  harmless: { tone: 'excluded', word: 'harmless' },
  attention: { tone: 'pending', word: 'needs attention' },
  stopsField: { tone: 'held', word: 'stops a field' },
  stopsCreates: { tone: 'held', word: 'stops creates' },
  stopsSync: { tone: 'dead', word: 'stops the sync' },
};

/** What the systems have changed about their fields: how grave it is, what it touches, what to do. */
export function Schemas({ name }: { readonly name: string }) {
  const query = useQuery(schemasQuery(name));
  return (
    <Panel
      title="Fields of the systems"
      about="What has changed since the mapping was made; workers look every few minutes"
      flush
    >
      <Loaded query={query}>
        {({ items: sides }) => (
          <ul className={classes['sides']}>
            {sides.map((side) => (
              <SideChanges key={side.side} side={side} />
            ))}
            {sides.length === 0 && (
              <li>
                <Text size="sm" c="dimmed">
                  They have not been looked at yet.
                </Text>
              </li>
            )}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

function SideChanges({ side: { side, collection, since, seenAt, changes } }: { readonly side: SideSchema }) {
  return (
    <li>
      <Text size="sm" component="div">
        <b>{side}</b> · {collection}:{' '}
        {changes.length === 0 ? (
          <>
            unchanged since <Ago at={since} />
          </>
        ) : (
          <>
            {counted(changes.length, 'change')}, the last <Ago at={seenAt} />
          </>
        )}
      </Text>
      {changes.map((change) => (
        <ChangeRow key={change.sentence} change={change} />
      ))}
    </li>
  );
}

function ChangeRow({ change: { gravity, sentence, fix, fields } }: { readonly change: Change }) {
  const { tone, word } = GRAVITIES[gravity];
  return (
    <div className={classes['change']}>
      <Tag tone={tone}>{word}</Tag>
      <div>
        <Text size="sm">{sentence}</Text>
        {fields.length > 0 && (
          <Text size="xs" c="dimmed">
            Touches {listed(fields)}
          </Text>
        )}
        {fix !== null && (
          <Text size="sm" fw={550}>
            {fix}
          </Text>
        )}
      </div>
    </div>
  );
}
