import { expect, test } from 'vitest';

import type { TrytonRecord } from './collection.ts';
import { Covered } from './covered.ts';

function record(id: number, stamps: Readonly<Record<string, string>>): TrytonRecord {
  return {
    id,
    record: { id: String(id), version: 'v', fields: new Map() },
    row: `party.party,${String(id)}`,
    timestamps: new Map(Object.entries(stamps)),
    parts: new Map(),
    lastWriterId: null,
  };
}

test('a row is covered by a record that was read with this state of it, or a later one, and by no other', () => {
  const covered = new Covered();
  covered.add([record(1, { 'party.address,7': '10.000005' })]);
  const row = { id: 7, ownerId: 1 };
  expect(covered.includes('party.address', { ...row, at: 10_000_005 })).toBe(true);
  expect(covered.includes('party.address', { ...row, at: 10_000_004 })).toBe(true);
  expect(covered.includes('party.address', { ...row, at: 10_000_006 })).toBe(false);
  expect(covered.includes('party.identifier', { ...row, at: 10_000_005 })).toBe(false);
  expect(covered.includes('party.address', { id: 7, ownerId: 2, at: 10_000_005 })).toBe(false);
});

test('a time of whole seconds proves nothing', () => {
  const covered = new Covered();
  covered.add([record(1, { 'party.address,7': '10' })]);
  expect(covered.includes('party.address', { id: 7, ownerId: 1, at: 10_000_000 })).toBe(false);
});

test('only the latest 5,000 records are remembered', () => {
  const covered = new Covered();
  for (let id = 1; id <= 5_001; id += 1) covered.add([record(id, { [`party.party,${String(id)}`]: '1.5' })]);
  expect(covered.includes('party.party', { id: 1, ownerId: 1, at: 1_500_000 })).toBe(false);
  expect(covered.includes('party.party', { id: 2, ownerId: 2, at: 1_500_000 })).toBe(true);
});
