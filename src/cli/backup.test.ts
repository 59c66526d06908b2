/** What was backed up is there again, and nothing is written by it before the systems were read anew. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import {
  createTestRuntime,
  createTestStore,
  simpleDefinition,
  type TestStore,
} from '../../test/support/sync.ts';
import { systemRandom } from '../lib/random.ts';
import { Secret } from '../lib/secret.ts';
import { audit, newestUpkeep, verifyAudit } from '../store/audit.ts';
import { ensureWorkspace, openSecret, saveSecret } from '../store/control.ts';
import { createSealer } from '../store/seal.ts';
import { observeAll } from '../worker/rounds.ts';

const KEY = Buffer.alloc(32, 7);
const NEW_KEY = Buffer.alloc(32, 6);
const sealer = createSealer([KEY], systemRandom);
/** Rows of every table, as text, whose contents a backup must bring back. */
const LEFT_OUT = ['migrations', 'lineage', 'sessions', 'answered_requests', 'sign_in_attempts'];
/** What recovering changes: modes, streams, versions; and the entry of the deed. */
const RECOVERED = ['syncs', 'streams', 'links', 'writes', 'audit_entries'];

let store: TestStore;
let empty: TestDatabase;
let folder: string;

beforeEach(async () => {
  store = await createTestStore();
  empty = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'trueup-backup-'));
});
afterEach(async () => {
  await store.close();
  await empty.drop();
  await rm(folder, { recursive: true });
});

function run(words: readonly string[], url: string, ...keys: readonly Buffer[]): Promise<CommandResult> {
  const given = (keys.length === 0 ? [KEY] : keys).map((key) => key.toString('base64'));
  return runTrueup([...words, '-C', folder], { DATABASE_URL: url, TRUEUP_KEY: given.join(',') });
}

/** Two systems in step, with a conflict, a dead month of the journal, an odd text and a second workspace. */
async function live(): Promise<void> {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem() };
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), systems);
  for (const name of ['Ann', 'Line\nend \u2028 #{"table":"x"}', '"\\'])
    systems.crm.create({ email: `${String(name.length)}@example.com`, name, phone: null, city: null });
  await observeAll(runtime, new AbortController().signal);
  await settleRounds(store, runtime, 2);
  const { workspaceNo, database } = store;
  await database.transaction(workspaceNo, async (tx) => {
    await saveSecret(tx, sealer, workspaceNo, 'ERP_PASSWORD', new Secret('canary-erp-password'));
    await audit(tx, workspaceNo, { by: 'ada', action: 'secret.stored', subject: 'ERP_PASSWORD', detail: {} });
  });
  const other = await database.transaction(0, (tx) => ensureWorkspace(tx, 'other'));
  await database.transaction(other, (tx) =>
    saveSecret(tx, sealer, other, 'THEIRS', new Secret('canary-theirs')),
  );
}

async function contents(
  pool: TestDatabase['pool'],
  without: readonly string[] = [],
): Promise<Record<string, string>> {
  const tables = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not relispartition and relname <> all($1) order by relname`,
    [[...LEFT_OUT, ...without]],
  );
  const found: Record<string, string> = {};
  for (const { name } of tables.rows) {
    const rows = await pool.query<{ row: string }>(
      `select row_to_json(t)::text as row from ${name} as t order by 1`,
    );
    found[name] = rows.rows.map(({ row }) => row).join('\n');
  }
  return found;
}

test('a restored store holds every row as it was, opens its secrets, and only observes', async () => {
  await live();
  await store.raw.pool.query(
    `create table journal_2020_01 partition of journal for values from ('2020-01-01 00:00+00') to ('2020-02-01 00:00+00')`,
  );
  await store.raw.pool.query(
    `insert into journal (sync_key, at, identity_id, side, record_id, kind, body)
     select sync_key, '2020-01-15', identity_id, side, record_id, kind, body from journal limit 1`,
  );
  const before = await contents(store.raw.pool);
  const backedUp = await run(['backup', 'all.gz'], store.raw.url);
  expect([backedUp.exitCode, backedUp.errors]).toEqual([0, '']);
  const restored = await run(['restore', 'all.gz'], empty.url);
  expect([restored.exitCode, restored.errors]).toEqual([0, '']);
  const after = await contents(empty.pool);
  const unchanged = Object.keys(before).filter((name) => !RECOVERED.includes(name));
  for (const name of unchanged) expect([name, after[name]]).toEqual([name, before[name]]);
  for (const name of ['identities', 'links', 'journal', 'secrets']) expect(after[name]).not.toBe('');
  const syncs = await empty.pool.query('select mode, approved_until, revision from syncs');
  expect(syncs.rows).toEqual([{ mode: 'observe', approved_until: null, revision: 1 }]);
  expect(after['links']?.split('\n')).toHaveLength(before['links']?.split('\n').length ?? 0);
});

test('a backup lies where it was said, outside of the folder too', async () => {
  await live();
  const elsewhere = await mkdtemp(join(tmpdir(), 'trueup-backups-'));
  try {
    const file = join(elsewhere, 'all.gz');
    expect((await run(['backup', file], store.raw.url)).output).toContain(`${file}: `);
    expect((await run(['backup', '--check', file], store.raw.url)).output).toContain(`${file} is whole`);
    expect((await run(['restore', file], empty.url)).exitCode).toBe(0);
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});

test('the audit trail of a restored store is whole, and goes on', async () => {
  await live();
  await run(['backup', 'all.gz'], store.raw.url);
  await run(['restore', 'all.gz'], empty.url);
  const verified = await run(['audit', 'verify'], empty.url);
  expect([verified.exitCode, verified.output]).toEqual([0, expect.stringContaining('2 entries')]);
  const listed = await run(['audit', 'list'], empty.url);
  expect(listed.output).toMatch(/store\.restored[\s\S]*secret\.stored/);
});

test('no secret lies open in a backup', async () => {
  await live();
  await run(['backup', 'all.gz'], store.raw.url);
  const text = gunzipSync(await readFile(join(folder, 'all.gz'))).toString('utf8');
  expect(text).toContain('ERP_PASSWORD');
  expect(text).not.toContain('canary-');
});

test('what cannot be restored whole is not restored at all', async () => {
  await live();
  await run(['backup', 'all.gz'], store.raw.url);
  const whole = gunzipSync(await readFile(join(folder, 'all.gz'))).toString('utf8');
  const lines = whole.split('\n');
  const rowAt = lines.findLastIndex((line) => line !== '' && !line.startsWith('#'));
  const headAt = lines.findIndex((line) => line.startsWith('#') && line.includes('"journal"'));
  expect(Math.min(rowAt, headAt)).toBeGreaterThan(0);
  const damaged: readonly (readonly [name: string, text: string])[] = [
    ['without its end', lines.slice(0, -2).join('\n') + '\n'],
    ['without a row', lines.toSpliced(rowAt, 1).join('\n')],
    ['without the head of a table', lines.toSpliced(headAt, 1).join('\n')],
    ['with another value', whole.replace('example.com', 'example.org')],
    ['of another version', whole.replace(/"migrations":\["[0-9a-f]{4}/, '"migrations":["0000')],
    ['cut in a row', whole.slice(0, Math.floor(whole.length * 0.7))],
  ];
  const url = empty.url;
  await run(['audit', 'list'], url);
  const before = await contents(empty.pool);
  for (const [name, text] of damaged) {
    await writeFile(join(folder, 'damaged.gz'), gzipSync(text));
    const refused = await run(['restore', 'damaged.gz'], url);
    expect([name, refused.exitCode, refused.errors]).toEqual([
      name,
      2,
      expect.stringContaining('nothing was restored'),
    ]);
  }
  const otherKey = await run(['restore', 'all.gz'], url, Buffer.alloc(32, 8));
  expect([otherKey.exitCode, otherKey.errors]).toEqual([2, expect.stringContaining('another key')]);
  expect(await contents(empty.pool)).toEqual(before);
});

test('a check reads a backup to its end, and tells a damaged one, a foreign key, and that it was checked', async () => {
  await live();
  expect((await run(['backup', 'b.gz'], store.raw.url)).exitCode).toBe(0);
  const whole = await run(['backup', '--check', 'b.gz'], store.raw.url);
  expect(whole.output).toContain('b.gz is whole');
  const told = await store.database.transaction(store.workspaceNo, (tx) => newestUpkeep(tx, 'backupChecked'));
  expect(told).toMatchObject({ subject: 'b.gz', detail: { rows: expect.any(Number) as number } });
  const foreign = await run(['backup', '--check', 'b.gz'], store.raw.url, Buffer.alloc(32, 9));
  expect(foreign.errors).toContain('its secrets were sealed under another key');
  const text = gunzipSync(await readFile(join(folder, 'b.gz'))).toString();
  await writeFile(join(folder, 'cut.gz'), gzipSync(text.slice(0, -20)));
  expect((await run(['backup', '--check', 'cut.gz'], store.raw.url)).errors).toContain('damaged');
  await writeFile(join(folder, 'edited.gz'), gzipSync(text.replace('example.com', 'example.net')));
  expect((await run(['backup', '--check', 'edited.gz'], store.raw.url)).errors).toContain('damaged');
});

const [OPENS, LACKS] = ['is whole', 'sealed under another key'];

test('a backup asks for every key that something in it needs, wherever that stands, and for no other', async () => {
  await live();
  const { url } = store.raw;
  const told = async (file: string, ...keys: readonly Buffer[]): Promise<string> => {
    const { output, errors } = await run(['backup', '--check', file], url, ...keys);
    return /is whole|sealed under another key/.exec(output + errors)?.[0] ?? errors;
  };
  await run(['backup', 'before.gz'], url, KEY);
  await run(['backup', 'meanwhile.gz'], url, NEW_KEY, KEY);
  expect((await run(['reseal'], url, NEW_KEY, KEY)).exitCode).toBe(0);
  await run(['backup', 'after.gz'], url, NEW_KEY, KEY);
  const found: Record<string, readonly string[]> = {};
  for (const file of ['before.gz', 'meanwhile.gz', 'after.gz'])
    found[file] = [
      await told(file, KEY),
      await told(file, KEY, NEW_KEY),
      await told(file, NEW_KEY, KEY),
      await told(file, NEW_KEY),
    ];
  expect(found).toEqual({
    'before.gz': [OPENS, OPENS, OPENS, LACKS],
    'meanwhile.gz': [LACKS, OPENS, OPENS, LACKS],
    'after.gz': [LACKS, OPENS, OPENS, OPENS],
  });
  expect((await run(['restore', 'meanwhile.gz'], empty.url, NEW_KEY)).exitCode).toBe(2);
  expect((await run(['restore', 'meanwhile.gz'], empty.url, NEW_KEY, KEY)).exitCode).toBe(0);
});

test('a store that holds anything is not overwritten, and no file is', async () => {
  await live();
  await run(['backup', 'all.gz'], store.raw.url);
  const full = await run(['restore', 'all.gz'], store.raw.url);
  expect([full.exitCode, full.errors]).toEqual([2, expect.stringContaining('not empty')]);
  const again = await run(['backup', 'all.gz'], store.raw.url);
  expect([again.exitCode, again.errors]).toEqual([2, expect.stringContaining('there already')]);
  const secret = await store.database.transaction(store.workspaceNo, (tx) =>
    openSecret(tx, sealer, store.workspaceNo, 'ERP_PASSWORD'),
  );
  expect(secret?.reveal()).toBe('canary-erp-password');
  const trail = await store.database.transaction(store.workspaceNo, (tx) =>
    verifyAudit(tx, store.workspaceNo, null),
  );
  expect(trail.brokenAt).toBeNull();
});
