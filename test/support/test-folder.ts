import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { must } from '../../src/lib/assert.ts';
import { runTrueup, type CommandResult } from './command.ts';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

export interface TestFolderOptions {
  /** Absent where there is none yet. */
  readonly syncFile?: string;
  /** What lies beside the sync file, by its path in the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Databases to make; the sync file reaches `crm` as `${secret:CRM_URL}`. */
  readonly databases?: readonly string[];
  /** What the environment holds beside the databases. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a user has: a folder, a store, databases, and `trueup` to run on them. Close it in `afterAll`. */
export interface TestFolder {
  readonly directory: string;
  readonly store: TestDatabase;
  readonly environment: Readonly<Record<string, string>>;
  database(name: string): TestDatabase;
  trueup(...args: readonly string[]): Promise<CommandResult>;
  read(file: string): Promise<string>;
  write(file: string, text: string): Promise<void>;
  /** Puts other text in the place of the first of these in the file. */
  edit(file: string, from: string, to: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes all of it anew; nothing has been run in it yet. */
export async function openTestFolder(options: TestFolderOptions): Promise<TestFolder> {
  const { syncFile, files = {}, databases: names = [], environment: given = {} } = options;
  const directory = await mkdtemp(join(tmpdir(), 'trueup-folder-'));
  const store = await createTestDatabase();
  const databases = new Map<string, TestDatabase>();
  for (const name of names) databases.set(name, await createTestDatabase());
  const urls = [...databases].map(([name, { url }]) => [`${name.toUpperCase()}_URL`, url] as const);
  const environment = { ...given, DATABASE_URL: store.url, ...Object.fromEntries(urls) };
  const folder: TestFolder = {
    directory,
    store,
    environment,
    database: (name) => must(databases.get(name), `the folder was opened with a database ${name}`),
    trueup: async (...args) => runTrueup([...args, '-C', directory], environment),
    read: async (file) => readFile(join(directory, file), 'utf8'),
    write: async (file, text) => {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    },
    edit: async (file, from, to) => folder.write(file, (await folder.read(file)).replace(from, to)),
    close: async () => {
      for (const database of [store, ...databases.values()]) await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  const written = syncFile === undefined ? files : { ...files, 'trueup.yaml': syncFile };
  for (const [file, text] of Object.entries(written)) await folder.write(file, text);
  return folder;
}
