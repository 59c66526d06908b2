import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import type { Session, WriteRequest, WriteResult } from '../../connector/contract.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { files } from './index.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly folder: string;
  readonly session: Session;
  readonly path: string;
  readonly write: (...requests: readonly Wanted[]) => Promise<readonly WriteResult[]>;
}

type Wanted = readonly [
  kind: WriteRequest['kind'],
  id: string | null,
  fields?: Readonly<Record<string, NativeValue>>,
  ifVersion?: string,
];

async function fileWith(
  content: string,
  options: {
    readonly name?: string;
    readonly settings?: Readonly<Record<string, string>>;
    readonly clock?: Clock;
  } = {},
): Promise<Opened> {
  const { name = 'a.csv', settings = {}, clock = systemClock } = options;
  const folder = await mkdtemp(join(tmpdir(), 'trueup-write-'));
  folders.push(folder);
  const path = join(folder, name);
  await writeFile(path, content);
  const context = connectorContext({ clock, baseDirectory: folder });
  const session = await files.open({ directory: '.', ...settings }, context);
  const write: Opened['write'] = (...wanted) =>
    session.write(
      name,
      wanted.map(([kind, recordId, fields = {}, ifVersion = null], index) => ({
        key: `k${String(index)}`,
        kind,
        recordId,
        ifVersion,
        fields: new Map(Object.entries(fields)),
      })),
    );
  return { folder, session, path, write };
}

/** The file after some writes, all of which must succeed. */
async function after(content: string, wanted: readonly Wanted[], name = 'a.csv'): Promise<string> {
  const { path, write } = await fileWith(content, { name });
  const results = await write(...wanted);
  expect(results.filter(({ kind }) => kind === 'failed')).toEqual([]);
  return readFile(path, 'utf8');
}

function failuresOf(results: readonly WriteResult[]): readonly (readonly [string, string] | null)[] {
  return results.map((result) =>
    result.kind === 'failed' ? [result.failure.kind, result.failure.code] : null,
  );
}

test('what is not written stays as it is, byte for byte: quoting, unknown columns, blank lines, broken rows, line ends', async () => {
  const before = '\uFEFFid;"name";;note\r\n1;"Ann";x;"keep; me"\r\n\r\n2;"Bob"\r\n3;"Cat";;\r\n4;"Dan";y;"z"';
  const expected =
    '\uFEFFid;"name";;note\r\n1;"Eve";x;"keep; me"\r\n\r\n2;"Bob"\r\n4;"Dan";y;"z"\r\n5;"Fay";;"a ""b"""\r\n';
  const wanted: readonly Wanted[] = [
    ['update', '1', { name: 'Eve' }],
    ['delete', '3'],
    ['create', null, { id: '5', name: 'Fay', note: 'a "b"' }],
  ];
  expect(await after(before, wanted)).toBe(expected);
});

test('new rows take the quoting of the last row; a value that needs quotes gets them', async () => {
  expect(
    await after('id,name\n1,Ann\n', [
      ['create', null, { id: '2', name: 'a,b' }],
      ['create', null, { id: '3', name: 'c' }],
    ]),
  ).toBe('id,name\n1,Ann\n2,"a,b"\n3,c\n');
});

test('removing the last row and adding one leaves no blank line behind', async () => {
  expect(
    await after('id,name\n1,Ann\n2,Bob', [
      ['delete', '2'],
      ['create', null, { id: '3', name: 'Cat' }],
    ]),
  ).toBe('id,name\n1,Ann\n3,Cat\n');
});

test('JSON Lines keep the spelling of numbers and the order of keys; removing the last record leaves no empty file', async () => {
  const before = '{"id":1,"n":1.10,"big":12345678901234567890,"name":"Ann"}\n{ "id" : 2 }\n';
  expect(await after(before, [['update', '1', { name: 'Eve' }]], 'a.jsonl')).toBe(
    '{"id":1,"n":1.10,"big":12345678901234567890,"name":"Eve"}\n{ "id" : 2 }\n',
  );
  expect(await after('{"id":1}\n', [['delete', '1']], 'a.jsonl')).toBe('\n');
  expect(await after('\n', [['create', null, { id: 1, name: 'Ann' }]], 'a.jsonl')).toBe(
    '\n{"id":1,"name":"Ann"}\n',
  );
});

test('in JSON Lines a column of numbers stays one, also for numbers that arrive as text', async () => {
  expect(
    await after(
      '{"id":1,"sum":1.5}\n',
      [
        ['create', null, { sum: '12345678901234567.89' }],
        ['create', null, { sum: '2.50' }],
      ],
      'a.jsonl',
    ),
  ).toBe('{"id":1,"sum":1.5}\n{"id":2,"sum":12345678901234567.89}\n{"id":3,"sum":2.5}\n');
});

test('a write that changes nothing does not touch the file', async () => {
  const { path, write } = await fileWith('id,name\n1,Ann\n');
  await utimes(path, 1_000, 1_000);
  expect(await write(['update', '1', { name: 'Ann' }])).toMatchObject([{ kind: 'written', recordId: '1' }]);
  expect((await stat(path)).mtimeMs).toBe(1_000_000);
});

test('the rights of the file stay, and nothing is left beside it', async () => {
  const { folder, path, write } = await fileWith('id,name\n1,Ann\n');
  const { chmod } = await import('node:fs/promises');
  await chmod(path, 0o640);
  await write(['update', '1', { name: 'Eve' }]);
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(['a.csv']);
});

test('records without an id get the next whole number; where ids are not numbers, one made from the write’s key', async () => {
  const numbered = await fileWith('id,name\n9,Ann\n10,Bob\n');
  const results = await numbered.write(
    ['create', null, { id: '11', name: 'x' }],
    ['create', null, { name: 'y' }],
  );
  expect(results.map((result) => (result.kind === 'written' ? result.recordId : null))).toEqual(['11', '12']);
  const named = await fileWith('id,name\na,Ann\n');
  const [first] = await named.write(['create', null, { name: 'x' }]);
  const [second] = await named.write(['create', null, { name: 'x' }]);
  expect(first).toMatchObject({
    kind: 'written',
    recordId: expect.stringMatching(/^r-[0-9a-f]{16}$/) as string,
  });
  expect(second).toEqual(first);
  expect((await readFile(named.path, 'utf8')).split('\n')).toHaveLength(4);
});

test('requests of one batch take effect one after the other', async () => {
  const { path, write } = await fileWith('id,name\n1,Ann\n');
  const results = await write(
    ['create', null, { id: '2', name: 'Bob' }],
    ['update', '2', { name: 'Ben' }],
    ['delete', '1'],
    ['update', '1', { name: 'x' }],
    ['create', null, { id: '2', name: 'again' }],
  );
  expect(failuresOf(results)).toEqual([
    null,
    null,
    null,
    ['precondition', 'files.gone'],
    ['invalid', 'files.duplicate_id'],
  ]);
  expect(await readFile(path, 'utf8')).toBe('id,name\n2,Ben\n');
});

test('what cannot be written is refused one by one, each with its reason', async () => {
  const { write } = await fileWith('id,name\n1,Ann\n2,Bob\n2,Bob\n');
  const results = await write(
    ['update', '1', { phone: '1' }],
    ['update', '1', { id: '9' }],
    ['update', '2', { name: 'x' }],
    ['update', '1', { name: { a: 1 } }],
    ['update', '1', { name: '\ud800' }],
    ['update', '1', { name: 'y' }, 'stale'],
    ['update', '1', { name: 'fine' }],
  );
  expect(failuresOf(results)).toEqual([
    ['config', 'files.unknown_column'],
    ['invalid', 'files.id_fixed'],
    ['invalid', 'files.duplicate_id'],
    ['invalid', 'files.not_text'],
    ['invalid', 'files.not_utf8'],
    ['precondition', 'files.changed'],
    null,
  ]);
});

test('text that a spreadsheet would run is exact by default, and refused where the setting says so', async () => {
  expect(await after('id,name\n1,Ann\n', [['update', '1', { name: '=1+1' }]])).toBe('id,name\n1,=1+1\n');
  const { write } = await fileWith('id,name\n1,Ann\n', { settings: { spreadsheet_safe: 'true' } });
  for (const text of ['=1+1', ' @x', '\tx', '+cmd|1', '\u00a0=x', 'a\n=x', '＝1+1', '-1+cmd|x']) {
    expect(failuresOf(await write(['update', '1', { name: text }]))).toEqual([['invalid', 'files.formula']]);
  }
  for (const text of ['-5', '+49 (0) 30-123', '-1.5e3', 'a=b', "'=1"]) {
    expect(failuresOf(await write(['update', '1', { name: text }]))).toEqual([null]);
  }
});

test('many writers at once lose nothing', async () => {
  const { session, path } = await fileWith('id,name\n');
  const writes = Array.from({ length: 12 }, (_, index) =>
    session.write('a.csv', [
      {
        key: String(index),
        kind: 'create',
        recordId: null,
        ifVersion: null,
        fields: new Map([['name', String(index)]]),
      },
    ]),
  );
  const results = (await Promise.all(writes)).flat();
  expect(results.every(({ kind }) => kind === 'written')).toBe(true);
  const rows = (await readFile(path, 'utf8')).trim().split('\n').slice(1);
  expect(new Set(rows.map((row) => row.split(',')[1]))).toEqual(
    new Set(writes.map((_, index) => String(index))),
  );
  expect(rows).toHaveLength(writes.length);
});

/** A clock that runs something at every pause: the moments in which a person can save the file. */
function clockThat(act: () => Promise<void>): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: async (_, signal) => {
      await act();
      await systemClock.sleep(0, signal);
    },
  };
}

test('a person who saves the file between our read and our write is not overwritten', async () => {
  let path = '';
  let saves = 0;
  const clock = clockThat(async () => {
    if (path !== '' && saves === 0) {
      saves += 1;
      await writeFile(path, 'id,name\n1,Ann\n2,saved meanwhile\n');
    }
  });
  const opened = await fileWith('id,name\n1,Ann\n', { clock });
  path = opened.path;
  expect(await opened.write(['update', '1', { name: 'Eve' }])).toMatchObject([{ kind: 'written' }]);
  expect(await readFile(path, 'utf8')).toBe('id,name\n1,Eve\n2,saved meanwhile\n');
});

test('a file that is saved again and again is given up on, unchanged by us', async () => {
  let path = '';
  let saves = 0;
  const clock = clockThat(async () => {
    if (path !== '') await writeFile(path, `id,name\n1,${String((saves += 1))}\n`);
  });
  const opened = await fileWith('id,name\n1,Ann\n', { clock });
  path = opened.path;
  const written = opened.write(['update', '1', { name: 'Eve' }]);
  await expect(written).rejects.toMatchObject({ failure: { kind: 'transient', code: 'files.changing' } });
  expect(await readFile(path, 'utf8')).toBe(`id,name\n1,${String(saves)}\n`);
});

test('nothing is written while an office program has the file open', async () => {
  const { folder, write } = await fileWith('id,name\n1,Ann\n');
  for (const sign of ['.~lock.a.csv#', '~$a.csv']) {
    await writeFile(join(folder, sign), '');
    await expect(write(['update', '1', { name: 'Eve' }])).rejects.toMatchObject({
      failure: { kind: 'transient', code: 'files.open_in_editor' },
    });
    await rm(join(folder, sign));
  }
});

test('the lock of a program that died is taken over; that of one that lives is waited for', async () => {
  const { folder, path, write } = await fileWith('id,name\n1,Ann\n', { clock: hastyClock() });
  const lock = join(folder, '.a.csv.trueup-lock');
  const { hostname } = await import('node:os');
  await writeFile(lock, JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), token: 'x' }));
  expect(await write(['update', '1', { name: 'Eve' }])).toMatchObject([{ kind: 'written' }]);
  await writeFile(lock, JSON.stringify({ pid: process.ppid, host: hostname(), token: 'x' }));
  const refused: unknown = await write(['update', '1', { name: 'Fay' }]).catch((error: unknown) => error);
  expect(refused instanceof ConnectorFailure ? refused.failure.code : null).toBe('files.locked');
  expect(await readFile(path, 'utf8')).toBe('id,name\n1,Eve\n');
});

/** Every pause of ours counts as ten seconds. */
function hastyClock(): Clock {
  let pausedMs = 0;
  return {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => pausedMs,
    sleep: async (_, signal) => {
      pausedMs += 10_000;
      await systemClock.sleep(0, signal);
    },
  };
}

const cell = fc.string({
  unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', ' ', '=', 'é', '\t'),
  maxLength: 8,
});

test('whatever text is written is read back, in every dialect, and no other record changes', async () => {
  const dialect = fc.record({
    delimiter: fc.constantFrom(',', ';', '\t'),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    endsLine: fc.boolean(),
    quoted: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      dialect,
      cell,
      cell,
      async ({ delimiter, lineEnd, endsLine, quoted }, changed, added) => {
        const quote = quoted ? '"' : '';
        const line = (...cells: readonly string[]): string =>
          cells.map((text) => quote + text + quote).join(delimiter);
        const rows = [line('id', 'name', 'note'), line('1', 'Ann', 'x'), line('2', 'Bob', 'y')];
        const { session, write } = await fileWith(rows.join(lineEnd) + (endsLine ? lineEnd : ''));
        const results = await write(
          ['update', '1', { name: changed }],
          ['create', null, { id: '3', name: added }],
        );
        expect(failuresOf(results)).toEqual([null, null]);
        const lookups = await session.get('a.csv', ['1', '2', '3'], ['name', 'note']);
        const values = lookups.map((lookup) =>
          lookup.kind === 'found' ? [...lookup.record.fields.values()] : lookup.kind,
        );
        expect(values).toEqual([
          [changed === '' ? null : changed, 'x'],
          ['Bob', 'y'],
          [added === '' ? null : added, null],
        ]);
        const versions = lookups.map((lookup) => (lookup.kind === 'found' ? lookup.record.version : null));
        const answered = results.map((result) => (result.kind === 'written' ? result.version : null));
        expect([versions[0], versions[2]]).toEqual(answered);
      },
    ),
    { numRuns: 150 },
  );
});
