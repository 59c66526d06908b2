import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { WriteRequest } from '../../connector/contract.ts';
import { batchesOf } from './batches.ts';

const request: fc.Arbitrary<WriteRequest> = fc
  .record({
    kind: fc.constantFrom('create', 'update', 'delete'),
    id: fc.constantFrom('1', '2', '3', '4'),
    names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
  })
  .map(({ kind, id, names }) => ({
    key: 'k',
    kind,
    recordId: kind === 'create' ? null : id,
    ifVersion: null,
    fields: new Map(names.map((name) => [name, 1])),
  }));
const requests = fc.array(request, { maxLength: 40 });

test('every request is in exactly one batch, and no batch is larger than allowed', () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 5 }), (list, recordsMax) => {
      const batches = batchesOf(list, recordsMax);
      const places = batches.flatMap(({ entries }) => entries.map(({ index }) => index));
      expect(places.toSorted((left, right) => left - right)).toEqual(list.map((_, index) => index));
      expect(batches.every(({ entries }) => entries.length > 0 && entries.length <= recordsMax)).toBe(true);
    }),
  );
});

test('writes to one record keep their order, and never share a batch', () => {
  fc.assert(
    fc.property(requests, (list) => {
      const batches = batchesOf(list, 1_000);
      for (const id of ['1', '2', '3', '4']) {
        const met = batches.flatMap(({ entries }) =>
          entries.filter((entry) => entry.request.recordId === id),
        );
        expect(met.map(({ index }) => index)).toEqual(
          met.map(({ index }) => index).toSorted((a, b) => a - b),
        );
        const counts = batches.map(
          ({ entries }) => entries.filter((entry) => entry.request.recordId === id).length,
        );
        expect(Math.max(0, ...counts)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('a batch is of one kind, sets one list of columns, and creates keep their order', () => {
  fc.assert(
    fc.property(requests, (list) => {
      for (const { kind, columns, entries } of batchesOf(list, 1_000)) {
        for (const entry of entries) {
          expect(entry.request.kind).toBe(kind);
          expect([...entry.request.fields.keys()].toSorted()).toEqual(columns);
        }
        if (kind !== 'create') continue;
        expect(entries.map(({ index }) => index)).toEqual(
          entries.map(({ index }) => index).toSorted((a, b) => a - b),
        );
      }
    }),
  );
});

test('records met once each make one batch per kind and list of columns', () => {
  const list = Array.from({ length: 1_000 }, (_, index): WriteRequest => ({
    key: String(index),
    kind: 'update',
    recordId: String(index),
    ifVersion: null,
    fields: new Map([[index % 2 === 0 ? 'a' : 'b', 1]]),
  }));
  expect(batchesOf(list, 1_000).map(({ entries }) => entries.length)).toEqual([500, 500]);
});
