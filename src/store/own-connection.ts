/** A connection beside the pools, for what concerns the store as a whole: it enters one workspace after the other. */
import pg from 'pg';

import { momentIn, MOMENT, transactionOn, type MomentRow, type Tx } from './database.ts';

export async function connected(url: string, purpose: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `trueup-${purpose}`,
    options: '-c timezone=UTC',
  });
  // A connection that is cut fails the next statement; without a listener it would end the program.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The open transaction of the connection, as the statements of the store take it. */
export async function openTransaction(client: pg.Client): Promise<Tx> {
  const { rows } = await client.query<MomentRow>(`select ${MOMENT}`);
  return transactionOn(client, momentIn(rows[0]));
}

export async function workspacesOf(client: pg.Client): Promise<readonly number[]> {
  const { rows } = await client.query<{ workspace_no: number }>(
    'select workspace_no from workspaces order by workspace_no',
  );
  return rows.map((row) => row.workspace_no);
}

/** Until the transaction ends, or another workspace is entered. Row security shows, and takes, only its rows. */
export async function enter(client: pg.Client, workspace: number): Promise<void> {
  await client.query(
    `select set_config('trueup.workspace', $1, true),
            set_config('role', case when rolsuper then 'trueup_app' else session_user::text end, true)
       from pg_roles where rolname = session_user`,
    [String(workspace)],
  );
}
