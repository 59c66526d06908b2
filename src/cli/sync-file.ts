/** Reads the folder's sync file, brings it into the store, and says what is wrong with it where it is wrong. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { openConnection } from '../connections.ts';
import type { CollectionDescription, Session, SystemRecord } from '../connector/contract.ts';
import { ConnectorFailure } from '../connector/failure.ts';
import { connectors } from '../connectors/registry.ts';
import type { SideDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { canonicalJson, type Json } from '../lib/json.ts';
import type { Path } from '../lib/yaml/places.ts';
import type { Installation } from '../server.ts';
import { audit } from '../store/audit.ts';
import { allSyncs, saveConnection, saveRevision, type SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { bindSecrets } from '../store/secret-uses.ts';
import { withDictionary } from '../syncfile/dictionary/agreement.ts';
import { parseDictionary, type Dictionary } from '../syncfile/dictionary/dictionary.ts';
import { checkAgainst, parseSyncFile, type FileError, type SyncFile } from '../syncfile/sync-file.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { actor, noteCommandAfter } from './deed.ts';
import { SYNC_FILE } from './init.ts';
import { text } from './open.ts';

export const FILE_OPTION = { file: { type: 'string', short: 'f' } } as const;
export const FILE_OPTION_HELP = { file: `the sync file (default: ${SYNC_FILE})` } as const;

export interface ReadFile {
  readonly name: string;
  readonly source: string;
  readonly file: SyncFile;
  /** The data dictionary that the file names; null for none. */
  readonly dictionary: Dictionary | null;
}

/** The file, and with it the data dictionary that it names, unless that is to be made only now. */
export async function readSyncFile(
  context: CommandContext,
  how: 'with dictionary' | 'without dictionary' = 'with dictionary',
): Promise<ReadFile> {
  const name = text(context.flags['file']) ?? SYNC_FILE;
  const path = resolve(context.directory, name);
  const source = await readFile(path, 'utf8').catch(() => null);
  if (source === null) {
    throw new CommandFailed(`there is no ${path}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Make one with: trueup init',
    });
  }
  const parsed = parseSyncFile(source, name, knownSettings());
  if (parsed.kind === 'errors') throw fileErrors(context, parsed.errors);
  const { file } = parsed;
  if (file.dictionary === null || how === 'without dictionary')
    return { name, source, file, dictionary: null };
  const dictionary = await readDictionary(context, dirname(path), file.dictionary);
  const agreed = withDictionary(file, dictionary);
  if (agreed.kind === 'errors') throw fileErrors(context, agreed.errors);
  return { name, source, file: agreed.file, dictionary };
}

/** What every system's connections are set up with. */
export function knownSettings(): Parameters<typeof parseSyncFile>[2] {
  return new Map([...connectors].map(([system, connector]) => [system, connector.settings]));
}

async function readDictionary(context: CommandContext, folder: string, name: string): Promise<Dictionary> {
  const path = resolve(folder, name);
  const source = await readFile(path, 'utf8').catch(() => null);
  if (source === null) {
    throw new CommandFailed(`there is no data dictionary ${path}`, {
      exitCode: EXIT.wrongInput,
      advice: `Draft it with: trueup dictionary draft --output ${name}`,
    });
  }
  const parsed = parseDictionary(source, name);
  if (parsed.kind === 'errors') throw fileErrors(context, parsed.errors);
  return parsed.dictionary;
}

/** Every error on a line of its own, with the place first, so that editors and terminals can jump there. */
export function fileErrors(context: CommandContext, errors: readonly FileError[]): CommandFailed {
  for (const error of errors) {
    context.output.error(placed(error));
    if (error.fix !== undefined) context.output.error(`  ${error.fix}`);
  }
  const [first] = errors;
  const message = `${String(errors.length)} ${errors.length === 1 ? 'error' : 'errors'} in ${first?.file ?? 'the sync file'}; nothing was done`;
  context.output.json({ error: { code: 'trueup.sync_file', message, errors } });
  return new CommandFailed(message, { exitCode: EXIT.wrongInput });
}

function placed({ file, line, column, path, message }: FileError): string {
  const where = `${file}:${String(line)}:${String(column)}`;
  return path === '' ? `${where}: ${message}` : `${where} ${path}: ${message}`;
}

/** Stores the connections of the folder's own file. What the environment hands over goes where that file says. */
export async function saveConnections(installation: Installation, file: SyncFile): Promise<void> {
  const { workspaceNo, environment } = installation;
  await storeConnections(installation, file, actor());
  await installation.transaction((tx) =>
    bindSecrets(tx, workspaceNo, file.connections, {
      by: actor(),
      isInEnvironment: (name) => (environment[name] ?? '') !== '',
    }),
  );
}

/** Stores connections as `by` has described them. Their secrets go where they were given for, whatever is stored here. */
export async function storeConnections(
  installation: Installation,
  file: SyncFile,
  by: string,
): Promise<void> {
  const { workspaceNo } = installation;
  await installation.transaction(async (tx) => {
    for (const connection of file.connections) {
      const subject = connection.name;
      if (await saveConnection(tx, workspaceNo, connection))
        await audit(tx, workspaceNo, { by, action: 'connection.saved', subject, detail: {} });
    }
  });
}

/** What the systems say of the collections of one sync, by side, and some of their records. */
export interface Described {
  readonly descriptions: ReadonlyMap<string, CollectionDescription>;
  readonly samples: ReadonlyMap<string, readonly SystemRecord[]>;
  /** The collections that changes are announced to, by the name of the announcement. */
  readonly announced: ReadonlyMap<string, CollectionDescription>;
}

const SAMPLE_RECORDS_MAX = 200;

/** Asks every side of every sync of the file; a connection that several sides share is opened once. */
export async function describeSides(
  installation: Installation,
  file: SyncFile,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Described>> {
  const sessions = new Map<string, Session>();
  const described = new Map<string, Described>();
  const sessionOf = async (connection: string): Promise<Session> => {
    const declared = must(
      file.connections.find((known) => known.name === connection),
      'a checked file declares its connections',
    );
    const session = sessions.get(connection) ?? (await openConnection(installation, declared));
    sessions.set(connection, session);
    return session;
  };
  try {
    for (const sync of file.syncs) {
      const descriptions = new Map<string, CollectionDescription>();
      const samples = new Map<string, readonly SystemRecord[]>();
      for (const side of sync.sides) {
        const session = await sessionOf(side.connection);
        const place = ['syncs', sync.name, 'sides', side.name, 'collection'];
        const description = await describedFor(file, place, session, side.collection);
        descriptions.set(side.name, description);
        samples.set(side.name, await sampleOf(session, side, description, signal));
      }
      const announced = new Map<string, CollectionDescription>();
      for (const { name, connection, collection } of sync.announce ?? []) {
        const place = ['syncs', sync.name, 'announce', name, 'collection'];
        announced.set(name, await describedFor(file, place, await sessionOf(connection), collection));
      }
      described.set(sync.name, { descriptions, samples, announced });
    }
    return described;
  } finally {
    await Promise.allSettled([...sessions.values()].map((session) => session.close()));
  }
}

/** A collection that the system refuses is refused where the file names it. */
async function describedFor(
  file: SyncFile,
  place: Path,
  session: Session,
  collection: string,
): Promise<CollectionDescription> {
  try {
    const [found] = await session.describe([collection]);
    return must(found, 'describe answers for a known collection');
  } catch (error) {
    if (!(error instanceof ConnectorFailure) || error.failure.kind !== 'config') throw error;
    const message = placed(file.places.error(place, 'value', error.failure.message));
    throw new ConnectorFailure({ ...error.failure, message }, { cause: error });
  }
}

/** The first records that the side shows; a field that it does not have is told by the check of the file. */
async function sampleOf(
  session: Session,
  side: SideDefinition,
  description: CollectionDescription,
  signal: AbortSignal,
): Promise<readonly SystemRecord[]> {
  const known = new Set(description.fields.map(({ name }) => name));
  const fields = [...new Set(side.fields.map(({ native }) => native))].filter((name) => known.has(name));
  const request = {
    collection: side.collection,
    fields,
    resume: null,
    pageRecordsMax: SAMPLE_RECORDS_MAX,
    signal,
  };
  for await (const page of session.readAll(request)) return page.records;
  return [];
}

/** What is wrong with the file, or with some of its syncs, when it is held against the systems. */
export function errorsAgainst(
  file: SyncFile,
  described: ReadonlyMap<string, Described>,
  syncs: SyncFile['syncs'] = file.syncs,
): readonly FileError[] {
  return syncs.flatMap((sync) => {
    const { descriptions, samples, announced } = must(described.get(sync.name), 'every sync was described');
    return checkAgainst(file, sync, descriptions, samples, announced);
  });
}

/** Checks the file against the real systems, then makes it the stored revision. Nothing is stored if anything is wrong. */
export async function adoptSyncFile(
  context: CommandContext,
  installation: Installation,
): Promise<readonly SyncRow[]> {
  const read = await readSyncFile(context);
  await saveConnections(installation, read.file);
  const described = await describeSides(installation, read.file, context.signal);
  const errors = errorsAgainst(read.file, described);
  if (errors.length > 0) throw fileErrors(context, errors);
  const before = await installation.transaction((tx) => allSyncs(tx));
  const saved = await saveRevisions(installation, read, actor());
  const revisions = new Map(before.map(({ syncKey, revision }) => [syncKey, revision]));
  for (const { syncKey, name, revision } of saved)
    if (revisions.get(syncKey) !== revision)
      await noteCommandAfter(installation, 'syncFile.taken', SYNC_FILE, { sync: name, revision });
  return saved;
}

/** Makes a file that was checked the revision of its syncs, unless `mayBe` throws in the same transaction. */
export function saveRevisions(
  installation: Installation,
  { file, source }: Pick<ReadFile, 'file' | 'source'>,
  author: string,
  mayBe: (tx: Tx) => Promise<void> = async () => {},
): Promise<readonly SyncRow[]> {
  return installation.transaction(async (tx) => {
    await mayBe(tx);
    const rows: SyncRow[] = [];
    for (const definition of file.syncs) {
      const hash = createHash('sha256')
        .update(canonicalJson(definition as unknown as Json))
        .digest('hex');
      rows.push(await saveRevision(tx, installation.workspaceNo, { definition, source, hash, author }));
    }
    return rows;
  });
}
