/** Reads the folder's sync file, brings it into the store, and says what is wrong with it where it is wrong. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CollectionDescription, Session } from '../connector/contract.ts';
import { connectors } from '../connectors/registry.ts';
import { must } from '../lib/assert.ts';
import { canonicalJson, type Json } from '../lib/json.ts';
import { openConnection, type Installation } from '../server.ts';
import { saveConnection, saveRevision, type SyncRow } from '../store/control.ts';
import { checkAgainst, parseSyncFile, type FileError, type SyncFile } from '../syncfile/sync-file.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { SYNC_FILE } from './init.ts';
import { text } from './open.ts';

export const FILE_OPTION = { file: { type: 'string', short: 'f' } } as const;
export const FILE_OPTION_HELP = { file: `the sync file (default: ${SYNC_FILE})` } as const;

export interface ReadFile {
  readonly name: string;
  readonly source: string;
  readonly file: SyncFile;
}

export async function readSyncFile(context: CommandContext): Promise<ReadFile> {
  const name = text(context.flags['file']) ?? SYNC_FILE;
  const path = join(context.directory, name);
  const source = await readFile(path, 'utf8').catch(() => null);
  if (source === null) {
    throw new CommandFailed(`there is no ${path}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Make one with: trueup init',
    });
  }
  const settings = new Map([...connectors].map(([system, connector]) => [system, connector.settings]));
  const parsed = parseSyncFile(source, name, settings);
  if (parsed.kind === 'errors') throw fileErrors(context, parsed.errors);
  return { name, source, file: parsed.file };
}

/** Every error on a line of its own, with the place first, so that editors and terminals can jump there. */
export function fileErrors(context: CommandContext, errors: readonly FileError[]): CommandFailed {
  for (const error of errors) {
    context.output.error(
      `${error.file}:${String(error.line)}:${String(error.column)} ${error.path}: ${error.message}`,
    );
    if (error.fix !== undefined) context.output.error(`  ${error.fix}`);
  }
  const [first] = errors;
  const message = `${String(errors.length)} ${errors.length === 1 ? 'error' : 'errors'} in ${first?.file ?? 'the sync file'}; nothing was done`;
  context.output.json({ error: { code: 'trueup.sync_file', message, errors } });
  return new CommandFailed(message, { exitCode: EXIT.wrongInput });
}

export async function saveConnections(installation: Installation, file: SyncFile): Promise<void> {
  await installation.transaction(async (tx) => {
    for (const connection of file.connections) await saveConnection(tx, installation.workspaceNo, connection);
  });
}

/** What the systems say of every collection the file uses, by `sync side`. Opens each connection once. */
export async function describeSides(
  installation: Installation,
  file: SyncFile,
): Promise<ReadonlyMap<string, ReadonlyMap<string, CollectionDescription>>> {
  const sessions = new Map<string, Session>();
  const described = new Map<string, Map<string, CollectionDescription>>();
  try {
    for (const sync of file.syncs) {
      const sides = new Map<string, CollectionDescription>();
      for (const side of sync.sides) {
        const declared = must(
          file.connections.find((known) => known.name === side.connection),
          'a checked file declares its connections',
        );
        const session = sessions.get(declared.name) ?? (await openConnection(installation, declared));
        sessions.set(declared.name, session);
        const [description] = await session.describe([side.collection]);
        sides.set(side.name, must(description, 'describe answers for a known collection'));
      }
      described.set(sync.name, sides);
    }
    return described;
  } finally {
    await Promise.allSettled([...sessions.values()].map((session) => session.close()));
  }
}

/** Checks the file against the real systems, then makes it the stored revision. Nothing is stored if anything is wrong. */
export async function adoptSyncFile(
  context: CommandContext,
  installation: Installation,
): Promise<readonly SyncRow[]> {
  const read = await readSyncFile(context);
  await saveConnections(installation, read.file);
  const described = await describeSides(installation, read.file);
  const errors = read.file.syncs.flatMap((sync) =>
    checkAgainst(read.file, sync, must(described.get(sync.name), 'every sync was described')),
  );
  if (errors.length > 0) throw fileErrors(context, errors);
  return installation.transaction(async (tx) => {
    const rows: SyncRow[] = [];
    for (const definition of read.file.syncs) {
      const hash = createHash('sha256')
        .update(canonicalJson(definition as unknown as Json))
        .digest('hex');
      const author = context.environment['USER'] ?? 'cli';
      rows.push(
        await saveRevision(tx, installation.workspaceNo, { definition, source: read.source, hash, author }),
      );
    }
    return rows;
  });
}
