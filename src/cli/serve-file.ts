/** A sync file that comes in over the network instead of lying in the folder: the same checks, and no way out of the folder. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';

import { fileTag } from '../api/file-tag.ts';
import type { SyncFileError, SyncFileWork } from '../api/host.ts';
import { ApiProblem } from '../api/problem.ts';
import { strayedSecrets } from '../connection-secrets.ts';
import type { Installation } from '../server.ts';
import { allConnections } from '../store/connections.ts';
import { saveConnection } from '../store/control.ts';
import { newestSource, newestSourceAlone } from '../store/revisions.ts';
import { bindSecrets } from '../store/secret-uses.ts';
import { withDictionary } from '../syncfile/dictionary/agreement.ts';
import { parseDictionary } from '../syncfile/dictionary/dictionary.ts';
import { parseSyncFile, type FileError, type SyncFile } from '../syncfile/sync-file.ts';
import { SYNC_FILE } from './init.ts';
import { tryMapping } from './serve-mapping.ts';
import { whatIfOf } from './serve-what-if.ts';
import { describeSides, errorsAgainst, knownSettings, saveRevisions, storeConnections } from './sync-file.ts';

type Read =
  | { readonly kind: 'errors'; readonly errors: readonly SyncFileError[] }
  | { readonly kind: 'ok'; readonly file: SyncFile };

export function syncFileWork(here: Installation): SyncFileWork {
  const against = async (file: SyncFile, signal: AbortSignal): Promise<readonly SyncFileError[]> =>
    errorsAgainst(file, await describeSides(here, file, signal)).map(shown);
  return {
    check: async (source, author, signal) => {
      const read = await readOurs(here, source, author);
      if (read.kind === 'errors') return read.errors;
      await addConnections(here, read.file);
      return against(read.file, signal);
    },
    take: async (source, author, signal, over) => {
      if (over !== undefined) demandNewest(await here.transaction(newestSource), over);
      const read = await readOurs(here, source, author);
      if (read.kind === 'errors') return read.errors;
      await storeConnections(here, read.file, author);
      const errors = await against(read.file, signal);
      if (errors.length === 0)
        await saveRevisions(here, { file: read.file, source }, author, async (tx) => {
          if (over !== undefined) demandNewest(await newestSourceAlone(tx), over);
        });
      return errors;
    },
    tryMapping: (asked, author, signal) =>
      tryMapping(here, asked, (source) => readOurs(here, source, author), signal),
    whatIf: async (source, sinceMs, author, signal) => {
      const read = await readOurs(here, source, author);
      if (read.kind === 'errors') return read;
      const { file } = read;
      await addConnections(here, file);
      const described = await describeSides(here, file, signal);
      const errors = errorsAgainst(file, described).map(shown);
      if (errors.length > 0) return { kind: 'errors', errors };
      return {
        kind: 'told',
        syncs: await whatIfOf({ installation: here, file, described, sinceMs, signal }),
      };
    },
  };
}

/** An edit of an older text would undo what was saved since without anybody having seen it. */
function demandNewest(newest: string | null, over: string): void {
  if (fileTag(newest ?? '') === over) return;
  throw new ApiProblem('stale', {
    detail: 'another sync file was saved since this one was opened; nothing was saved',
    advice: 'Keep your text, look at what was saved under Revisions, and say your change in that.',
  });
}

/** The file as it was sent, if its connections may have the secrets that they name. */
async function readOurs(here: Installation, source: string, author: string): Promise<Read> {
  const read = await readText(here, source);
  if (read.kind === 'errors') return read;
  const errors = await strayedIn(here, read.file, author);
  return errors.length > 0 ? { kind: 'errors', errors } : read;
}

/**
 * Secrets that the file would have sent elsewhere than where they were given for, before any connection is stored or opened.
 * Those that the author has given just now go where the file says.
 */
async function strayedIn(
  here: Installation,
  file: SyncFile,
  author: string,
): Promise<readonly SyncFileError[]> {
  await here.transaction((tx) =>
    bindSecrets(tx, here.workspaceNo, file.connections, { by: author, isInEnvironment: () => false }),
  );
  const found: SyncFileError[] = [];
  for (const connection of file.connections) {
    for (const secret of await strayedSecrets(here, connection))
      found.push({
        line: 1,
        column: 1,
        path: `connections.${connection.name}`,
        message: `may not have the secret ${secret}, which was given for another place`,
        fix: `If it leads where it should, give ${secret} again, and check the file within 15 minutes.`,
      });
  }
  return found;
}

/** A connection must be known before it can keep tokens; one that is known already stays as it is. */
async function addConnections(here: Installation, file: SyncFile): Promise<void> {
  await here.transaction(async (tx) => {
    const known = new Set((await allConnections(tx)).map(({ name }) => name));
    for (const connection of file.connections)
      if (!known.has(connection.name)) await saveConnection(tx, here.workspaceNo, connection);
  });
}

async function readText(here: Installation, source: string): Promise<Read> {
  const parsed = parseSyncFile(source, SYNC_FILE, knownSettings());
  if (parsed.kind === 'errors') return { kind: 'errors', errors: parsed.errors.map(shown) };
  const { file } = parsed;
  const outside = placesOutside(file);
  if (outside.length > 0) return { kind: 'errors', errors: outside };
  if (file.dictionary === null) return { kind: 'ok', file };
  const text = await readFile(join(here.directory, file.dictionary), 'utf8').catch(() => null);
  if (text === null)
    return wrong('dictionary', 'there is no such file on the server', 'Put it beside the sync file there.');
  const dictionary = parseDictionary(text, file.dictionary);
  if (dictionary.kind === 'errors') return { kind: 'errors', errors: dictionary.errors.map(shown) };
  const agreed = withDictionary(file, dictionary.dictionary);
  return agreed.kind === 'errors'
    ? { kind: 'errors', errors: agreed.errors.map(shown) }
    : { kind: 'ok', file: agreed.file };
}

const INSIDE = 'Name a place inside the folder of the installation.';

/** Whoever edits syncs from afar has no business in the rest of the server's files. */
function placesOutside(file: SyncFile): readonly SyncFileError[] {
  const named = file.connections
    .filter(({ system }) => system === 'files')
    .flatMap(({ name, settings }) => {
      const directory = settings['directory'];
      return typeof directory === 'string' && leadsOut(directory) ? [`connections.${name}.directory`] : [];
    });
  const paths = file.dictionary !== null && leadsOut(file.dictionary) ? [...named, 'dictionary'] : named;
  return paths.map((path) => ({
    line: 1,
    column: 1,
    path,
    message: 'leads out of the folder of the installation',
    fix: INSIDE,
  }));
}

/** Whether a path that was given leads out of the folder it is meant for. */
export function leadsOut(path: string): boolean {
  return isAbsolute(path) || normalize(path).split(sep).includes('..');
}

function wrong(path: string, message: string, fix: string): Read {
  return { kind: 'errors', errors: [{ line: 1, column: 1, path, message, fix }] };
}

function shown({ line, column, path, message, fix }: FileError): SyncFileError {
  return { line, column, path, message, fix: fix ?? null };
}
