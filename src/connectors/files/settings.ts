import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { SettingDescription } from '../../connector/contract.ts';
import { oneOf, required, setting, type Given } from '../../connector/settings.ts';
import { fileSystemFailure, refuse } from './failures.ts';

export interface FilesSettings {
  /** Absolute, with every symbolic link resolved, so that containment can be checked by prefix. */
  readonly directory: string;
  readonly idColumn: string;
  readonly delimiter: Delimiter | 'auto';
  readonly spreadsheetSafe: boolean;
}

export type Delimiter = ',' | ';' | '\t';

const DELIMITERS: ReadonlyMap<string, Delimiter | 'auto'> = new Map([
  ['auto', 'auto'],
  [',', ','],
  ['comma', ','],
  [';', ';'],
  ['semicolon', ';'],
  ['\t', '\t'],
  ['tab', '\t'],
]);

const SPREADSHEET_SAFE: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

export const SETTINGS: readonly SettingDescription[] = [
  setting('directory', 'Folder that holds the files', './customers', 'required'),
  setting('id_column', 'Column that identifies a record (default id)', 'id'),
  setting('delimiter', 'CSV delimiter: auto, comma, semicolon or tab (default auto)', 'semicolon'),
  setting('encoding', 'Text encoding: utf8 (the only one, and the default)', 'utf8'),
  setting(
    'spreadsheet_safe',
    'Refuse to write text that a spreadsheet would run as a formula: true or false (default false)',
    'true',
  ),
];

export async function resolveSettings(given: Given, baseDirectory: string): Promise<FilesSettings> {
  const reader = { given, wrong };
  const wanted = required(reader, 'directory');
  const delimiter = oneOf(reader, 'delimiter', 'auto', DELIMITERS, 'auto, comma, semicolon or tab');
  if (!/^utf-?8$/i.test(given['encoding'] ?? 'utf8')) throw wrong('encoding', 'must be utf8');
  const spreadsheetSafe = oneOf(reader, 'spreadsheet_safe', 'false', SPREADSHEET_SAFE, 'true or false');
  return {
    directory: await existingDirectory(resolve(baseDirectory, wanted)),
    idColumn: given['id_column'] ?? 'id',
    delimiter,
    spreadsheetSafe,
  };
}

function wrong(name: string, problem: string): Error {
  return refuse('config', 'setting', `setting ${name} ${problem}`, { field: name });
}

async function existingDirectory(path: string): Promise<string> {
  let real: string;
  let isDirectory: boolean;
  try {
    real = await realpath(path);
    isDirectory = (await stat(real)).isDirectory();
  } catch (error) {
    throw fileSystemFailure(`folder ${path} (setting directory)`, error);
  }
  if (!isDirectory) {
    throw refuse('config', 'setting', `${path} (setting directory) is a file, not a folder`, {
      field: 'directory',
    });
  }
  return real;
}
