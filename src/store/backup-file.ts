/** A backup as a file is read: line by line, and checked without a store. */
import { createHash } from 'node:crypto';

export const FORMAT = 1;
const LINE_BYTES_MAX = 64 * 1_024 * 1_024;

/** The backup cannot be made into a store. Nothing of it is stored. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
}

export interface BackupHead {
  readonly format: number;
  readonly madeAtMs: number;
  /** Hashes of the migrations in their order: a store of another version has other tables. */
  readonly migrations: readonly string[];
  /** Something sealed under the first key of the installation: shows whether the secrets can be opened. */
  readonly sealed: SealedWord;
  /** The same under every other key that has sealed something in the backup; missing where there is none. */
  readonly sealedToo?: readonly SealedWord[];
}

/** In base64. */
export type SealedWord = Readonly<Record<'sealed' | 'sealedKey', string>> & { readonly keyVersion: number };

/** What is read is not what was written. */
export function damaged(): BackupRefused {
  return new BackupRefused('the backup is damaged, or its end is missing');
}

/** A line that begins with #: what follows it, or how much there was. */
export function markOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line.slice(1)) as Readonly<Record<string, unknown>>;
  } catch {
    throw damaged();
  }
}

/** Lines without their ends; only the ends that a backup has count as such. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LINE_BYTES_MAX) throw damaged();
    yield* parts;
  }
  if (rest !== '') throw damaged();
}

/**
 * Reads a backup to its end without storing anything: whether it is whole, and whether its secrets can be opened here, which
 * `mayOpen` judges. Throws `BackupRefused`.
 */
export async function checkBackup(
  chunks: AsyncIterable<Uint8Array>,
  mayOpen: (head: BackupHead) => void,
): Promise<{ readonly head: BackupHead; readonly rows: number }> {
  const hash = createHash('sha256');
  let head: BackupHead | null = null;
  let rows = 0;
  for await (const line of linesOf(chunks)) {
    if (!line.startsWith('#')) {
      rows += 1;
      hash.update(`${line}\n`);
      continue;
    }
    const mark = markOf(line);
    if ('hash' in mark) {
      if (head === null || mark['rows'] !== rows || mark['hash'] !== hash.digest('hex')) throw damaged();
      return { head, rows };
    }
    hash.update(`${line}\n`);
    if (head !== null) continue;
    if (mark['format'] !== FORMAT) throw new BackupRefused('this is no backup that this version knows');
    head = mark as unknown as BackupHead;
    mayOpen(head);
  }
  throw damaged();
}
