import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readRepository } from './repository.ts';

let root: string;

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'trueup-tidy-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

test('tracked and new files are read; ignored, deleted, linked and binary ones are not', async () => {
  write('.gitignore', 'dist/\n');
  write('src/tracked.ts', 'export const a = 1;\n');
  write('src/deleted.ts', '');
  execFileSync('git', ['add', '.'], { cwd: root });
  rmSync(join(root, 'src/deleted.ts'));
  write('src/new.ts', 'export const b = 1;\n');
  write('dist/built.ts', '');
  symlinkSync(join(root, 'dist'), join(root, 'linked'));
  write('logo.png', '\u0000\u0001');
  const repository = await readRepository(root);
  expect([...repository.texts.keys()]).toEqual(['.gitignore', 'src/new.ts', 'src/tracked.ts']);
  expect(repository.modules.map((module) => module.path)).toEqual(['src/new.ts', 'src/tracked.ts']);
});
