import { Group, Text } from '@mantine/core';
import { IconArrowsExchange, IconFileCode } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { syncsQuery } from '../../data/queries.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { ModeTag } from '../../parts/ModeTag.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { counted, listed } from '../../parts/numbers.ts';
import { Page } from '../../parts/Page.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { To, ToButton } from '../../parts/To.tsx';

/** Every sync, and the file that says them. */
export function Syncs() {
  const query = useQuery(syncsQuery);
  return (
    <Page
      title="Syncs"
      about="What is kept in step, where, and by which rules"
      actions={
        <ToButton to="/syncs/file">
          <Group gap={6}>
            <IconFileCode size={15} /> Sync file
          </Group>
        </ToButton>
      }
    >
      <Loaded query={query}>
        {({ items: syncs }) =>
          syncs.length === 0 ? (
            <Nothing icon={IconArrowsExchange} title="No sync is set up yet">
              A sync says which records of which systems are the same thing.{' '}
              <To to="/syncs/file">Write the sync file</To>, or run <code>trueup init</code>.
            </Nothing>
          ) : (
            syncs.map((sync) => (
              <Panel
                key={sync.name}
                title={
                  <Group gap={10}>
                    <To to="/syncs/$sync" params={{ sync: sync.name }}>
                      {sync.name}
                    </To>
                    <ModeTag mode={sync.mode} />
                  </Group>
                }
                aside={
                  <Text size="sm" c="dimmed">
                    revision {sync.revision}
                  </Text>
                }
              >
                <Text size="sm">
                  Keeps each {sync.entity} in step at {counted(sync.sides.length, 'side')}:{' '}
                  {listed(sync.sides.map(({ name, collection }) => `${name} (${collection})`))}.
                </Text>
              </Panel>
            ))
          )
        }
      </Loaded>
    </Page>
  );
}
