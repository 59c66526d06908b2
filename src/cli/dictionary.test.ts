import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { CommandResult } from '../../test/support/command.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';

const SYNC_FILE = `version: 1
dictionary: dictionary.yaml
connections:
  crm: {system: files, directory: ./crm}
  erp: {system: files, directory: ./erp}
syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      status: text
      code: text
    match: email
    sides:
      crm: {connection: crm, collection: c.csv, fields: {email: mail, status: status, code: code}}
      erp: {connection: erp, collection: e.csv, fields: {email: E-mail, status: State, code: Code}}
`;

const DICTIONARY = `version: 1
entities:
  Customer:
    meaning: Whoever has bought from us.
    fields:
      email: {type: email, meaning: Where invoices go, sensitivity: personal}
      status: {type: text, meaning: Whether they may buy, values: {active: may buy, blocked: may not}}
      code: {type: text, meaning: Our number, format: C-###, on_violation: flag}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await openTestFolder({
    syncFile: SYNC_FILE,
    files: {
      'crm/c.csv':
        'id,mail,status,code\n1,ann@x.example,active,C-001\n2,bob@x.example,odd,C-002\n3,cat@x.example,blocked,nine\n',
      'erp/e.csv': 'id,E-mail,State,Code\n',
    },
  });
});
afterAll(async () => folder.close());

function trueup(...args: readonly string[]): Promise<CommandResult> {
  return folder.trueup(...args);
}

test('a dictionary that is named and missing is told, with how to draft it', async () => {
  const { exitCode, errors } = await trueup('check');
  expect(exitCode).toBe(2);
  expect(errors).toContain('Draft it with: trueup dictionary draft --output dictionary.yaml');
});

test('a draft is made from the file and the systems, and never over a file that is there', async () => {
  expect((await trueup('dictionary', 'draft', '--output', 'dictionary.yaml')).exitCode).toBe(0);
  expect((await trueup('dictionary', 'check')).output).toContain(
    'dictionary.yaml is good: 1 entities, 3 fields.',
  );
  const again = await trueup('dictionary', 'draft', '--output', 'dictionary.yaml');
  expect(again.errors).toContain('is already there');
  await folder.write('dictionary.yaml', DICTIONARY);
});

test('a sync file and an export may lie outside of the folder', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'trueup-elsewhere-'));
  try {
    await writeFile(join(elsewhere, 'dictionary.yaml'), DICTIONARY);
    const named = join(elsewhere, 'dictionary.yaml');
    await writeFile(
      join(elsewhere, 'edited.yaml'),
      SYNC_FILE.replace('dictionary: dictionary.yaml', `dictionary: ${named}`),
    );
    const page = join(elsewhere, 'page.md');
    const args = ['--format', 'markdown', '--output', page, '--file', join(elsewhere, 'edited.yaml')];
    expect((await trueup('dictionary', 'export', ...args)).errors).toBe('');
    expect(await readFile(page, 'utf8')).toContain('Whoever has bought from us.');
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});

test('what breaks a rule is held or flagged on its way in, and a person lets it go', async () => {
  expect((await trueup('apply', '--yes')).errors).toBe('');
  const erp = async (): Promise<string> => folder.read('erp/e.csv');
  expect(await erp()).toContain('ann@x.example,active,C-001');
  expect(await erp()).toMatch(/bob@x\.example,,C-002/);
  expect(await erp()).toContain('cat@x.example,blocked,nine');
  const listed = await trueup('holds');
  expect(listed.output).toContain('violation of status, seen at crm');
  expect(listed.output).toContain('breaks a rule of the data dictionary: it must be one of active, blocked');
  const told = await trueup('dictionary', 'violations');
  expect(told.exitCode).toBe(3);
  expect(told.output).toContain('1 of crm: code — it must look like C-### (flag), for example 3');
  expect(told.output).toContain('1 of crm: status — it must be one of active, blocked (hold), for example 2');
  expect((await trueup('trace', 'crm', '3')).output).toContain('code breaks a rule: it must look like C-###');
  const [hold = ''] = listed.output.split(' ');
  expect((await trueup('holds', 'value', hold, 'active')).exitCode).toBe(0);
  await trueup('apply', '--yes');
  expect(await erp()).toMatch(/bob@x\.example,active,C-002/);
  expect(await folder.read('crm/c.csv')).toContain('2,bob@x.example,active,C-002');
});

test('the dictionary is exported with who owns what, as a page and for programs', async () => {
  const page = await trueup('dictionary', 'export');
  expect(page.output).toContain('| status | nobody: every side may change it | ⇄ status | ⇄ State |');
  const schema = await trueup('dictionary', 'export', '--format', 'json-schema');
  expect(JSON.parse(schema.output)).toMatchObject({
    $defs: { Customer: { properties: { status: { enum: ['active', 'blocked', null] } } } },
  });
  expect((await trueup('dictionary', 'export', '--format', 'pdf')).errors).toContain(
    'Choose markdown, html or json-schema.',
  );
});
