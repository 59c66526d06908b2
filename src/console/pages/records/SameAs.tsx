import { Button, Group, Select, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import type { Journey } from '../../data/contract.ts';
import { journeyQuery, recordsQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { inBackground } from '../../parts/in-background.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { SideBySide } from '../../parts/SideBySide.tsx';

const TYPING_MS = 200;

/** Says that another record is this same thing, though nothing suggested it: search, both side by side, confirm. */
export function SameAs({ journey }: { readonly journey: Journey }) {
  const mayDecide = useMay('approver');
  const [otherId, setOtherId] = useState<string | null>(null);
  const other = useQuery({ ...journeyQuery(otherId ?? ''), enabled: otherId !== null });
  if (!mayDecide || journey.tombstone !== null) return null;
  return (
    <Panel
      title="Is another record this same thing?"
      about="Two that became two by mistake are made one; it can be taken back under Review"
    >
      <Other journey={journey} chosen={otherId} onChoose={setOtherId} />
      {other.error !== null && <RefusalNote error={other.error} />}
      {otherId !== null && other.data !== undefined && (
        <Confirm journey={journey} other={other.data} onDone={() => setOtherId(null)} />
      )}
    </Panel>
  );
}

function Other({
  journey: { sync, identity },
  chosen,
  onChoose,
}: {
  readonly journey: Journey;
  readonly chosen: string | null;
  readonly onChoose: (identity: string | null) => void;
}) {
  const [typed, setTyped] = useState('');
  const [settled] = useDebouncedValue(typed.trim(), TYPING_MS);
  const found = useInfiniteQuery({ ...recordsQuery({ sync, query: settled }), enabled: settled !== '' });
  const others = (found.data?.pages[0]?.items ?? []).flatMap(({ identity: id, title, records }) =>
    id === null || id === identity
      ? []
      : [
          {
            value: id,
            label: [title, ...records.map(({ side, recordId }) => `${side} ${recordId}`)].join(' · '),
          },
        ],
  );
  return (
    <Select
      size="sm"
      label="The other one"
      placeholder="An id, an e-mail address, the beginning of a key"
      searchable
      clearable
      data={others}
      value={chosen}
      onChange={onChoose}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={settled === '' ? null : 'No other record is found'}
    />
  );
}

function Confirm({
  journey,
  other,
  onDone,
}: {
  readonly journey: Journey;
  readonly other: Journey;
  readonly onDone: () => void;
}) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { sync, identity } = journey;
  const merge = useMutation({
    mutationFn: () => send('POST', '/merges', { json: { sync, identities: [identity, other.identity] } }),
    onSuccess: async () => {
      notifications.show({
        title: 'They are one now',
        message: 'What follows from it is on its way. It can be taken back under Review.',
      });
      onDone();
      await refresh(client, 'merges', 'holds', 'overview', 'records');
      // Either may be the one that stays; the search tells.
      inBackground(navigate({ to: '/records', search: { sync, query: journey.records[0]?.recordId ?? '' } }));
    },
  });
  const names = [...new Set([...journey.fields, ...other.fields].map(({ name }) => name))];
  return (
    <>
      <Group my="md" grow>
        <SideBySide
          left={journey}
          right={other}
          fields={names.map((name) => ({ name, left: valueIn(journey, name), right: valueIn(other, name) }))}
        />
      </Group>
      {merge.error !== null && <RefusalNote error={merge.error} />}
      <Text size="sm" c="dimmed" mb="sm">
        Where they differ, the rules of the sync say which value stands, as for any two that meet.
      </Text>
      <Button size="xs" loading={merge.isPending} onClick={() => merge.mutate()}>
        They are one
      </Button>
    </>
  );
}

function valueIn({ fields }: Journey, field: string) {
  return fields.find(({ name }) => name === field)?.golden ?? null;
}
