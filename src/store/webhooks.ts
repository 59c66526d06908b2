/** Webhooks: which deliveries were taken, of what they told, and which were refused. */
import type { Tx } from './database.ts';

/** Vendors try again for up to three days. */
const REMEMBERED_DAYS = 3;
/** With every delivery so many that are over are forgotten: more than come in. */
const FORGOTTEN_MAX = 10;

/** An endpoint: one connection of one workspace. */
export interface WebhookPlace {
  readonly workspaceNo: number;
  readonly connection: string;
}

/** Notes a delivery under its names. False when one of them was taken before: a repetition, also where both come at once. */
export async function takeDelivery(
  tx: Tx,
  { workspaceNo, connection }: WebhookPlace,
  names: readonly string[],
): Promise<boolean> {
  await tx.execute(
    `delete from webhook_seen where ctid = any(array(
       select ctid from webhook_seen
        where workspace_no = $1 and connection = $2 and seen_at < clock_timestamp() - make_interval(days => $3)
        order by seen_at limit $4 for update skip locked))`,
    [workspaceNo, connection, REMEMBERED_DAYS, FORGOTTEN_MAX],
  );
  // In one order, so that two of one delivery wait for each other instead of meeting crosswise.
  const taken = await tx.execute(
    `insert into webhook_seen (workspace_no, connection, name)
     select $1, $2, name from unnest($3::text[]) as name order by name
     on conflict (workspace_no, connection, name) do update set seen_at = excluded.seen_at
      where webhook_seen.seen_at < clock_timestamp() - make_interval(days => $4)`,
    [workspaceNo, connection, [...new Set(names)], REMEMBERED_DAYS],
  );
  return taken === new Set(names).size;
}

/** Of these collections something was told just now, and what was refused before is over. */
export async function noteTelling(
  tx: Tx,
  { workspaceNo, connection }: WebhookPlace,
  collections: readonly string[],
): Promise<void> {
  await tx.execute(
    `insert into webhook_tellings (workspace_no, connection, collection, told_at)
     select $1, $2, collection, clock_timestamp() from unnest($3::text[]) as collection order by collection
     on conflict (workspace_no, connection, collection) do update
        set told_at = greatest(webhook_tellings.told_at, excluded.told_at)`,
    [workspaceNo, connection, [...new Set(collections)]],
  );
  await tx.execute('delete from webhook_refusals where workspace_no = $1 and connection = $2', [
    workspaceNo,
    connection,
  ]);
}

/** `count` more deliveries were refused, the last of them for this reason. */
export async function noteRefusals(
  tx: Tx,
  { workspaceNo, connection }: WebhookPlace,
  count: number,
  why: string,
): Promise<void> {
  await tx.execute(
    `insert into webhook_refusals as known (workspace_no, connection, refused, since, last_at, why)
     values ($1, $2, $3, clock_timestamp(), clock_timestamp(), $4)
     on conflict (workspace_no, connection) do update
        set refused = known.refused + excluded.refused, last_at = excluded.last_at, why = excluded.why`,
    [workspaceNo, connection, count, why],
  );
}

/** Deliveries that were refused since one was taken. */
export interface Refusals {
  readonly count: number;
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly why: string;
}

/** How the webhook of a connection stands. */
export interface WebhookState {
  /** By name. */
  readonly workspace: string;
  readonly connection: string;
  /** The collections of which it ever told, and when it last did. */
  readonly tellings: readonly { readonly collection: string; readonly toldMs: number }[];
  readonly refusals: Refusals | null;
}

/** Of every connection that takes webhooks, known by the setting that holds its secret. */
export async function webhookStates(tx: Tx): Promise<readonly WebhookState[]> {
  const rows = await tx.query<WebhookState>(
    `select name as connection, (select workspaces.name from workspaces where workspaces.workspace_no = connections.workspace_no) as workspace,
            coalesce((select json_agg(json_build_object('collection', collection,
                               'toldMs', extract(epoch from told_at)::float8 * 1000) order by collection)
                        from webhook_tellings as told
                       where told.workspace_no = connections.workspace_no and told.connection = connections.name), '[]') as tellings,
            (select json_build_object('count', refused, 'sinceMs', extract(epoch from since)::float8 * 1000,
                      'lastMs', extract(epoch from last_at)::float8 * 1000, 'why', why)
               from webhook_refusals as refusals
              where refusals.workspace_no = connections.workspace_no and refusals.connection = connections.name) as refusals
       from connections where settings ? 'webhook_secret' order by name`,
  );
  return rows;
}

/** A change of which no webhook had told when a feed or a sweep brought it. */
export interface UnhintedRecord {
  readonly recordId: string;
  readonly identityId: string | null;
  readonly atMs: number;
}

/** A side whose collection has a webhook, with what came since it last told without being told of. */
export interface WebhookVitals {
  readonly side: string;
  readonly connection: string;
  readonly toldMs: number | null;
  readonly refusals: Refusals | null;
  /** Each record once, with the first of its changes, oldest first. */
  readonly unhinted: readonly UnhintedRecord[];
}

const UNHINTED_DAYS = 14;
const UNHINTED_MAX = 10_000;

/**
 * `sides`: those of the sync, each with its connection and collection. What a sweep has shown only because the sync was defined anew
 * counts for nothing.
 */
export async function webhookVitals(
  tx: Tx,
  syncKey: string,
  sides: readonly { readonly name: string; readonly connection: string; readonly collection: string }[],
): Promise<readonly WebhookVitals[]> {
  const states = new Map((await webhookStates(tx)).map((state) => [state.connection, state]));
  const vitals: WebhookVitals[] = [];
  for (const { name: side, connection, collection } of sides) {
    const state = states.get(connection);
    if (state === undefined) continue;
    const told = state.tellings.find((one) => one.collection === collection);
    const toldMs = told?.toldMs ?? null;
    const unhinted = await unhintedSince(tx, syncKey, side, toldMs);
    vitals.push({ side, connection, toldMs, refusals: state.refusals, unhinted });
  }
  return vitals;
}

function unhintedSince(
  tx: Tx,
  syncKey: string,
  side: string,
  toldMs: number | null,
): Promise<readonly UnhintedRecord[]> {
  return tx.query<UnhintedRecord>(
    `select record_id as "recordId", min(identity_id::text) as "identityId", extract(epoch from min(at))::float8 * 1000 as "atMs"
       from journal
      where sync_key = $1 and side = $2 and kind in ('changed', 'linked') and body -> 'unhinted' is not null
        and at > clock_timestamp() - make_interval(days => $4) and at > coalesce(to_timestamp($3::float8 / 1000), '-infinity')
        and at > (select min(runs.ended_at) from runs
                   where runs.sync_key = $1 and runs.side = $2 and runs.kind = 'sweep' and runs.state = 'complete'
                     and runs.started_at > (select max(created_at) from revisions where sync_key = $1))
      group by record_id order by min(at), record_id limit $5`,
    [syncKey, side, toldMs, UNHINTED_DAYS, UNHINTED_MAX],
  );
}
