/**
 * Which history of the database this is. Where a standby has taken over, or somebody has rolled a backup forward or loaded a dump,
 * commits may be missing that the systems have long seen the consequences of, and the data does not tell. The history does: every
 * process looks at it as each of its transactions begins, and the first to meet another one does what a person does after a restore.
 */
import type pg from 'pg';

import { audit } from './audit.ts';
import { allSyncs, recoverSync } from './control.ts';
import { WentBack, type Tx } from './database.ts';
import { connected, enter, openTransaction, workspacesOf } from './own-connection.ts';

export interface Followed {
  readonly timeline: string;
  /** Names of the syncs that observe from now on. None where it is the history that was known. */
  readonly recovering: readonly string[];
}

/** Looks at the history, and keeps it. Where another one was known every sync recovers, before anybody sees the new one as known. */
export async function followLineage(url: string): Promise<Followed> {
  const client = await connected(url, 'lineage');
  try {
    const server = await serverOf(client);
    await client.query('begin');
    const { timeline } = await openTransaction(client);
    const isKnown = await keep(client, server, timeline);
    const recovering = isKnown ? [] : await recoverAll(client, noteRecovered);
    await client.query('commit');
    return { timeline, recovering };
  } finally {
    // Ends an open transaction without keeping any of it.
    await client.end();
  }
}

/** Whoever else looks meanwhile waits here. */
async function keep(client: pg.Client, server: string | null, timeline: string): Promise<boolean> {
  const given = [server, timeline];
  await client.query(`insert into lineage (server, timeline) values ($1, $2) on conflict do nothing`, given);
  const { rows } = await client.query<{ known: boolean }>(
    `select coalesce(server = $1, true) and timeline = $2 as known from lineage for update`,
    given,
  );
  await client.query('update lineage set server = coalesce($1, server), timeline = $2', given);
  return rows[0]?.known === true;
}

/** The identifier of the database cluster, which no other has; null where the account may not ask for it. */
async function serverOf(client: pg.Client): Promise<string | null> {
  try {
    const { rows } = await client.query<{ server: string }>(
      'select system_identifier::text as server from pg_control_system()',
    );
    return rows[0]?.server ?? null;
  } catch {
    return null;
  }
}

function noteRecovered(tx: Tx, workspaceNo: number, sync: string): Promise<unknown> {
  return audit(tx, workspaceNo, {
    by: 'trueup',
    action: 'sync.recovered',
    subject: sync,
    detail: { store: 'another history' },
  });
}

/** In the open transaction, in every workspace. Returns the names of the syncs. */
export async function recoverAll(
  client: pg.Client,
  note: (tx: Tx, workspaceNo: number, sync: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const workspaceNo of await workspacesOf(client)) {
    await enter(client, workspaceNo);
    const tx = await openTransaction(client);
    for (const sync of await allSyncs(tx)) {
      await recoverSync(tx, sync);
      await note(tx, workspaceNo, sync.name);
      names.push(sync.name);
    }
  }
  return names;
}

type Transaction = <T>(action: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * What was read in one history is acted upon in no other: there, each of these transactions fails as an outage does. Whoever works
 * by the row is to begin anew with another.
 */
export function onlyInHistoryOf(row: { readonly timeline: string }, transaction: Transaction): Transaction {
  return (action) =>
    transaction((tx) => {
      if (tx.timeline !== row.timeline) throw new WentBack('the store has another history than before');
      return action(tx);
    });
}
