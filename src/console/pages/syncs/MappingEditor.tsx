import { Button, Group, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import type { JsonObject } from '../../../lib/json.ts';
import type { MappingTrial } from '../../data/contract.ts';
import { mappingTrialQuery, refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { draftOf, saidOf, type MappingPlace } from './mapping-draft.ts';
import classes from './MappingEditor.module.css';
import { MappingForm } from './MappingForm.tsx';
import { TriedMapping } from './TriedMapping.tsx';

/** After the last key, before what was typed is tried. */
const SETTLE_MS = 400;

/** A mapping in a form, tried on real records as it is typed, and saved as a new revision. */
export function MappingEditor({ onDone, ...place }: MappingPlace & { readonly onDone: () => void }) {
  const present = useQuery({ ...mappingTrialQuery(place), staleTime: Infinity });
  return (
    <section className={classes['editor']} aria-label={`${place.field} at ${place.side}`}>
      <Loaded query={present}>{(trial) => <Editor place={place} present={trial} onDone={onDone} />}</Loaded>
    </section>
  );
}

function Editor({
  place,
  present,
  onDone,
}: {
  readonly place: MappingPlace;
  readonly present: MappingTrial;
  readonly onDone: () => void;
}) {
  const client = useQueryClient();
  const navigate = useNavigate({ from: '/syncs/$sync' });
  const before = present.said as JsonObject | null;
  const [draft, setDraft] = useState(() => draftOf(before));
  const said = JSON.stringify(saidOf(draft));
  const isChanged = said !== JSON.stringify(saidOf(draftOf(before)));
  const [asked] = useDebouncedValue(said, SETTLE_MS);
  const isBegun = asked !== '{}';
  const query = useQuery({
    ...mappingTrialQuery(place, JSON.parse(asked) as JsonObject | null),
    enabled: isBegun,
    placeholderData: keepPreviousData,
  });
  const save = useMutation({
    mutationFn: (json: { readonly source: string; readonly over: string }) =>
      send('PUT', '/sync-file', { json }),
    onSuccess: async () => {
      onDone();
      notifications.show({ title: 'Saved', message: 'Make and approve the plan of what has changed.' });
      await refresh(client, 'syncs', 'overview', 'mapping');
      await navigate({ search: { tab: 'plan' } });
    },
  });
  const trial = query.data;
  const source = trial?.source ?? null;
  const isTried = asked === said && isBegun && !query.isPlaceholderData && query.isSuccess;
  const isGood = isTried && source !== null && trial?.errors.length === 0;
  return (
    <>
      <MappingForm side={place.side} draft={draft} natives={present.natives} onChange={setDraft} />
      <div role="status" className={classes['trial']} data-stale={!isTried || undefined}>
        {query.error !== null && <RefusalNote error={query.error} retry={() => void query.refetch()} />}
        {trial !== undefined && isBegun && (
          <TriedMapping trial={trial} place={place} isOut={asked === 'null'} />
        )}
      </div>
      {save.error !== null && <RefusalNote error={save.error} />}
      <Group gap={8} mt="sm">
        <Button
          size="xs"
          disabled={!isChanged || !isGood}
          loading={save.isPending}
          onClick={() => source !== null && save.mutate({ source, over: trial?.tag ?? '' })}
        >
          Save as a new revision
        </Button>
        <Button size="xs" variant="default" onClick={onDone}>
          Not now
        </Button>
        <Text size="xs" c="dimmed">
          Nothing is written before its plan is approved.
        </Text>
      </Group>
    </>
  );
}
