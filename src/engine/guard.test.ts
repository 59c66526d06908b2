import { expect, test } from 'vitest';

import { guard } from './guard.ts';

const limits = { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 };
const nothing = { deletes: 0, changes: 0 };

test('deletes stop above the share of the records', () => {
  const records = 400;
  expect(guard(limits, { ...nothing, records }, { deletes: 20, changes: 0 }).stopDeletes).toBe(false);
  expect(guard(limits, { ...nothing, records }, { deletes: 21, changes: 0 }).stopDeletes).toBe(true);
});

test('deletes stop above the absolute limit, however many records there are', () => {
  const records = 1_000_000;
  expect(guard(limits, { ...nothing, records }, { deletes: 50, changes: 0 }).stopDeletes).toBe(false);
  expect(guard(limits, { ...nothing, records }, { deletes: 51, changes: 0 }).stopDeletes).toBe(true);
});

test('what already went in the window counts', () => {
  const window = { deletes: 49, changes: 0, records: 1_000_000 };
  expect(guard(limits, window, { deletes: 1, changes: 0 }).stopDeletes).toBe(false);
  expect(guard(limits, window, { deletes: 2, changes: 0 }).stopDeletes).toBe(true);
});

test('a handful of deletes among a handful of records is no flood', () => {
  expect(guard(limits, { ...nothing, records: 4 }, { deletes: 3, changes: 0 }).stopDeletes).toBe(false);
  expect(guard(limits, { ...nothing, records: 4 }, { deletes: 4, changes: 0 }).stopDeletes).toBe(true);
});

test('a sync may forbid deletes altogether', () => {
  const strict = { ...limits, deletesMax: 0 };
  expect(guard(strict, { ...nothing, records: 100 }, { deletes: 1, changes: 0 }).stopDeletes).toBe(true);
});

test('changes stop above their share, and never below the count that is always allowed', () => {
  expect(guard(limits, { ...nothing, records: 10_000 }, { deletes: 0, changes: 3_000 }).stopChanges).toBe(
    false,
  );
  expect(guard(limits, { ...nothing, records: 10_000 }, { deletes: 0, changes: 3_001 }).stopChanges).toBe(
    true,
  );
  expect(guard(limits, { ...nothing, records: 10 }, { deletes: 0, changes: 1_000 }).stopChanges).toBe(false);
  expect(guard(limits, { ...nothing, records: 10 }, { deletes: 0, changes: 1_001 }).stopChanges).toBe(true);
});

test('a kind of write that nobody asks for is not stopped, and one does not stop the other', () => {
  const full = { deletes: 500, changes: 500_000, records: 10 };
  expect(guard(limits, full, nothing)).toEqual({ stopDeletes: false, stopChanges: false });
  expect(guard(limits, full, { deletes: 1, changes: 0 })).toEqual({ stopDeletes: true, stopChanges: false });
});
