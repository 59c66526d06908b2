/** Lists of records: what a search found, or the records of one side in order. */
import { z } from '@hono/zod-openapi';

import { soughtBy } from '../../lib/sought.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { recordsOfIdentities, recordsPage, type ListedRecord } from '../../store/listing.ts';
import {
  isPlaceIn,
  recordsByState,
  type ListedState,
  type RecordInState,
} from '../../store/records-by-state.ts';
import { searchValues } from '../../store/search-values.ts';
import { goldenOf, search, type MatchedBy } from '../../store/search.ts';
import { ApiProblem } from '../problem.ts';
import { decodeCursor, encodeCursor, pageOf, type Page } from '../shapes/paging.ts';
import type { FoundRecord } from '../shapes/records.ts';
import { reasonSentence } from '../words/reason.ts';
import { titleOf } from '../words/title.ts';

type FoundShape = z.infer<typeof FoundRecord>;
type RecordPlace = FoundShape['records'][number];

/** An identity or, where a record has none, the record itself. */
interface Hit {
  readonly syncKey: string;
  readonly identityId: string | null;
  readonly record:
    | (Pick<ListedRecord, 'side' | 'recordId'> & { readonly status: RecordPlace['status'] })
    | null;
  readonly matchedBy: MatchedBy | 'value' | null;
  readonly why: string | null;
}

export async function foundRecords(
  tx: Tx,
  syncs: readonly SyncRow[],
  side: string | undefined,
  query: string,
  limit: number,
): Promise<readonly FoundShape[]> {
  const places = syncs.flatMap((sync) =>
    sync.definition.sides
      .filter(({ name }) => side === undefined || name === side)
      .map(({ name }) => ({ syncKey: sync.syncKey, side: name })),
  );
  const hits = new Map<string, Hit>();
  for (const hit of await search(tx, places, query, limit)) {
    const key = hit.identityId ?? `${hit.syncKey} ${hit.record?.side ?? ''} ${hit.record?.recordId ?? ''}`;
    if (!hits.has(key)) hits.set(key, { ...hit, why: null });
  }
  return described(tx, syncs, [...hits.values()].slice(0, limit));
}

/** The one side that is meant, whose records are listed without a query. */
function sideMeant(
  syncs: readonly SyncRow[],
  side: string | undefined,
): { readonly syncKey: string; readonly side: string } {
  const [sync, ...others] = syncs;
  const names = sync?.definition.sides.map(({ name }) => name) ?? [];
  if (sync !== undefined && others.length === 0 && side !== undefined && names.includes(side))
    return { syncKey: sync.syncKey, side };
  throw new ApiProblem('invalid', {
    errors: [{ path: 'query', message: 'is empty, and no side of one sync is named' }],
    advice: `Give a query; or a sync, and as side one of ${names.join(', ')}.`,
  });
}

export async function listedRecords(
  tx: Tx,
  syncs: readonly SyncRow[],
  side: string | undefined,
  cursor: string | undefined,
  limit: number,
): Promise<Page<FoundShape>> {
  if (syncs.length === 0) return { items: [], next: null };
  const place = sideMeant(syncs, side);
  const after = decodeCursor(cursor, z.string());
  const rows = await recordsPage(tx, place, '', after, limit + 1);
  const listed = pageOf(
    rows,
    limit,
    ({ recordId }) => recordId,
    (row) => row,
  );
  const hits = listed.items.map((record) => ({ ...record, record, matchedBy: null, why: null }));
  return { items: await described(tx, syncs, hits), next: listed.next };
}

const InState = z.object({ reason: z.string(), after: z.string().nullable() });

/** The records of one side in one state, a bounded way along: a page may be short before the list has ended. */
export async function recordsInState(
  tx: Tx,
  syncs: readonly SyncRow[],
  side: string | undefined,
  state: ListedState,
  cursor: string | undefined,
  limit: number,
): Promise<Page<FoundShape>> {
  if (syncs.length === 0) return { items: [], next: null };
  const place = sideMeant(syncs, side);
  const from = decodeCursor(
    cursor,
    InState.refine((given) => isPlaceIn(state, given)),
  );
  const page = await recordsByState(tx, place, state, from, limit);
  const hits = page.records.map((record) => hitInState(place.syncKey, record));
  return {
    items: await described(tx, syncs, hits),
    next: page.next === null ? null : encodeCursor(page.next),
  };
}

function hitInState(syncKey: string, { side, recordId, status, identityId, ...rest }: RecordInState): Hit {
  const record = { side, recordId, status: status ?? ('unread' as const) };
  return { syncKey, identityId, record, matchedBy: null, why: reasonSentence(rest.reason, rest.failure) };
}

const InValues = z.object({ sync: z.string(), after: z.uuid().nullable() });
/** So long one page of a search walks before it says how far it came. */
const WALK_MS = 600;

/** Things with the term among their values, sync after sync; a page ends after a while, however little was found. */
export async function foundByValue(
  tx: Tx,
  syncs: readonly SyncRow[],
  term: string,
  cursor: string | undefined,
  limit: number,
  monotonicMs: () => number,
): Promise<Page<FoundShape>> {
  const sought = soughtBy(term);
  const startedMs = monotonicMs();
  const from = decodeCursor(cursor, InValues);
  const hits: Hit[] = [];
  const begin = Math.max(
    0,
    syncs.findIndex(({ syncKey }) => syncKey === from?.sync),
  );
  for (const [index, { syncKey }] of syncs.entries()) {
    if (sought === null || index < begin) continue;
    let after = index === begin ? (from?.after ?? null) : null;
    do {
      if (hits.length >= limit || monotonicMs() - startedMs > WALK_MS)
        return { items: await described(tx, syncs, hits), next: encodeCursor({ sync: syncKey, after }) };
      const found = await searchValues(tx, syncKey, sought, after, limit - hits.length);
      hits.push(
        ...found.identityIds.map((identityId) => ({
          syncKey,
          identityId,
          record: null,
          matchedBy: 'value' as const,
          why: null,
        })),
      );
      after = found.last;
    } while (after !== null);
  }
  return { items: await described(tx, syncs, hits), next: null };
}

async function described(
  tx: Tx,
  syncs: readonly SyncRow[],
  hits: readonly Hit[],
): Promise<readonly FoundShape[]> {
  const keys = syncs.map(({ syncKey }) => syncKey);
  const ids = [...new Set(hits.flatMap(({ identityId }) => identityId ?? []))];
  const golden = await goldenOf(tx, keys, ids);
  const records = await recordsOfIdentities(tx, keys, ids);
  return hits.flatMap((hit): readonly FoundShape[] => {
    const sync = syncs.find(({ syncKey }) => syncKey === hit.syncKey);
    if (sync === undefined) return [];
    const values = golden.get(hit.identityId ?? '')?.golden ?? {};
    const own = hit.record === null ? [] : [hit.record];
    const all =
      hit.identityId === null ? own : records.filter(({ identityId }) => identityId === hit.identityId);
    return [
      {
        sync: sync.name,
        identity: hit.identityId,
        title: titleOf(sync.definition, values),
        records: all.map(({ side, recordId, status }) => ({ side, recordId, status })),
        matched: hit.matchedBy,
        why: hit.why,
      },
    ];
  });
}
