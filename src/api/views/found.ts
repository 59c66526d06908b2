/** Lists of records: what a search found, or the records of one side in order. */
import { z } from '@hono/zod-openapi';

import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { recordsOfIdentities, recordsPage, type ListedRecord } from '../../store/listing.ts';
import { goldenOf, search, type MatchedBy } from '../../store/search.ts';
import { ApiProblem } from '../problem.ts';
import { decodeCursor, pageOf, type Page } from '../shapes/paging.ts';
import type { FoundRecord } from '../shapes/records.ts';
import { titleOf } from '../words/title.ts';

type FoundShape = z.infer<typeof FoundRecord>;

/** An identity or, where a record has none, the record itself. */
interface Hit {
  readonly syncKey: string;
  readonly identityId: string | null;
  readonly record: ListedRecord | null;
  readonly matchedBy: MatchedBy | null;
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
    if (!hits.has(key)) hits.set(key, hit);
  }
  return described(tx, syncs, [...hits.values()].slice(0, limit));
}

export async function listedRecords(
  tx: Tx,
  syncs: readonly SyncRow[],
  side: string | undefined,
  cursor: string | undefined,
  limit: number,
): Promise<Page<FoundShape>> {
  const [sync, ...others] = syncs;
  if (sync === undefined) return { items: [], next: null };
  const names = sync.definition.sides.map(({ name }) => name);
  if (others.length > 0 || side === undefined || !names.includes(side))
    throw new ApiProblem('invalid', {
      errors: [{ path: 'query', message: 'is empty, and no side of one sync is named' }],
      advice: `Give a query; or a sync, and as side one of ${names.join(', ')}.`,
    });
  const after = decodeCursor(cursor, z.string());
  const rows = await recordsPage(tx, { syncKey: sync.syncKey, side }, '', after, limit + 1);
  const listed = pageOf(
    rows,
    limit,
    ({ recordId }) => recordId,
    (row) => row,
  );
  const hits = listed.items.map((record) => ({ ...record, record, matchedBy: null }));
  return { items: await described(tx, syncs, hits), next: listed.next };
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
      },
    ];
  });
}
