/** Copies what `tsc` leaves behind: the migrations are read at run time from beside the compiled store. */
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const from = join(root, 'src', 'store', 'migrations');
const to = join(root, 'dist', 'store', 'migrations');

// A migration that was renamed must not stay behind from an earlier build.
rmSync(to, { recursive: true, force: true });
cpSync(from, to, { recursive: true, filter: (path) => path === from || path.endsWith('.sql') });
console.log(`copied ${String(readdirSync(to).length)} migrations`);
