import fc from 'fast-check';
import { expect, test } from 'vitest';

import { MemorySystem, type Fields } from '../../test/support/memory-system.ts';
import { simpleDefinition } from '../../test/support/sync.ts';
import type { Failure } from '../connector/failure.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { compileSync } from '../engine/model.ts';
import type { NativeValue } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import { elementText, isolateInSync, isolateInSystem } from './culprits.ts';
import { dryRun } from './dry-run.ts';
import { isolate } from './isolate.ts';

const MAPPINGS = 60;
const NAMES = Array.from({ length: MAPPINGS }, (_, index) => `f${String(index)}`);

/** Two sides with 60 mappings, of which those in `dates` are dates in the American order. */
function wide(dates: readonly string[]): SyncDefinition {
  const base = simpleDefinition(['crm', 'erp'], { match: [['f0']] });
  const template = must(base.fields[0], 'the simple sync has fields');
  const fields = NAMES.map((name) => ({ ...template, name }));
  const mappings = NAMES.map((name) => ({
    field: name,
    native: `n_${name}`,
    direction: 'both' as const,
    transforms: dates.includes(name) ? [{ kind: 'dateFormat' as const, format: 'MM/DD/YYYY' }] : [],
  }));
  return { ...base, fields, sides: base.sides.map((side) => ({ ...side, fields: mappings })) };
}

function record(change: Readonly<Record<string, NativeValue>> = {}): ReadonlyMap<string, NativeValue> {
  return new Map<string, NativeValue>(
    Object.entries({ ...Object.fromEntries(NAMES.map((name) => [`n_${name}`, 'x'])), ...change }),
  );
}

test('the smallest failing set is found, whichever elements make it, and none of it could be left out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.nat(79), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 80 }),
      async (planted, extra) => {
        const count = Math.max(extra, Math.max(...planted) + 1);
        const elements = Array.from({ length: count }, (_, index) => index);
        const found = await isolate(
          elements,
          (chosen) => planted.every((one) => chosen.includes(one)),
          10_000,
        );
        expect(found?.isMinimal).toBe(true);
        expect(found?.culprits).toEqual(planted.toSorted((left, right) => left - right));
      },
    ),
  );
});

test('what does not fail, or fails with nothing in place, has no culprit', async () => {
  expect(await isolate([1, 2, 3], () => false, 100)).toBeNull();
  expect(await isolate([1, 2, 3], () => true, 100)).toMatchObject({ culprits: [] });
});

test('it ends when its tries are used up, and says so', async () => {
  const found = await isolate(NAMES, (chosen) => chosen.includes('f7') && chosen.includes('f41'), 6);
  expect(found).toMatchObject({ isMinimal: false });
  expect(found?.steps).toBeLessThanOrEqual(6);
  expect(found?.culprits).toEqual(expect.arrayContaining(['f7', 'f41']));
});

test('one bad mapping among sixty is found, wherever it is, within twenty steps', async () => {
  for (const name of NAMES) {
    const definition = wide([name]);
    const good = record({ [`n_${name}`]: '31/12/2026' });
    const found = await isolateInSync(definition, 'crm', good);
    expect(found).toMatchObject({
      code: 'mapping.not_date',
      isMinimal: true,
      culprits: [{ kind: 'mapping', side: 'crm', field: name, native: `n_${name}` }],
    });
    expect(found?.steps).toBeLessThanOrEqual(20);
  }
});

test('a record that goes well has no culprit', async () => {
  const definition = wide(['f9']);
  expect(await isolateInSync(definition, 'crm', record({ n_f9: '12/31/2026' }))).toBeNull();
});

test('a condition and a filter that leave the record out are named', async () => {
  const base = wide([]);
  const conditions = NAMES.slice(0, 20).map((name, index) => ({
    native: `n_${name}`,
    in: [index === 13 ? 'active' : 'x'],
    negated: false,
  }));
  const withWhere = {
    ...base,
    sides: base.sides.map((side) => (side.name === 'crm' ? { ...side, where: conditions } : side)),
  };
  const found = await isolateInSync(withWhere, 'crm', record());
  expect(found?.culprits.map(elementText)).toEqual(['the condition "n_f13 is one of active" at crm']);
  const withFilter = {
    ...base,
    sides: base.sides.map((side) => (side.name === 'crm' ? { ...side, filter: 'n_f5 == "vip"' } : side)),
  };
  expect((await isolateInSync(withFilter, 'crm', record()))?.culprits.map(elementText)).toEqual([
    'the filter "n_f5 == "vip"" at crm',
  ]);
});

test('the value that a system refuses is found by trying, without the fields it merely needs, and nothing is left behind', async () => {
  for (const bad of ['f3', 'f30', 'f59']) {
    const refuse = (fields: Fields): Failure | null => {
      if (Object.keys(fields).length === 0) return null;
      if (fields['n_f0'] === undefined)
        return { kind: 'invalid', code: 'memory.required', message: 'f0 is required' };
      if (fields[`n_${bad}`] === undefined) return null;
      return { kind: 'invalid', code: 'memory.validation', message: 'the trigger refuses' };
    };
    const system = new MemorySystem({ refuse });
    let keys = 0;
    const found = await isolateInSystem(wide([]), 'crm', record(), 'erp', system, () => String((keys += 1)));
    expect(found).toMatchObject({
      code: 'memory.validation',
      culprits: [{ kind: 'value', native: `n_${bad}` }],
    });
    expect(system.size).toBe(0);
  }
});

test('a dry run tells every step, and where the record would stop', () => {
  const model = compileSync(wide([]));
  const steps = dryRun(model, 'crm', record(), null);
  expect(steps.map(({ what, side }) => `${what} ${side}`)).toEqual(['read crm', 'match crm', 'write erp']);
  expect(steps.every(({ code }) => code === undefined)).toBe(true);
  const nameless = dryRun(model, 'crm', record({ n_f0: null }), null);
  expect(nameless).toContainEqual(expect.objectContaining({ what: 'match', code: 'hold.ambiguousMatch' }));
});
