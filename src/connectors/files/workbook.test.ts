import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import readExcelFile from 'read-excel-file/node';
import { afterEach, expect, test } from 'vitest';
import writeExcelFile, { type SheetData, type SheetOptions } from 'write-excel-file/node';

import { connectorContext } from '../../../test/support/connector-context.ts';
import type { Session, WriteResult } from '../../connector/contract.ts';
import type { NativeValue } from '../../engine/value.ts';
import { files } from './index.ts';
import { inspectWorkbook } from './workbook.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const DAY = new Date('2026-03-31T00:00:00Z');
const MOMENT = new Date('2026-03-31T14:05:06Z');
const TABLE: SheetData = [
  ['id', 'name', 'born', 'seen', 'sum', 'ok'],
  [1, 'Ann', { value: DAY, format: 'dd.mm.yyyy' }, { value: MOMENT, format: 'dd.mm.yyyy hh:mm' }, 1.5, true],
  [2, ' 007 ', { value: DAY, format: 'dd.mm.yyyy' }, null, 2, false],
];

interface Opened {
  readonly session: Session;
  readonly path: string;
  readonly update: (
    id: string,
    fields: Readonly<Record<string, NativeValue>>,
  ) => Promise<readonly WriteResult[]>;
}

async function workbookWith(bytes: Buffer): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'trueup-xlsx-'));
  folders.push(folder);
  const path = join(folder, 'a.xlsx');
  await writeFile(path, bytes);
  const context = connectorContext({ baseDirectory: folder });
  const session = await files.open({ directory: folder }, context);
  return {
    session,
    path,
    update: (recordId, fields) =>
      session.write('a.xlsx', [
        { key: 'k', kind: 'update', recordId, ifVersion: null, fields: new Map(Object.entries(fields)) },
      ]),
  };
}

function workbook(table: SheetData, options: SheetOptions<Buffer> = {}): Promise<Buffer> {
  return writeExcelFile(table, options).toBuffer();
}

/** A workbook whose sheet markup is changed by hand: what no writing library would make, but Excel does. */
function tampered(table: SheetData, change: (markup: string) => string): Promise<Buffer> {
  const feature = { files: { transform: { 'xl/worksheets/sheet{id}.xml': { transform: change } } } };
  return writeExcelFile(table, {}, { features: [feature] }).toBuffer();
}

async function recordsOf(
  session: Session,
  ids: readonly string[],
  names: readonly string[],
): Promise<unknown> {
  const lookups = await session.get('a.xlsx', ids, names);
  return lookups.map((lookup) =>
    lookup.kind === 'found' ? Object.fromEntries(lookup.record.fields) : lookup.kind,
  );
}

test('cells come with their types; a date has no zone, so one with a time is text', async () => {
  const { session } = await workbookWith(await workbook(TABLE));
  const [description] = await session.describe(['a.xlsx']);
  expect(description?.fields.map(({ name, type }) => `${name}:${type.kind}`)).toEqual([
    'id:integer',
    'name:text',
    'born:date',
    'seen:text',
    'sum:decimal',
    'ok:boolean',
  ]);
  expect(await recordsOf(session, ['1', '2'], ['name', 'born', 'seen', 'sum', 'ok'])).toEqual([
    { name: 'Ann', born: '2026-03-31', seen: '2026-03-31T14:05:06', sum: 1.5, ok: true },
    { name: ' 007 ', born: '2026-03-31', seen: null, sum: 2, ok: false },
  ]);
});

test('every second of a day is read as it was entered', () => {
  const seconds = fc.integer({ min: 0, max: 86_399 });
  return fc.assert(
    fc.asyncProperty(fc.array(seconds, { minLength: 1, maxLength: 40 }), async (chosen) => {
      const moments = chosen.map((second) => new Date(DAY.getTime() + second * 1_000));
      const rows = moments.map((value, index) => [index + 1, { value, format: 'yyyy-mm-dd hh:mm:ss' }]);
      const { session } = await workbookWith(await workbook([['id', 'at'], ...rows]));
      const read = await recordsOf(
        session,
        rows.map((_, index) => String(index + 1)),
        ['at'],
      );
      expect(read).toEqual(
        moments.map((moment) => ({
          at: moment.getTime() === DAY.getTime() ? '2026-03-31' : moment.toISOString().slice(0, 19),
        })),
      );
    }),
    { numRuns: 20 },
  );
});

test('a write keeps the other cells and their types, column widths, the frozen header and the sheet’s name', async () => {
  const options = { sheet: 'People & Co', columns: [{ width: 5 }, { width: 33 }], stickyRowsCount: 1 };
  const { session, path, update } = await workbookWith(await workbook(TABLE, options));
  expect(await update('2', { name: 'Bob', born: '1999-12-31', sum: '3.25' })).toMatchObject([
    { kind: 'written' },
  ]);
  expect(await recordsOf(session, ['1', '2'], ['name', 'born', 'seen', 'sum', 'ok'])).toEqual([
    { name: 'Ann', born: '2026-03-31', seen: '2026-03-31T14:05:06', sum: 1.5, ok: true },
    { name: 'Bob', born: '1999-12-31', seen: null, sum: 3.25, ok: false },
  ]);
  const [description] = await session.describe(['a.xlsx']);
  expect(description?.fields.map(({ type }) => type.kind)).toEqual([
    'integer',
    'text',
    'date',
    'text',
    'decimal',
    'boolean',
  ]);
  const inspected = inspectWorkbook('a.xlsx', await readFile(path));
  expect(inspected).toMatchObject({ sheetName: 'People & Co', frozenRows: 1, losses: [] });
  expect([...inspected.columnWidths].slice(0, 2).map(([, width]) => Math.round(width))).toEqual([5, 33]);
});

test('new records get the next number as their id and rows at the end; deleted ones leave no gap', async () => {
  const { session, path } = await workbookWith(await workbook(TABLE));
  const fields = new Map<string, NativeValue>([['name', 'Cat']]);
  const results = await session.write('a.xlsx', [
    { key: 'a', kind: 'delete', recordId: '1', ifVersion: null, fields: new Map() },
    { key: 'b', kind: 'create', recordId: null, ifVersion: null, fields },
  ]);
  expect(results).toMatchObject([{ kind: 'written' }, { kind: 'written', recordId: '3' }]);
  const grid = (await readExcelFile(path))[0]?.data;
  expect(grid?.map((row) => row.slice(0, 2))).toEqual([
    ['id', 'name'],
    [2, '007'],
    [3, 'Cat'],
  ]);
});

test.each([
  [
    'formulas',
    () =>
      tampered(
        [
          ['id', 'name'],
          [1, { type: 'Formula', value: '=1+1' }],
        ],
        (xml) => xml.replace('</f>', '</f><v>2</v>'),
      ),
  ],
  [
    '1 further sheet',
    () =>
      writeExcelFile([
        { data: TABLE, sheet: 'A' },
        { data: TABLE, sheet: 'B' },
      ]).toBuffer(),
  ],
  [
    'merged cells',
    () =>
      workbook([
        ['id', 'name'],
        [1, { value: 'x', columnSpan: 2 }, null],
      ]),
  ],
  [
    'filters',
    () => tampered(TABLE, (xml) => xml.replace('</sheetData>', '</sheetData><autoFilter ref="A1:F3"/>')),
  ],
])('a workbook that would lose its %s is read, and not written', async (loss, make) => {
  const { session, path, update } = await workbookWith(await make());
  const before = await readFile(path);
  await expect(update('1', { name: 'Eve' })).rejects.toMatchObject({
    failure: { kind: 'config', code: 'files.would_lose', message: `writing a.xlsx would lose its ${loss}` },
  });
  expect((await readFile(path)).equals(before)).toBe(true);
  const [description] = await session.describe(['a.xlsx']);
  expect(description).toMatchObject({
    title: `a.xlsx (read only: ${loss} would be lost)`,
    recordsEstimate: expect.any(Number) as number,
  });
  expect(description?.card.can).toEqual({ create: false, update: false, delete: false });
});

test('a cell that shows an error, and a formula that was never computed, are unreadable rows and no false null', async () => {
  const table: SheetData = [
    ['id', 'name'],
    [1, true],
    [2, 'Bob'],
    [3, { type: 'Formula', value: '=1+1' }],
  ];
  const bytes = await tampered(table, (xml) =>
    xml
      .replace(/<c r="B2" t="b"><v>1<\/v><\/c>/, '<c r="B2" t="e"><v>#N/A</v></c>')
      .replace(/(<f>.*?<\/f>)<v>.*?<\/v>/, '$1'),
  );
  const { session } = await workbookWith(bytes);
  const { signal } = new AbortController();
  for await (const page of session.readAll({
    collection: 'a.xlsx',
    fields: ['name'],
    resume: null,
    pageRecordsMax: 9,
    signal,
  })) {
    expect(page.records.map(({ id }) => id)).toEqual(['2']);
    expect(page.unreadable.map(({ id, failure }) => [id, failure.message])).toEqual([
      ['row 2', 'row 2: cell B2 shows an error'],
      ['row 4', 'row 4: cell B4 has a formula without a stored result'],
    ]);
  }
});

test('something else that is called .xlsx is told from a workbook', async () => {
  const { zipped } = { zipped: Buffer.from('504b0506000000000000000000000000000000000000', 'hex') };
  const { session } = await workbookWith(zipped);
  await expect(session.describe(['a.xlsx'])).rejects.toMatchObject({
    failure: { code: 'files.not_a_workbook' },
  });
});

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('_', 'x', '0', '4', '1', '\r', '\n', ' ', '&', '<', '\u0001', '\u001f', '😀'),
    fc.string({ minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 12,
});
const builtIn = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  '_x0041_',
  '_x005F_',
  'hasOwnProperty',
);

test('whatever text is written into a cell is read back, or refused for characters that no workbook can hold', () =>
  fc.assert(
    fc.asyncProperty(fc.oneof(text, builtIn), async (value) => {
      const { session, update } = await workbookWith(
        await workbook([
          ['id', 'name'],
          [1, 'Ann'],
        ]),
      );
      const [result] = await update('1', { name: value });
      const isRefused = result?.kind === 'failed' && result.failure.code === 'files.not_xml';
      expect(await recordsOf(session, ['1'], ['name'])).toEqual([{ name: isRefused ? 'Ann' : value }]);
    }),
    { numRuns: 60 },
  ));
