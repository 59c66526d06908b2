import { afterEach, beforeEach, expect, test } from 'vitest';

import { runTrueup, type CommandResult } from '../../test/support/command.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const [OLD = '', NEW = ''] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString('base64'));
const CANARY = 'canary-of-the-headers';

let folder: TestFolder;

beforeEach(async () => {
  folder = await openTestFolder({ environment: { HEADERS: `Authorization=${CANARY}` } });
  const url = 'https://otlp.example.com/v1/metrics';
  await trueup(OLD, 'collectors', 'add', 'ops', '--url', url, '--secret-from', 'HEADERS');
});
afterEach(() => folder.close());

function trueup(keys: string, ...words: readonly string[]): Promise<CommandResult> {
  return runTrueup([...words, '-C', folder.directory], { ...folder.environment, TRUEUP_KEY: keys });
}

test('says how many secrets it has sealed anew, and notes it; said again it finds nothing', async () => {
  const done = await trueup(`${NEW},${OLD}`, 'reseal');
  expect(done).toEqual({
    exitCode: 0,
    output: 'Sealed anew under the first key: 1 secret.\n',
    errors: '',
  });
  const again = await trueup(`${NEW},${OLD}`, 'reseal', '--json');
  expect(JSON.parse(again.output)).toEqual({ sealedAnew: 0, unopened: [], isCutShort: false });
  const trail = await trueup(NEW, 'audit', '--json');
  const { entries } = JSON.parse(trail.output) as { readonly entries: readonly unknown[] };
  expect(entries.slice(0, 2)).toMatchObject([
    { action: 'secrets.resealed', detail: { sealedAnew: 0, unopened: 0 } },
    { action: 'secrets.resealed', detail: { sealedAnew: 1, unopened: 0 } },
  ]);
});

test('what it cannot open it names, and asks for a person; nothing of a secret or a key is told', async () => {
  const alone = await trueup(NEW, 'reseal');
  expect(alone.exitCode).toBe(3);
  expect(alone.output).toContain('Sealed anew under the first key: 0 secrets.');
  expect(alone.output).toMatch(/default\s+secret\s+COLLECTOR_OPS/);
  const json = await trueup(NEW, 'reseal', '--json');
  expect(json.exitCode).toBe(3);
  expect(JSON.parse(json.output)).toMatchObject({
    unopened: [{ workspace: 'default', kind: 'secret', name: 'COLLECTOR_OPS' }],
  });
  const said = [alone, json].map(({ output, errors }) => output + errors).join();
  for (const text of [CANARY, OLD, NEW]) expect(said).not.toContain(text);
});

test('a bad list of keys ends every command before it has done anything', async () => {
  const bad = await trueup(`${NEW},${OLD},`, 'reseal');
  expect(bad).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining('part 3 of TRUEUP_KEY is empty') as string,
  });
  expect(bad.errors).not.toContain(NEW);
});
