import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import type { SideSchema } from '../../data/contract.ts';
import { schemasQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useDeed } from '../../data/use-deed.ts';
import { useTask } from '../../data/use-task.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { TaskButton } from '../../parts/TaskButton.tsx';
import { SchemaChange } from './SchemaChange.tsx';
import classes from './Schemas.module.css';

/** What the systems have changed about their fields: how grave it is, what it touches, what to do; and the way to accept it. */
export function Schemas({ name }: { readonly name: string }) {
  const query = useQuery(schemasQuery(name));
  const look = useTask(
    () => send('POST', '/syncs/:name/schemas/look', { param: { name } }),
    'syncs',
    'overview',
  );
  const { task } = look;
  const failure = task?.failure?.message;
  return (
    <Panel
      title="Fields of the systems"
      about="What has changed since the mapping was made; workers look every few minutes"
      aside={
        <Group gap={8}>
          <TaskButton task={look}>Look now</TaskButton>
          {query.data !== undefined && <AcceptButton name={name} sides={query.data.items} />}
        </Group>
      }
      flush
    >
      {look.error !== null && <RefusalNote error={look.error} />}
      {failure !== undefined && <RefusalNote error={new Error(failure)} />}
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

/** Offered as long as no change stops anything: one that does must be followed by the sync file. */
function AcceptButton({ name, sides }: { readonly name: string; readonly sides: readonly SideSchema[] }) {
  const mayAccept = useMay('approver');
  const accept = useDeed({
    send: () =>
      send('POST', '/syncs/:name/schemas/acceptance', {
        param: { name },
        json: { seen: sides.map(({ side, version }) => ({ side, version })) },
      }),
    done: () => ({
      title: 'Accepted',
      message: 'What the systems say now is what the mapping is made for.',
    }),
    notDone: 'Not accepted',
    stale: ['syncs', 'overview'],
  });
  const changes = sides.flatMap((side) => side.changes);
  const isGrave = changes.some(({ gravity }) => gravity !== 'harmless' && gravity !== 'attention');
  if (changes.length === 0 || isGrave) return null;
  return (
    <Button size="xs" disabled={!mayAccept} loading={accept.isPending} onClick={() => accept.mutate()}>
      Accept {counted(changes.length, 'change')}
    </Button>
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
        <SchemaChange key={`${change.native} ${change.sentence}`} change={change} />
      ))}
    </li>
  );
}
