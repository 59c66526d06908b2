import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { runTrueup } from '../../test/support/command.ts';
import { EXIT } from './command.ts';
import { commands } from './registry.ts';

test('a misspelt command is told with the one that was meant, and without a list that hides it', async () => {
  const result = await runTrueup(['conect'], {});
  expect(result).toEqual({
    exitCode: EXIT.wrongInput,
    output: '',
    errors:
      'error: trueup has no command "conect"\n  Did you mean: trueup connect — all commands: trueup help\n',
  });
  const strange = await runTrueup(['frobnicate', '--json'], {});
  expect(JSON.parse(strange.output)).toEqual({
    error: {
      code: 'trueup.command',
      message: 'trueup has no command "frobnicate"',
      advice: 'All commands: trueup help',
    },
  });
});

test.each([[], ['help'], ['--help'], ['-h']])(
  '%s lists every command, and cuts no word short',
  async (...args) => {
    const { output, exitCode } = await runTrueup(args, {});
    expect(exitCode).toBe(EXIT.ok);
    for (const { name, usage, summary } of commands) {
      const line = output.split('\n').find((known) => known.startsWith(`  ${name} `)) ?? '';
      expect(line).toContain(summary);
      expect([usage, '…']).toContain(line.slice(name.length + 3, -summary.length).trim());
    }
  },
);

test('the help of a command names --server only where a server can be asked', async () => {
  expect((await runTrueup(['status', '--help'], {})).output).toContain('--server');
  expect((await runTrueup(['isolate', '--help'], {})).output).not.toContain('--server');
});

test('a misspelt folder is told, and nothing is made there', async () => {
  const folder = join(tmpdir(), 'trueup-no-such-folder');
  const result = await runTrueup(['status', '-C', folder], {});
  expect(result.exitCode).toBe(EXIT.wrongInput);
  expect(result.errors).toContain(`there is no folder ${folder}`);
  expect(existsSync(folder)).toBe(false);
});

test('a file that is named as the folder is told in words', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trueup-file-'));
  const file = join(folder, 'file');
  await writeFile(file, '');
  const results = [await runTrueup(['init', file], {}), await runTrueup(['status', '-C', file], {})];
  await rm(folder, { recursive: true });
  for (const { exitCode, errors } of results) {
    expect(exitCode).toBe(EXIT.wrongInput);
    expect(errors).toContain(file);
    expect(errors).toContain('Name a folder.');
    expect(errors).not.toContain('mkdir');
  }
});

test('a port that is in use is named, with what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const { port } = other.address() as AddressInfo;
  const result = await runTrueup(['simulate', 'salesforce', '--port', String(port), '--empty'], {});
  other.close();
  expect(result.exitCode).toBe(EXIT.wrongInput);
  expect(result.errors).toMatch(new RegExp(`^error: port ${String(port)} is in use\n {2}.*--port`));
});
