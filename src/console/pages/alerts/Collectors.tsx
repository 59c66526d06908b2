import { PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import type { Collector } from '../../data/contract.ts';
import { collectorsQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Ago } from '../../parts/Ago.tsx';
import { DeedButton } from '../../parts/DeedButton.tsx';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { useFields } from '../../parts/use-fields.ts';
import { OutletPanel, OutletRow } from './Outlets.tsx';

/** Where the metrics are sent over OTLP, and whether they arrive. */
export function Collectors() {
  return (
    <OutletPanel
      title="Collectors"
      about="Where the metrics are sent over OTLP, every minute"
      query={useQuery(collectorsQuery)}
      none="The metrics are sent nowhere."
      form={<NewCollector />}
    >
      {(collector) => <CollectorRow key={collector.name} collector={collector} />}
    </OutletPanel>
  );
}

function CollectorRow({ collector }: { readonly collector: Collector }) {
  const { name, url, lastSentAt, failures, failure } = collector;
  const trouble =
    failure === null
      ? null
      : `${String(failures)} times in a row: ${failure.message} ${failure.advice ?? ''}`;
  return (
    <OutletRow name={name} trouble={trouble} actions={<CollectorActions name={name} />}>
      {url} · last sent <Ago at={lastSentAt} />
    </OutletRow>
  );
}

function CollectorActions({ name }: { readonly name: string }) {
  const param = { name };
  return (
    <>
      <DeedButton
        may="operator"
        send={() => send('POST', '/collectors/:name/test', { param })}
        done={({ failure }) =>
          failure === null
            ? { color: 'green', title: `${name} took the metrics`, message: 'They arrive.' }
            : { color: 'red', title: `${name} did not take them`, message: failure.message }
        }
        notDone="Not sent"
        stale={['collectors']}
      >
        Send now
      </DeedButton>
      <DeedButton
        may="admin"
        send={() => send('DELETE', '/collectors/:name', { param })}
        notDone="Not removed"
        stale={['collectors']}
      >
        Send there no more
      </DeedButton>
    </>
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
