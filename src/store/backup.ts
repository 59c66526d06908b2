/**
 * A backup is one text: a head, then every table of every workspace as one snapshot shows it, a JSON document a row, and an
 * end that says how much there was. PostgreSQL itself writes and reads the rows, so no value passes through a number of ours.
 */
import { createHash, type Hash } from 'node:crypto';

import pg from 'pg';

import { BackupRefused, damaged, FORMAT, linesOf, markOf, type BackupHead } from './backup-file.ts';
import { recoverAll } from './lineage.ts';
import { ensureJournalMonths } from './migrate.ts';
import { connected, enter, openTransaction, workspacesOf } from './own-connection.ts';
import { SEALED } from './sealed-places.ts';

const PAGE_ROWS = 1_000;
/** What must not come back, as it is of this very database; and sessions that have ended since, attempts to sign in, answers given once. */
const LEFT_OUT = ['migrations', 'lineage', 'sessions', 'answered_requests', 'sign_in_attempts'];

interface Table {
  readonly name: string;
  /** Names of the columns. */
  readonly columns: readonly string[];
  readonly isOfWorkspace: boolean;
}

/**
 * The lines of a backup, each with its end. One snapshot, however long it takes. `sealedWords` is told the ids of the keys
 * that have sealed what is in it.
 */
export async function* backupLines(
  url: string,
  sealedWords: (keyVersions: readonly number[]) => Pick<BackupHead, 'sealed' | 'sealedToo'>,
): AsyncGenerator<string, { readonly rows: number }> {
  const client = await connected(url, 'backup');
  const hash = createHash('sha256');
  let rows = 0;
  try {
    await client.query('begin isolation level repeatable read read only');
    const head: BackupHead = {
      format: FORMAT,
      madeAtMs: Math.floor((await openTransaction(client)).nowMs),
      migrations: await migrationsOf(client),
      ...sealedWords(await keyVersionsOf(client)),
    };
    yield hashed(hash, `#${JSON.stringify(head)}\n`);
    for (const table of await tablesOf(client)) {
      for (const workspace of table.isOfWorkspace ? await workspacesOf(client) : [0]) {
        yield hashed(hash, `#${JSON.stringify({ table: table.name, workspace })}\n`);
        for await (const page of pagesOf(client, table, workspace)) {
          rows += page.length;
          yield hashed(hash, page.map((row) => `${row}\n`).join(''));
        }
      }
    }
    await client.query('commit');
    yield `#${JSON.stringify({ rows, hash: hash.digest('hex') })}\n`;
    return { rows };
  } finally {
    await client.end();
  }
}

async function* pagesOf(
  client: pg.Client,
  { name }: Table,
  workspace: number,
): AsyncGenerator<readonly string[]> {
  await enter(client, workspace);
  // Line ends can only stand between the parts of a document: within a text they are escaped.
  await client.query(
    `declare page no scroll cursor for select translate(row_to_json(t)::text, E'\\n\\r', '  ') as row from ${pg.escapeIdentifier(name)} as t`,
  );
  for (;;) {
    const page = await client.query<{ row: string }>(`fetch ${String(PAGE_ROWS)} from page`);
    if (page.rows.length === 0) break;
    yield page.rows.map(({ row }) => row);
  }
  await client.query('close page');
}

export interface Restored {
  readonly head: BackupHead;
  readonly rows: number;
  readonly syncs: readonly string[];
}

/**
 * Fills an empty store from a backup, all of it or nothing. Every sync then only observes and reads its sides from the
 * start: the systems have not gone back in time. `mayOpen` judges the head before anything is stored.
 */
export async function restore(
  url: string,
  chunks: AsyncIterable<Uint8Array>,
  mayOpen: (head: BackupHead) => void,
): Promise<Restored> {
  const client = await connected(url, 'backup');
  try {
    await client.query('begin');
    await refuseFull(client);
    const filled = await fill(client, linesOf(chunks), mayOpen);
    const syncs = await recoverAll(client);
    await client.query('commit');
    return { ...filled, syncs };
  } finally {
    // Ends an open transaction without keeping any of it.
    await client.end();
  }
}

async function fill(
  client: pg.Client,
  lines: AsyncIterable<string>,
  mayOpen: (head: BackupHead) => void,
): Promise<{ readonly head: BackupHead; readonly rows: number }> {
  const hash = createHash('sha256');
  const tables = new Map((await tablesOf(client)).map((table) => [table.name, table]));
  let head: BackupHead | null = null;
  let table: Table | undefined;
  let workspace = 0;
  let [page, rows]: [string[], number] = [[], 0];
  const store = async (): Promise<void> => {
    if (table !== undefined && page.length > 0)
      await storePage(client, table, workspace, page).catch(ofAnotherTable);
    rows += page.length;
    page = [];
  };
  for await (const line of lines) {
    if (!line.startsWith('#')) {
      page.push(line);
      if (page.length >= PAGE_ROWS) await store();
      hash.update(`${line}\n`);
      continue;
    }
    await store();
    const mark = markOf(line);
    if ('hash' in mark) {
      if (head === null || mark['rows'] !== rows || mark['hash'] !== hash.digest('hex')) throw damaged();
      await linkRevisions(client);
      return { head, rows };
    }
    hash.update(`${line}\n`);
    if (head === null) {
      head = await checkedHead(client, mark);
      mayOpen(head);
      continue;
    }
    table = tables.get(typeof mark['table'] === 'string' ? mark['table'] : '');
    if (table === undefined) throw damaged();
    workspace = Number(mark['workspace']);
    await enter(client, workspace);
  }
  throw damaged();
}

/** What is wrong with rows: their values, what must hold of them, whose they are. Rows of a store fit where they were. */
const ABOUT_ROWS = /^(?:22|23|42501)/;

function ofAnotherTable(error: unknown): never {
  throw error instanceof pg.DatabaseError && ABOUT_ROWS.test(error.code ?? '') ? damaged() : error;
}

/** Syncs and their revisions name each other: the revision is named again once both are there. */
async function storePage(
  client: pg.Client,
  { name, columns }: Table,
  workspace: number,
  page: readonly string[],
): Promise<void> {
  const rows = `[${page.join(',')}]`;
  if (name === 'journal') await ensureMonthsOf(client, rows, workspace);
  const listed = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  const chosen = name === 'syncs' ? listed.replace('"revision"', 'null') : listed;
  const table = pg.escapeIdentifier(name);
  const known =
    name === 'workspaces'
      ? 'on conflict (workspace_no) do update set name = excluded.name, created_at = excluded.created_at'
      : '';
  await client.query(
    `insert into ${table} (${listed}) overriding system value
     select ${chosen} from json_populate_recordset(null::${table}, $1::json) ${known}`,
    [rows],
  );
  if (name === 'syncs')
    await client.query(
      `insert into pg_temp.restored_syncs select sync_key, revision from json_populate_recordset(null::syncs, $1::json)`,
      [rows],
    );
}

async function ensureMonthsOf(client: pg.Client, rows: string, workspace: number): Promise<void> {
  const { rows: found } = await client.query<{ since: string | null }>(
    `select min(at)::text as since from json_to_recordset($1::json) as entry (at timestamptz)`,
    [rows],
  );
  // Whoever owns the tables makes them, whatever role is on.
  await client.query('set local role none');
  await ensureJournalMonths(client, found[0]?.since ?? null);
  await enter(client, workspace);
}

async function linkRevisions(client: pg.Client): Promise<void> {
  const { rows: workspaces } = await client.query<{ workspace_no: number }>(
    'select workspace_no from workspaces',
  );
  for (const { workspace_no: workspace } of workspaces) {
    await enter(client, workspace);
    await client.query(
      `update syncs set revision = restored.revision from pg_temp.restored_syncs as restored
        where restored.sync_key = syncs.sync_key`,
    );
  }
  await client.query(
    `select setval(pg_get_serial_sequence('workspaces', 'workspace_no'), greatest(1, max(workspace_no))) from workspaces`,
  );
}

/** A store that was only just made has a workspace, and nothing in it. */
async function refuseFull(client: pg.Client): Promise<void> {
  for (const workspace of await workspacesOf(client)) {
    await enter(client, workspace);
    for (const { name } of (await tablesOf(client)).filter(({ isOfWorkspace }) => isOfWorkspace)) {
      const { rows } = await client.query(`select from ${pg.escapeIdentifier(name)} limit 1`);
      if (rows.length > 0) throw new BackupRefused(`the store is not empty: there is something in ${name}`);
    }
  }
  // Its name makes room: which workspaces there are, the backup says.
  await client.query(`update workspaces set name = 'before-' || workspace_no`);
  await client.query('create temp table restored_syncs (sync_key bigint, revision int) on commit drop');
}

async function checkedHead(client: pg.Client, mark: Readonly<Record<string, unknown>>): Promise<BackupHead> {
  if (mark['format'] !== FORMAT) throw new BackupRefused('this is no backup that this version knows');
  const head = mark as unknown as BackupHead;
  const here = await migrationsOf(client);
  if (head.migrations.length !== here.length || head.migrations.some((hash, index) => hash !== here[index]))
    throw new BackupRefused(
      `the backup is of version ${String(head.migrations.length)} of the store, and this is version ${String(here.length)}`,
    );
  return head;
}

async function keyVersionsOf(client: pg.Client): Promise<readonly number[]> {
  const found = new Set<number>();
  for (const workspace of await workspacesOf(client)) {
    await enter(client, workspace);
    for (const { table } of Object.values(SEALED)) {
      const { rows } = await client.query<{ key_version: number }>(
        `select distinct key_version from ${table} where key_version is not null`,
      );
      for (const { key_version: keyVersion } of rows) found.add(keyVersion);
    }
  }
  return [...found];
}

function hashed(hash: Hash, text: string): string {
  hash.update(text);
  return text;
}

/** Others name these: they come first. */
const FIRST = [
  'workspaces',
  'connections',
  'secrets',
  'syncs',
  'revisions',
  'accounts',
  'channels',
  'sign_in_providers',
];

async function tablesOf(client: pg.Client): Promise<readonly Table[]> {
  const { rows } = await client.query<{ name: string; columns: readonly string[] }>(
    `select relname as name, array_agg(attname::text order by attnum) as columns
       from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = ''
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> all($1)
      group by relname order by coalesce(array_position($2::text[], relname::text), 1000), relname`,
    [LEFT_OUT, FIRST],
  );
  return rows.map((row) => ({ ...row, isOfWorkspace: row.name !== 'workspaces' }));
}

async function migrationsOf(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ hash: string }>('select hash from migrations order by number');
  return rows.map(({ hash }) => hash);
}
