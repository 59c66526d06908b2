/** Finding the folder's files and reading them whole, never a mixture of two versions. */
import { hash } from 'node:crypto';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { nearestNames } from '../../lib/nearest.ts';
import { emptyFile, beingWritten, fileSystemFailure, refuse } from './failures.ts';

const NEAREST_MAX = 5;

export type Format = 'csv' | 'tsv' | 'jsonl' | 'xlsx';

/** A file's bytes as they were at one moment. */
export interface Content {
  readonly bytes: Buffer;
  readonly stamp: Stamp;
  readonly hash: string;
}

/** What a look at the folder tells of a file without reading it. */
export interface Stamp {
  readonly mtimeMs: number;
  readonly size: number;
}

/** A whole file is held in memory while it is read, so its size must have a bound. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['csv', 'csv'],
  ['tsv', 'tsv'],
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
  ['xlsx', 'xlsx'],
]);

export function formatOf(file: string): Format | null {
  const dot = file.lastIndexOf('.');
  return dot <= 0 ? null : (FORMATS.get(file.slice(dot + 1).toLowerCase()) ?? null);
}

/** Names that start so are locks and leftovers of editors, and our own. */
function isHidden(file: string): boolean {
  return file.startsWith('.') || file.startsWith('~$');
}

export async function listFiles(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !isHidden(entry.name))
      .map((entry) => entry.name)
      .filter((name) => formatOf(name) !== null)
      .toSorted();
  } catch (error) {
    throw fileSystemFailure(directory, error);
  }
}

/**
 * The real path of a collection's file. A collection is a plain file name inside the folder: anything that would lead
 * out of it is refused before the file system is asked.
 */
export async function locateFile(directory: string, collection: string): Promise<string> {
  const isPlain = !/[/\\\0]/.test(collection) && collection !== '.' && collection !== '..';
  if (!isPlain || isHidden(collection)) {
    throw refuse('config', 'bad_name', `${JSON.stringify(collection)} is not a plain file name`, {
      advice: 'Name a file that lies in the folder itself, without any path.',
    });
  }
  if (formatOf(collection) === null) {
    const there = await nearestFiles(directory, collection);
    const reason = `${collection} does not end in .csv, .tsv, .jsonl, .ndjson or .xlsx`;
    throw refuse('config', 'bad_format', `${reason}; ${there}`);
  }
  let path: string;
  try {
    await lstat(join(directory, collection));
    path = await realpath(join(directory, collection));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw await missing(directory, collection);
    throw fileSystemFailure(collection, error);
  }
  if (!path.startsWith(directory.endsWith(sep) ? directory : directory + sep)) {
    throw refuse('config', 'outside', `${collection} is a link that leads out of the folder`, {
      advice: 'Put the file itself into the folder instead of a link to it.',
    });
  }
  return path;
}

async function missing(directory: string, collection: string): Promise<Error> {
  const there = await nearestFiles(directory, collection);
  return refuse('config', 'missing', `${collection} does not exist in the folder; ${there}`, {
    advice: 'Put the file back, or correct the name in the sync.',
  });
}

async function nearestFiles(directory: string, collection: string): Promise<string> {
  const near = nearestNames(collection, await listFiles(directory), NEAREST_MAX);
  return near.length === 0 ? 'the folder holds no such file at all' : `there is ${near.join(', ')}`;
}

export async function readWhole(path: string, collection: string): Promise<Content> {
  try {
    await using file = await open(path, 'r');
    const before = await file.stat();
    if (!before.isFile()) throw refuse('config', 'not_a_file', `${collection} is not a file`);
    if (before.size === 0) throw emptyFile(collection);
    if (before.size > FILE_BYTES_MAX) {
      const sizeMb = Math.ceil(before.size / 1024 / 1024);
      throw refuse(
        'config',
        'too_large',
        `${collection} has ${String(sizeMb)} MB; at most 512 MB can be kept in sync`,
        {
          advice: 'Split the file, or keep this many records in a database.',
        },
      );
    }
    const bytes = await file.readFile();
    const after = await file.stat();
    if (after.mtimeMs !== before.mtimeMs || after.size !== before.size || bytes.length !== before.size) {
      throw beingWritten(collection, 'changed while it was being read');
    }
    return {
      bytes,
      stamp: { mtimeMs: after.mtimeMs, size: after.size },
      hash: hash('sha256', bytes, 'base64url'),
    };
  } catch (error) {
    throw asFailure(collection, error);
  }
}

export async function stampOf(path: string, collection: string): Promise<Stamp> {
  try {
    const { mtimeMs, size } = await lstat(path);
    return { mtimeMs, size };
  } catch (error) {
    throw fileSystemFailure(collection, error);
  }
}

function asFailure(collection: string, error: unknown): unknown {
  const isSystemError = error instanceof Error && 'syscall' in error;
  return isSystemError ? fileSystemFailure(collection, error) : error;
}
