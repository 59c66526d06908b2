import { Group, Text } from '@mantine/core';

import type { Connection } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ConnectionTag } from '../../parts/ConnectionTag.tsx';
import { Limits } from '../../parts/Limits.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Throttled } from '../../parts/Throttled.tsx';
import { To } from '../../parts/To.tsx';
import { AuthoriseButton } from './AuthoriseButton.tsx';
import { pressWords } from './press-words.ts';
import { TryButton } from './TryButton.tsx';

/** A connection in short. */
export function ConnectionCard({ connection }: { readonly connection: Connection }) {
  const { name, title, state, reason, advice, since, lastSuccessAt, throttled, usedBy } = connection;
  return (
    <Panel
      title={
        <Group gap={10}>
          <To to="/connections/$connection" params={{ connection: name }}>
            {name}
          </To>
          <ConnectionTag connection={connection} />
        </Group>
      }
      about={title}
      aside={
        <Group gap={8}>
          <AuthoriseButton connection={connection} />
          <TryButton name={name} />
        </Group>
      }
    >
      {reason !== null && state !== 'connected' && (
        <Text size="sm" mb={6}>
          Since <Ago at={since} />: {reason} {pressWords(connection) ?? advice}
        </Text>
      )}
      <Throttled throttled={throttled} />
      <Text size="sm" c="dimmed" component="div">
        Last success <Ago at={lastSuccessAt} /> · used by{' '}
        {usedBy.length === 0 ? 'no sync' : usedBy.map(({ sync, side }) => `${sync} (${side})`).join(', ')}
      </Text>
      <Limits connection={connection} />
    </Panel>
  );
}
