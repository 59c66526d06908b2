/** Puts a new version of a file in place of exactly the version it was made from. */
import { access, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { fileSystemFailure, refuse } from './failures.ts';
import type { Lock } from './lock.ts';
import { readWhole, type Content } from './source.ts';

const BLOCK_BYTES = 1024 * 1024;

/**
 * Writes beside the file, waits for the disk, and swaps. False, with nothing changed, when the file is no longer the
 * version that the pieces were made from. Between the last comparison and the swap lie microseconds that no file
 * system lets us close.
 */
export async function replaceFile(
  path: string,
  collection: string,
  madeFrom: Content,
  pieces: readonly Uint8Array[],
  lock: Lock,
): Promise<boolean> {
  const draft = join(dirname(path), `.${basename(path)}.trueup-draft`);
  try {
    await writeDraft(draft, pieces, (await stat(path)).mode);
    const isSame = (await readWhole(path, collection)).hash === madeFrom.hash && (await lock.isHeld());
    if (!isSame) return false;
    await rename(draft, path);
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileSystemFailure(collection, error) : error;
  } finally {
    await rm(draft, { force: true });
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Somebody has the file open in an office program, which would overwrite our version with its own when it saves. */
export async function refuseWhileOpen(path: string, collection: string): Promise<void> {
  for (const sign of [`.~lock.${basename(path)}#`, `~$${basename(path)}`]) {
    if (!(await exists(join(dirname(path), sign)))) continue;
    throw refuse('transient', 'open_in_editor', `${collection} is open in an office program`, {
      advice: `Close ${collection} there. If nobody has it open, delete the file ${sign} beside it.`,
    });
  }
}

async function writeDraft(draft: string, pieces: readonly Uint8Array[], mode: number): Promise<void> {
  await rm(draft, { force: true });
  // 'wx' never follows a link that somebody put in the draft's place.
  await using file = await open(draft, 'wx', mode & 0o777);
  await file.chmod(mode & 0o777);
  for (const block of inBlocks(pieces)) await file.writeFile(block);
  await file.sync();
}

/** Many small pieces would be as many calls of the operating system. */
function* inBlocks(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  for (const piece of pieces) {
    small.push(piece);
    smallBytes += piece.length;
    if (smallBytes < BLOCK_BYTES) continue;
    yield small.length === 1 ? piece : Buffer.concat(small);
    small = [];
    smallBytes = 0;
  }
  yield Buffer.concat(small);
}

async function syncDirectory(directory: string): Promise<void> {
  try {
    await using file = await open(directory, 'r');
    await file.sync();
  } catch {
    // Not every file system can: there the swap is as durable as it gets.
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
