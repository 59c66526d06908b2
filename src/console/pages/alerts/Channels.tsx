import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { Channel } from '../../data/contract.ts';
import { channelsQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Alerts.module.css';
import { kindWords } from './kinds.ts';
import { NewChannel } from './NewChannel.tsx';

/** Who is told, whether that works, and the ways to try and to change it. */
export function Channels() {
  const query = useQuery(channelsQuery);
  const isAdmin = useMay('admin');
  return (
    <Panel title="Channels" about="Who is told when an alert is raised and when it is over" flush>
      <Loaded query={query}>
        {({ items: channels }) => (
          <>
            {channels.length === 0 && (
              <Text size="sm" c="dimmed" px={18} py={14}>
                Nobody is told yet: alerts are seen on this page only.
              </Text>
            )}
            <ul className={classes['list']}>
              {channels.map((channel) => (
                <ChannelRow key={channel.name} channel={channel} />
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {isAdmin && <NewChannel />}
    </Panel>
  );
}

function ChannelRow({ channel }: { readonly channel: Channel }) {
  const { name, kind, severity, digest, lastToldAt, waiting, failure } = channel;
  return (
    <li className={classes['row']}>
      <Tag tone={failure === null ? 'in-sync' : 'dead'}>{failure === null ? 'works' : 'fails'}</Tag>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {name}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {kindWords(kind)} · {severity === 'critical' ? 'critical alerts only' : 'every alert'}
          {digest ? ', and a daily word' : ''} · last told <Ago at={lastToldAt} />
          {waiting > 0 && ` · ${String(waiting)} wait`}
        </Text>
        {failure !== null && (
          <Text size="sm">
            {failure.message} {failure.advice}
          </Text>
        )}
      </div>
      <ChannelActions name={name} />
    </li>
  );
}

function ChannelActions({ name }: { readonly name: string }) {
  const client = useQueryClient();
  const mayTest = useMay('operator');
  const isAdmin = useMay('admin');
  const test = useMutation({
    mutationFn: () => send('POST', '/channels/:name/test', { param: { name } }),
    onSuccess: ({ failure }) =>
      failure === null
        ? notifications.show({ color: 'green', title: `${name} took the test`, message: 'It is told.' })
        : notifications.show({ color: 'red', title: `${name} did not take it`, message: failure.message }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not tested', message: error.message }),
    onSettled: () => refresh(client, 'channels'),
  });
  const remove = useMutation({
    mutationFn: () => send('DELETE', '/channels/:name', { param: { name } }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not removed', message: error.message }),
    onSettled: () => refresh(client, 'channels'),
  });
  return (
    <Group gap={8}>
      {mayTest && (
        <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          Send a test
        </Button>
      )}
      {isAdmin && (
        <Button size="xs" variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>
          Tell it no more
        </Button>
      )}
    </Group>
  );
}
