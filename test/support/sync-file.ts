/** A small sync file to plant mistakes in, and what is said about them. */
import type { SettingDescription } from '../../src/connector/contract.ts';
import { must } from '../../src/lib/assert.ts';
import type { KnownSystems } from '../../src/syncfile/connections.ts';
import { parseSyncFile, type FileError, type SyncFile } from '../../src/syncfile/sync-file.ts';

function setting(name: string, required: boolean, secret: boolean): SettingDescription {
  return { name, title: `The ${name}`, required, secret, example: secret ? '${secret:NAME}' : 'x' };
}

export const SYSTEMS: KnownSystems = new Map([
  ['postgres', [setting('url', true, true), setting('schema', false, false)]],
  ['tryton', [setting('url', true, false), setting('user', false, false), setting('password', true, true)]],
  ['files', [setting('directory', true, false)]],
]);

/** Lines to add to each part of the file; those of `crm` and `erp` are mappings. */
export interface SyncParts {
  readonly connections?: readonly string[];
  readonly fields?: readonly string[];
  readonly match?: string;
  readonly crm?: readonly string[];
  readonly erp?: readonly string[];
  readonly crmKeys?: readonly string[];
  readonly erpKeys?: readonly string[];
  readonly keys?: readonly string[];
}

function lines(indent: number, added: readonly string[] = []): readonly string[] {
  return added.map((line) => `${' '.repeat(indent)}${line}`);
}

/** A sync of customers between `crm` and `erp` that match by e-mail, with the given lines added. Correct without them. */
export function syncText(parts: SyncParts = {}): string {
  return [
    'version: 1',
    'connections:',
    '  crm: {system: postgres, url: "${secret:CRM_URL}"}',
    '  erp: {system: tryton, url: http://erp.example, password: "${secret:ERP_PASSWORD}"}',
    ...lines(2, parts.connections),
    'syncs:',
    '  customers:',
    '    entity: Customer',
    '    fields:',
    '      email: email',
    ...lines(6, parts.fields),
    `    match: ${parts.match ?? 'email'}`,
    '    sides:',
    '      crm:',
    '        connection: crm',
    '        collection: public.customer',
    ...lines(8, parts.crmKeys),
    '        fields:',
    '          email: e_mail',
    ...lines(10, parts.crm),
    '      erp:',
    '        connection: erp',
    '        collection: party.party',
    ...lines(8, parts.erpKeys),
    '        fields:',
    '          email: email',
    ...lines(10, parts.erp),
    ...lines(4, parts.keys),
    '',
  ].join('\n');
}

export function parsed(text: string): SyncFile {
  const result = parseSyncFile(text, 'trueup.yaml', SYSTEMS);
  if (result.kind === 'errors') throw new Error(result.errors.map(sentence).join('\n'));
  return result.file;
}

export function errorsOf(text: string): readonly FileError[] {
  const result = parseSyncFile(text, 'trueup.yaml', SYSTEMS);
  return result.kind === 'errors' ? result.errors : [];
}

/**
 * Every error as `here: message | fix` where its line of the text is marked with `# here`, and as `line 7: …` where it
 * is not.
 */
export function complaints(text: string, errors: readonly FileError[] = errorsOf(text)): readonly string[] {
  const texts = text.split('\n');
  return errors.map((error) => {
    const isMarked = must(texts[error.line - 1], 'an error stands in a line of the file').includes('# here');
    return `${isMarked ? 'here' : `line ${String(error.line)}`}: ${sentence(error)}`;
  });
}

function sentence({ message, fix }: FileError): string {
  return fix === undefined ? message : `${message} | ${fix}`;
}
