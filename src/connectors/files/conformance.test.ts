import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'csv-stringify/sync';
import readExcelFile from 'read-excel-file/node';
import writeExcelFile from 'write-excel-file/node';

import { conformanceSuite } from '../../../test/support/conformance.ts';
import { connectorContext } from '../../../test/support/connector-context.ts';
import type { ConformanceHarness, Fields } from '../../connector/conformance/index.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { files } from './index.ts';
import { idOf } from './records.ts';
import { SCORE } from './score.ts';

type Grid = readonly (readonly NativeValue[])[];

/** How a user's program reads and saves one kind of file, without our connector. */
interface Editor {
  read(path: string): Promise<Grid>;
  save(path: string, rows: Grid): Promise<void>;
}

const COLUMNS = ['id', 'email', 'name'];

function csvEditor(delimiter: string, lineEnd: string, bom: boolean, quoted: boolean): Editor {
  return {
    read: async (path) => {
      const { parse } = await import('csv-parse/sync');
      return parse(await readFile(path), { delimiter, bom: true });
    },
    save: (path, rows) =>
      writeFile(
        path,
        stringify(
          rows.map((row) => [...row]),
          { delimiter, record_delimiter: lineEnd, bom, quoted },
        ),
      ),
  };
}

const jsonlEditor: Editor = {
  read: async (path) =>
    (await readFile(path, 'utf8'))
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const record = JSON.parse(line) as Readonly<Record<string, NativeValue>>;
        return COLUMNS.map((name) => record[name] ?? null);
      }),
  save: async (path, rows) => {
    const lines = rows.map((row) =>
      JSON.stringify(Object.fromEntries(COLUMNS.map((name, index) => [name, row[index] ?? null]))),
    );
    await writeFile(path, `${lines.join('\n')}\n`);
  },
};

const xlsxEditor: Editor = {
  read: async (path) => (await readExcelFile(path, { trim: false }))[0]?.data as unknown as Grid,
  save: (path, rows) =>
    writeExcelFile(
      rows.map((row) => row.map((cell) => (cell === null ? null : { value: cell as string }))),
    ).toFile(path),
};

interface Kind {
  readonly file: string;
  readonly editor: Editor;
  readonly hasHeader: boolean;
  readonly refused: Fields;
  readonly exceptions?: Readonly<Record<string, string>>;
}

const NO_EMPTY_TEXT =
  'an empty cell is the only emptiness there is; both null and empty text are written as one and read as null';
const NOT_TEXT: Fields = new Map<string, NativeValue>([['name', ['a', 'list']]]);

const KINDS: Readonly<Record<string, Kind>> = {
  'plain CSV': {
    file: 'people.csv',
    editor: csvEditor(',', '\n', false, false),
    hasHeader: true,
    refused: NOT_TEXT,
    exceptions: { 'null-and-empty': NO_EMPTY_TEXT },
  },
  'CSV as Excel saves it': {
    file: 'people.csv',
    editor: csvEditor(';', '\r\n', true, false),
    hasHeader: true,
    refused: NOT_TEXT,
    exceptions: { 'null-and-empty': NO_EMPTY_TEXT },
  },
  'quoted TSV': {
    file: 'people.tsv',
    editor: csvEditor('\t', '\n', false, true),
    hasHeader: true,
    refused: NOT_TEXT,
    exceptions: { 'null-and-empty': NO_EMPTY_TEXT },
  },
  'JSON Lines': {
    file: 'people.jsonl',
    editor: jsonlEditor,
    hasHeader: false,
    refused: new Map([['name', '\ud800']]),
    exceptions: { describe: 'a JSON Lines file without records has no columns yet' },
  },
  Excel: {
    file: 'people.xlsx',
    editor: xlsxEditor,
    hasHeader: true,
    refused: NOT_TEXT,
    exceptions: { 'null-and-empty': NO_EMPTY_TEXT },
  },
};

/** There is nothing between us and a file on this machine that could lose an answer. */
const LOCAL = Object.fromEntries(
  ['lost-create', 'lost-update', 'lost-request', 'outage-write', 'outage-read', 'ended-session'].map(
    (name) => [`trouble-${name}`, 'a file on this machine always answers'],
  ),
);

function harnessOf({ file, editor, hasHeader, refused, exceptions }: Kind): ConformanceHarness {
  return {
    exceptions: { ...LOCAL, ...exceptions },
    fields: {
      names: COLUMNS,
      sample: (index) =>
        new Map([
          ['id', `p${String(index)}`],
          ['email', `person${String(index)}@example.test`],
          ['name', `Person ${String(index)}`],
        ]),
      key: 'email',
      text: 'name',
      refused,
      absentId: 'p999',
    },
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'trueup-files-'));
      const path = join(directory, file);
      const context = connectorContext({ baseDirectory: directory });
      const open = (): ReturnType<typeof files.open> => files.open({ directory: '.' }, context);
      const headerRows = hasHeader ? 1 : 0;
      const change = async (edit: (rows: Grid) => Grid): Promise<void> => {
        const rows = await editor.read(path);
        await editor.save(path, [...rows.slice(0, headerRows), ...edit(rows.slice(headerRows))]);
      };
      await editor.save(path, hasHeader ? [COLUMNS] : []);
      const session = await open();
      return {
        session,
        collection: file,
        user: {
          create: async (records) => {
            await change((rows) => [
              ...rows,
              ...records.map((record) => COLUMNS.map((name) => record.get(name) ?? null)),
            ]);
            return records.map((record) => must(idOf(record, 'id'), 'a sample has an id'));
          },
          edit: (id, fields) =>
            change((rows) =>
              rows.map((row) =>
                row[0] === id ? COLUMNS.map((name, index) => fields.get(name) ?? row[index] ?? null) : row,
              ),
            ),
          delete: (id) => change((rows) => rows.filter((row) => row[0] !== id)),
        },
        reopen: open,
        close: async () => {
          await session.close();
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

const setUps = Object.entries(KINDS).map(([kind, options]) => [kind, () => harnessOf(options)] as const);
conformanceSuite('files', SCORE, Object.fromEntries(setUps), { concurrent: true });
