/** Copies what `tsc` leaves behind: files that are read at run time from beside the compiled code. */
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = [
  { folder: ['store', 'migrations'], ending: '.sql' },
  { folder: ['lib', 'proto'], ending: '.proto' },
  { folder: ['connectors', 'rest', 'descriptions'], ending: '.yaml' },
] as const;

for (const { folder, ending } of FOLDERS) {
  const [from, to] = [join(root, 'src', ...folder), join(root, 'dist', ...folder)];
  const isWanted = (name: string): boolean => name.endsWith(ending);
  // A file that was renamed must not stay behind from an earlier build, and compiled code beside it must.
  for (const name of readIfThere(to).filter(isWanted)) rmSync(join(to, name));
  cpSync(from, to, { recursive: true, filter: (path) => path === from || isWanted(path) });
  console.log(`copied ${String(readdirSync(to).filter(isWanted).length)} ${ending} files`);
}

function readIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
