import fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeWal, lsnOf, lsnText } from './pgoutput.ts';

function letters(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  return int32(value).subarray(2);
}

function tuple(values: readonly (string | null | undefined)[]): Buffer {
  const parts = values.map((value) =>
    typeof value === 'string'
      ? Buffer.concat([letters('t'), int32(letters(value).length), letters(value)])
      : letters(value === null ? 'n' : 'u'),
  );
  return Buffer.concat([int16(values.length), ...parts]);
}

test('a position survives being written and read', () => {
  fc.assert(fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (lsn) => lsnOf(lsnText(lsn)) === lsn));
  expect(lsnText(lsnOf('16/B374D848'))).toBe('16/B374D848');
});

test('the columns of a row are read where they are, whatever lies between them', () => {
  const value = fc.option(fc.string({ unit: 'grapheme' }), { nil: null });
  const row = fc.array(fc.oneof(value, fc.constant(undefined)), { maxLength: 8 });
  fc.assert(
    fc.property(row, row, fc.nat(2 ** 32 - 1), (old, fresh, oid) => {
      const bytes = Buffer.concat([
        letters('U'),
        int32(oid),
        letters('K'),
        tuple(old),
        letters('N'),
        tuple(fresh),
      ]);
      const message = decodeWal(bytes);
      expect(message.kind).toBe('update');
      if (message.kind !== 'update') return;
      expect(message.oid).toBe(String(oid));
      expect(old.map((_, column) => message.old?.text(column))).toEqual(old.map((text) => text ?? null));
      expect(fresh.map((_, column) => message.row.text(column))).toEqual(fresh.map((text) => text ?? null));
    }),
  );
});

test('a table is described by the names of its columns, in order', () => {
  const column = (name: string): Buffer =>
    Buffer.concat([Buffer.from([1]), letters(`${name}\0`), int32(25), int32(0)]);
  const bytes = Buffer.concat([
    letters('R'),
    int32(7),
    letters('s\0t\0d'),
    int16(2),
    column('a"b'),
    column('ü'),
  ]);
  expect(decodeWal(bytes)).toEqual({ kind: 'relation', oid: '7', columns: ['a"b', 'ü'] });
});

test('what a later version of the protocol adds is passed over', () => {
  expect(decodeWal(letters('Zwhatever'))).toEqual({ kind: 'other' });
});
