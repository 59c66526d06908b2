import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { SettingDescription } from '../../connector/contract.ts';
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

export const SETTINGS: readonly SettingDescription[] = [
  {
    name: 'directory',
    title: 'Folder that holds the files',
    required: true,
    secret: false,
    example: './customers',
  },
  {
    name: 'id_column',
    title: 'Column that identifies a record (default id)',
    required: false,
    secret: false,
    example: 'id',
  },
  {
    name: 'delimiter',
    title: 'CSV delimiter: auto, comma, semicolon or tab (default auto)',
    required: false,
    secret: false,
    example: 'semicolon',
  },
  {
    name: 'encoding',
    title: 'Text encoding: utf8 (the only one, and the default)',
    required: false,
    secret: false,
    example: 'utf8',
  },
  {
    name: 'spreadsheet_safe',
    title: 'Refuse to write text that a spreadsheet would run as a formula: true or false (default false)',
    required: false,
    secret: false,
    example: 'true',
  },
];

export async function resolveSettings(
  settings: Readonly<Record<string, string>>,
  baseDirectory: string,
): Promise<FilesSettings> {
  const wanted = settings['directory'];
  if (wanted === undefined || wanted === '') {
    throw refuse('config', 'setting', 'setting directory is missing', { field: 'directory' });
  }
  const delimiter = DELIMITERS.get(settings['delimiter'] ?? 'auto');
  if (delimiter === undefined) throw wrongSetting('delimiter', 'auto, comma, semicolon or tab');
  if (!/^utf-?8$/i.test(settings['encoding'] ?? 'utf8')) throw wrongSetting('encoding', 'utf8');
  const spreadsheetSafe = settings['spreadsheet_safe'] ?? 'false';
  if (spreadsheetSafe !== 'true' && spreadsheetSafe !== 'false') {
    throw wrongSetting('spreadsheet_safe', 'true or false');
  }
  return {
    directory: await existingDirectory(resolve(baseDirectory, wanted)),
    idColumn: settings['id_column'] ?? 'id',
    delimiter,
    spreadsheetSafe: spreadsheetSafe === 'true',
  };
}

function wrongSetting(name: string, allowed: string): Error {
  return refuse('config', 'setting', `setting ${name} must be ${allowed}`, { field: name });
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
