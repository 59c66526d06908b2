import { Button, Group, PasswordInput, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { Collector } from '../../data/contract.ts';
import { collectorsQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Loaded } from '../../parts/Loaded.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { useFields } from '../../parts/use-fields.ts';
import classes from './Alerts.module.css';

/** Where the metrics are sent over OTLP, and whether they arrive. */
export function Collectors() {
  const query = useQuery(collectorsQuery);
  const isAdmin = useMay('admin');
  return (
    <Panel title="Collectors" about="Where the metrics are sent over OTLP, every minute" flush>
      <Loaded query={query}>
        {({ items: collectors }) => (
          <>
            {collectors.length === 0 && (
              <Text size="sm" c="dimmed" px={18} py={14}>
                The metrics are sent nowhere.
              </Text>
            )}
            <ul className={classes['list']}>
              {collectors.map((collector) => (
                <CollectorRow key={collector.name} collector={collector} />
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {isAdmin && <NewCollector />}
    </Panel>
  );
}

function CollectorRow({ collector }: { readonly collector: Collector }) {
  const { name, url, lastSentAt, failures, failure } = collector;
  return (
    <li className={classes['row']}>
      <Tag tone={failure === null ? 'in-sync' : 'dead'}>{failure === null ? 'works' : 'fails'}</Tag>
      <div className={classes['words']}>
        <Text size="sm" fw={550}>
          {name}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {url} · last sent <Ago at={lastSentAt} />
        </Text>
        {failure !== null && (
          <Text size="sm">
            {failures} times in a row: {failure.message} {failure.advice}
          </Text>
        )}
      </div>
      <CollectorActions name={name} />
    </li>
  );
}

function CollectorActions({ name }: { readonly name: string }) {
  const client = useQueryClient();
  const mayTest = useMay('operator');
  const isAdmin = useMay('admin');
  const test = useMutation({
    mutationFn: () => send('POST', '/collectors/:name/test', { param: { name } }),
    onSuccess: ({ failure }) =>
      failure === null
        ? notifications.show({ color: 'green', title: `${name} took the metrics`, message: 'They arrive.' })
        : notifications.show({ color: 'red', title: `${name} did not take them`, message: failure.message }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not sent', message: error.message }),
    onSettled: () => refresh(client, 'collectors'),
  });
  const remove = useMutation({
    mutationFn: () => send('DELETE', '/collectors/:name', { param: { name } }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not removed', message: error.message }),
    onSettled: () => refresh(client, 'collectors'),
  });
  return (
    <Group gap={8}>
      {mayTest && (
        <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          Send now
        </Button>
      )}
      {isAdmin && (
        <Button size="xs" variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>
          Send there no more
        </Button>
      )}
    </Group>
  );
}

const EMPTY = { name: '', url: '', headers: '' };

function NewCollector() {
  const client = useQueryClient();
  const { values, clear, text } = useFields(EMPTY);
  const { name, url, headers } = values;
  const save = useMutation({
    mutationFn: () =>
      send('PUT', '/collectors/:name', {
        param: { name },
        json: { url, ...(headers === '' ? {} : { headers }) },
      }),
    onSuccess: async () => {
      clear();
      await refresh(client, 'collectors');
    },
  });
  return (
    <SmallForm sending={save} label="Send the metrics there">
      <TextInput
        label="Name of the collector"
        required
        pattern="[a-z][a-z0-9_\-]*"
        title="small letters, digits, - and _"
        {...text('name')}
      />
      <TextInput
        label="Address, with its path"
        placeholder="https://otlp.example.com/v1/metrics"
        required
        {...text('url')}
      />
      <PasswordInput
        label="Headers, such as Authorization=Bearer%20…"
        autoComplete="off"
        {...text('headers')}
      />
    </SmallForm>
  );
}
