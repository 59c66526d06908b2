/** The console is built before it is served. A published package brings it built; a checkout builds it when it is first wanted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = join(ROOT, 'src', 'console');
const BUILT = join(ROOT, 'dist', 'console', 'index.html');
const VITE = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');

/** Builds it if its sources are newer than what is built. Where that fails, the server says instead how to build it. */
export async function buildConsole(): Promise<void> {
  if (!import.meta.url.endsWith('.ts') || (await changedMs(BUILT)) > (await newestMs())) return;
  const build = spawn(
    process.execPath,
    [VITE, 'build', '--config', 'vite.console.config.ts', '--logLevel', 'silent'],
    { cwd: ROOT, stdio: 'ignore' },
  );
  await once(build, 'exit').catch(() => undefined);
}

async function newestMs(): Promise<number> {
  const entries = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(
    ...(await Promise.all(files.map(({ parentPath, name }) => changedMs(join(parentPath, name))))),
  );
}

/** 0 for what is not there. */
async function changedMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
