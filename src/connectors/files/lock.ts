/**
 * One writer at a time: a lock file beside the file it guards, readable by people and by other machines on a share.
 * It keeps Trueup's own writers apart; programs that do not know it are met by comparing content before replacing.
 */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pid } from 'node:process';

import type { ConnectorContext } from '../../connector/contract.ts';
import { fileSystemFailure, refuse } from './failures.ts';

export interface Lock {
  /** Still ours? Asked once more before the file is replaced. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

const WAIT_MAX_MS = 30_000;
const RETRY_MS = 25;
/** No write takes this long; a lock this old was left behind by a machine that cannot be asked. */
const STALE_AFTER_MS = 600_000;
/** A lock without content was left by a crash between creating and filling it. */
const UNREADABLE_STALE_AFTER_MS = 10_000;

/** Tokens of the locks that this run of the program holds: a lock with our pid and another token is from an earlier run. */
const heldTokens = new Set<string>();

export async function acquireLock(path: string, context: ConnectorContext): Promise<Lock> {
  const lockPath = join(dirname(path), `.${basename(path)}.trueup-lock`);
  const token = Buffer.from(context.random.bytes(12)).toString('base64url');
  const startMs = context.clock.monotonicMs();
  heldTokens.add(token);
  try {
    while (!(await tryCreate(lockPath, { pid, host: hostname(), token }))) {
      await removeStale(lockPath, context);
      if (context.clock.monotonicMs() - startMs > WAIT_MAX_MS) throw locked(path);
      await context.clock.sleep(RETRY_MS);
    }
  } catch (error) {
    heldTokens.delete(token);
    throw error;
  }
  const isHeld = async (): Promise<boolean> => (await readOwner(lockPath))?.token === token;
  return {
    isHeld,
    release: async () => {
      if (await isHeld()) await rm(lockPath, { force: true });
      heldTokens.delete(token);
    },
  };
}

async function tryCreate(lockPath: string, owner: Owner): Promise<boolean> {
  try {
    await writeFile(lockPath, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw fileSystemFailure(lockPath, error);
  }
}

async function removeStale(lockPath: string, context: ConnectorContext): Promise<void> {
  const seen = await readOwner(lockPath);
  const ageMs = await ageOf(lockPath, context);
  if (ageMs === null || !isStale(seen, ageMs)) return;
  // Two may find the same stale lock. Moving it aside lets one win; whoever moved a fresh one by mistake is found out
  // by the holder's own last look.
  const aside = `${lockPath}-${Buffer.from(context.random.bytes(6)).toString('hex')}`;
  try {
    await rename(lockPath, aside);
  } catch {
    return;
  }
  await rm(aside, { force: true });
}

function isStale(owner: Owner | null, ageMs: number): boolean {
  if (owner === null) return ageMs > UNREADABLE_STALE_AFTER_MS;
  if (ageMs > STALE_AFTER_MS) return true;
  if (owner.host !== hostname()) return false;
  return owner.pid === pid ? !heldTokens.has(owner.token) : !isAlive(owner.pid);
}

function isAlive(otherPid: number): boolean {
  try {
    return process.kill(otherPid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function readOwner(lockPath: string): Promise<Owner | null> {
  try {
    const parsed: unknown = JSON.parse(await readFile(lockPath, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return null;
    const { pid: owner, host, token } = parsed as Readonly<Record<string, unknown>>;
    return typeof owner === 'number' && typeof host === 'string' && typeof token === 'string'
      ? { pid: owner, host, token }
      : null;
  } catch {
    return null;
  }
}

async function ageOf(lockPath: string, context: ConnectorContext): Promise<number | null> {
  try {
    return context.clock.nowMs() - (await stat(lockPath)).mtimeMs;
  } catch {
    return null;
  }
}

function locked(path: string): Error {
  return refuse(
    'transient',
    'locked',
    `${basename(path)} is being written by another Trueup for more than 30 seconds`,
    {
      advice: `Stop the other writer. If there is none, delete the file .${basename(path)}.trueup-lock beside it.`,
    },
  );
}
