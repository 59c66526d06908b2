/** Every rule that .oxlintrc.json is trusted for is shown to fire: an override that drops a restriction fails here. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { ALLOWED } from './lint/allowed.ts';
import { LAYERS } from './lint/layers.ts';
import { PLAIN } from './lint/plain.ts';
import { TIME } from './lint/time.ts';

interface Diagnostic {
  readonly path: string;
  readonly code: string;
  readonly text: string;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const breaches = [...PLAIN, ...TIME, ...LAYERS].map((breach, index) => ({
  ...breach,
  path: numbered(breach.path, index),
}));
const allowed = ALLOWED.map((example, index) => ({
  ...example,
  path: numbered(example.path, breaches.length + index),
}));
let folder: string;
let diagnostics: readonly Diagnostic[];

/** Each example gets a file of its own: `src/engine/a.ts` → `src/engine/a7.ts`. */
function numbered(path: string, index: number): string {
  return path.replace(/(\.test)?\.ts$/, `${String(index)}$1.ts`);
}

function lint(): readonly Diagnostic[] {
  const { stdout } = spawnSync(
    'oxlint',
    ['--type-aware', '--format=json', 'src', 'test', 'bench', 'scripts'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const report: unknown = JSON.parse(stdout);
  if (typeof report !== 'object' || report === null || !('diagnostics' in report)) throw new Error(stdout);
  const found = report.diagnostics;
  if (!Array.isArray(found)) throw new Error(stdout);
  return found.map(
    (entry: Readonly<Record<'filename' | 'code' | 'message' | 'help', string | undefined>>) => ({
      path: entry.filename ?? '',
      code: entry.code ?? '',
      text: `${entry.message ?? ''} ${entry.help ?? ''}`,
    }),
  );
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trueup-lint-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { path, source } of [...breaches, ...allowed]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${source}\n`);
  }
  diagnostics = lint();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(breaches)('$name is refused', ({ path, code, says }) => {
  const found = diagnostics.filter((diagnostic) => diagnostic.path === path);
  expect(found.map((diagnostic) => diagnostic.code)).toContain(code);
  expect(found.map((diagnostic) => diagnostic.text).join('\n')).toContain(says ?? '');
});

test.each(allowed)('$name is free', ({ path }) => {
  expect(diagnostics.filter((diagnostic) => diagnostic.path === path)).toEqual([]);
});
