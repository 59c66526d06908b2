import { List, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';

import type { Json } from '../../../lib/json.ts';
import type { SyncWhatIf, WhatIfEdit } from '../../data/contract.ts';
import { send } from '../../data/request.ts';
import { Change } from '../../parts/Change.tsx';
import { useNowMs } from '../../parts/now.ts';
import { count, counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { KeyAnswer, PastAnswer } from './WhatIfPast.tsx';

const LOOK_BACK_MS = 30 * 86_400_000;

/** Asks what the text of a sync file would change, before anybody saves it or plans with it. */
export function WhatIf({ source }: { readonly source: string }) {
  const nowMs = useNowMs();
  const [since, setSince] = useState(() => new Date(nowMs - LOOK_BACK_MS).toISOString().slice(0, 10));
  const ask = useMutation({
    mutationFn: async () => {
      const json = { source, since: since === '' ? null : since };
      return { of: source, ...(await send('POST', '/sync-file/what-if', { json })) };
    },
  });
  return (
    <Panel
      title="What would differ?"
      about="Tries what is typed above on present records, and on what has happened since a day; nothing is saved, planned or written"
    >
      <SmallForm sending={ask} label="Try it">
        <TextInput
          type="date"
          size="xs"
          label="What has happened since"
          value={since}
          onChange={(event) => setSince(event.currentTarget.value)}
        />
      </SmallForm>
      <div role="status">
        {ask.data === undefined && (
          <Text size="sm" c="dimmed" mt="sm">
            Not tried yet. Without a day, only present records are looked at.
          </Text>
        )}
        {ask.data !== undefined && ask.data.of !== source && (
          <Text size="sm" mt="sm">
            This is about what was typed before: try it again.
          </Text>
        )}
        {ask.data?.syncs.map((answer) => (
          <Answer key={answer.sync} answer={answer} />
        ))}
      </div>
    </Panel>
  );
}

function Answer({ answer: { sync, kind, edit } }: { readonly answer: SyncWhatIf }) {
  return (
    <>
      <Title order={3} size="h6" mt="md">
        {sync}
      </Title>
      {edit !== null && <EditAnswer edit={edit} />}
      {edit === null && (
        <Text size="sm">
          {kind === 'new'
            ? 'It is new: nothing of it is stored yet. Once it is saved, its plan says what it would do.'
            : 'It is as it is stored: nothing would differ.'}
        </Text>
      )}
    </>
  );
}

function EditAnswer({ edit }: { readonly edit: WhatIfEdit }) {
  const { tried, total, changed, writes, keys, past } = edit;
  return (
    <>
      <Text size="sm">
        Tried on {count(tried)} of {count(total)}; {count(changed)} would change. Fields that refer to other
        things are left out.
      </Text>
      <List size="sm" mt={4} spacing={4}>
        {writes.map(({ side, kind, records, fields, examples }) => (
          <List.Item key={`${side} ${kind}`}>
            {counted(records, kind)} at {side}:{' '}
            {fields.map(({ field, records: number }) => `${field} in ${count(number)}`).join(', ')}
            {examples.map(({ record, changes }, index) => (
              <div key={record ?? `new ${String(index)}`}>
                <Text size="sm" c="dimmed">
                  {record ?? 'a new record'}
                </Text>
                {changes.map(({ field, before, after }) => (
                  <Change
                    key={field}
                    field={field}
                    before={before as Json | undefined}
                    after={after as Json}
                  />
                ))}
              </div>
            ))}
          </List.Item>
        ))}
        {sentencesOf(edit).map((sentence) => (
          <List.Item key={sentence}>{sentence}</List.Item>
        ))}
      </List>
      {keys !== null && <KeyAnswer keys={keys} hasPast={past !== null} />}
      {past !== null && <PastAnswer past={past} />}
    </>
  );
}

function sentencesOf(edit: WhatIfEdit): readonly string[] {
  const { admitted, problems, holds, excluded, joining, calls, changed } = edit;
  return [
    ...(admitted.length === 0 ? [] : [`Mapped newly, or otherwise: ${admitted.join(', ')}`]),
    ...problems.map(
      ({ side, field, reason, records, examples }) =>
        `${count(records)} of ${side} would wait: ${field}: ${reason} (${examples.join(', ')})`,
    ),
    ...holds.map(({ what, records }) => `${count(records)} would be held: ${what}`),
    ...excluded.map(({ side, records }) => `${count(records)} of ${side} would take no part any more`),
    ...joining.map(
      ({ side, records }) =>
        `${count(records)} of ${side} that take no part now, or could not be read, would take part`,
    ),
    ...calls.map(({ side, calls: number }) => `About ${counted(number, 'call')} to write at ${side}`),
    ...(changed + joining.length === 0 ? ['At present nothing would change.'] : []),
  ];
}
