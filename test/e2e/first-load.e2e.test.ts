/** What the browser must load before the overview is there. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

const BYTES_MAX = 300_000;
const built = (name: string): string => fileURLToPath(new URL(`../../dist/console/${name}`, import.meta.url));

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

type Manifest = Readonly<Record<string, Chunk>>;

/** The chunk and everything that it imports at once, by file. */
function filesOf(manifest: Manifest, key: string, found: Set<string> = new Set()): ReadonlySet<string> {
  const chunk = manifest[key];
  if (chunk === undefined || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const imported of chunk.imports ?? []) filesOf(manifest, imported, found);
  return found;
}

test('the first look at the overview loads at most 300 kB of compressed JavaScript', async () => {
  const manifest = JSON.parse(await readFile(built('manifest.json'), 'utf8')) as Manifest;
  const files = new Set([
    ...filesOf(manifest, 'index.html'),
    ...filesOf(manifest, 'pages/overview/Overview.tsx'),
  ]);
  expect(files.size).toBeGreaterThan(1);
  let bytes = 0;
  for (const file of files) bytes += gzipSync(await readFile(built(file))).length;
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
});
