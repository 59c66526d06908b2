/** By what things are named where references do not name them by record ids, and who is pointed anew when they move. */
import { EVERYWHERE, type Place } from '../engine/model.ts';
import { referrersOf, type Referrer } from '../engine/references.ts';
import type { Save } from './contract.ts';
import { allSyncs } from './control.ts';
import type { Tx } from './database.ts';
import type { Move, Name } from './reference-contract.ts';

const SYNC_KEY = '(select sync_key from syncs where name = $1)';

type NamedPlace = Place & { readonly by: string };

/**
 * The things that have these names there; what several have names none. The names are kept from changing until the end of the
 * transaction: who takes one away then finds the records that were pointed by it meanwhile.
 */
export async function namedAt(
  tx: Tx,
  { sync, side, by }: NamedPlace,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ name: string; identity_id: string }>(
    `select name, identity_id from names
      where sync_key = ${SYNC_KEY} and side = $2 and field = $3 and name = any($4) for key share`,
    [sync, side, by, names],
  );
  const named = Map.groupBy(rows, ({ name }) => name);
  return new Map(
    [...named].flatMap(([name, [first, ...others]]) =>
      first === undefined || others.length > 0 ? [] : [[name, first.identity_id] as const],
    ),
  );
}

/** The names of things there; those without one are left out. */
export async function namesAt(
  tx: Tx,
  { sync, side, by }: NamedPlace,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ identity_id: string; name: string }>(
    side === EVERYWHERE
      ? `select identity_id, golden ->> $3 as name from identities
          where sync_key = ${SYNC_KEY} and $2 = '' and identity_id = any($4::uuid[]) and tombstone is null and golden ->> $3 <> ''`
      : `select identity_id, accounted ->> $3 as name from links
          where sync_key = ${SYNC_KEY} and side = $2 and identity_id = any($4::uuid[]) and status = 'live' and accounted ->> $3 <> ''`,
    [sync, side, by, identityIds],
  );
  return new Map(rows.map((row) => [row.identity_id, row.name]));
}

/** The fields, of any sync, that name things of this one. */
export async function referrersTo(tx: Tx, syncKey: string): Promise<readonly Referrer[]> {
  const syncs = await allSyncs(tx);
  const own = syncs.find((sync) => sync.syncKey === syncKey);
  return own === undefined
    ? []
    : referrersOf(
        own.name,
        syncs.map(({ definition }) => definition),
      );
}

export async function saveNames(
  tx: Tx,
  syncKey: string,
  freed: readonly Name[],
  added: readonly Name[],
): Promise<void> {
  const columns = (names: readonly Name[]): readonly unknown[] => [
    syncKey,
    names.map(({ side }) => side),
    names.map(({ field }) => field),
    names.map(({ name }) => name),
    names.map(({ identityId }) => identityId),
  ];
  const rows =
    'unnest($2::text[], $3::text[], $4::text[], $5::uuid[]) as given (side, field, name, identity_id)';
  if (freed.length > 0)
    await tx.execute(
      `delete from names using ${rows}
        where names.sync_key = $1 and names.name = any($4) and names.side = given.side and names.field = given.field
          and names.name = given.name and names.identity_id = given.identity_id`,
      columns(freed),
    );
  if (added.length > 0)
    await tx.execute(
      `insert into names (sync_key, side, field, name, identity_id)
       select $1::bigint, side, field, name, identity_id from ${rows} on conflict do nothing`,
      columns(added),
    );
}

/** Keeps what records refer to, of those that refer to other things than before. */
export async function saveReferrals(tx: Tx, syncKey: string, links: Save['links']): Promise<void> {
  const told = links.flatMap(({ identityId, link, refers }) =>
    refers === undefined ? [] : [{ identityId, side: link.side, refers }],
  );
  if (told.length === 0) return;
  await tx.execute(
    `delete from referrals using unnest($2::uuid[], $3::text[]) as told (identity_id, side)
      where referrals.sync_key = $1 and referrals.side = told.side and referrals.identity_id = told.identity_id`,
    [syncKey, told.map(({ identityId }) => identityId), told.map(({ side }) => side)],
  );
  const rows = told.flatMap(({ refers, ...own }) => refers.map((parentId) => ({ ...own, parentId })));
  if (rows.length === 0) return;
  await tx.execute(
    `insert into referrals (sync_key, side, identity_id, parent_id)
     select $1::bigint, side, identity_id, parent_id from unnest($2::text[], $3::uuid[], $4::text[]) as told (side, identity_id, parent_id)
     on conflict do nothing`,
    [
      syncKey,
      rows.map(({ side }) => side),
      rows.map(({ identityId }) => identityId),
      rows.map(({ parentId }) => parentId),
    ],
  );
}

/** A wait for each record, of the sync that refers; one that is noted already is due anew. */
export async function notePoints(
  tx: Tx,
  syncKey: string,
  { sync, side, field, at, by }: Referrer,
  moves: readonly Move[],
): Promise<void> {
  if (moves.length === 0) return;
  await tx.execute(
    `insert into waits (sync_key, identity_id, side, field, kind, record_id, parent_sync, parent_side, parent_field, parent_record, parent_id, since, due_at)
     select links.sync_key, links.identity_id, $2::text, $3::text, 'point', min(links.record_id), (select name from syncs where sync_key = $4),
            $5::text, $6::text, min(moved.from_id), min(moved.to_id::text)::uuid, clock_timestamp(), clock_timestamp()
       from unnest($7::text[], $8::uuid[]) as moved (from_id, to_id)
       join referrals on referrals.parent_id = moved.from_id
       join links on links.sync_key = referrals.sync_key and links.identity_id = referrals.identity_id and links.side = referrals.side
      where referrals.parent_id = any($7) and referrals.sync_key = ${SYNC_KEY} and referrals.side = $2
      group by links.sync_key, links.identity_id
     on conflict (sync_key, identity_id, side, field, kind) do update
        set parent_sync = excluded.parent_sync, parent_side = excluded.parent_side, parent_field = excluded.parent_field,
            parent_record = excluded.parent_record, parent_id = excluded.parent_id, due_at = excluded.due_at, checks = 0`,
    [
      sync,
      side,
      field,
      syncKey,
      at,
      by ?? null,
      moves.map(({ fromId }) => fromId),
      moves.map(({ toId }) => toId),
    ],
  );
}
