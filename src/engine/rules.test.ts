import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { inStep, modelOf, relinked, seen } from '../../test/support/engine.ts';
import { compareDecimals } from './decimal.ts';
import { formatPattern, matchesFormat } from './format.ts';
import { mergeObservation, newIdentity, newLink } from './merge.ts';
import { compileSync, type SyncModel } from './model.ts';
import { ruleField } from './person.ts';
import { bodyOf } from './plan.ts';
import { compileRules, violationOf, type ValueRule } from './rules.ts';
import { linkAt, type Bundle, type OnViolation } from './state.ts';
import type { FieldType, Value } from './value.ts';

function saysOf(
  rule: Omit<ValueRule, 'field' | 'onViolation'> & object,
  value: Value,
  type: FieldType,
): string | null {
  const rules = compileRules(
    [{ field: 'x', onViolation: 'hold', ...rule } as ValueRule],
    new Map([['x', type]]),
  );
  return violationOf(rules, 'x', { x: value })?.says ?? null;
}

const TEXT: FieldType = { kind: 'text' };

describe('one rule', () => {
  test.each([
    [{ kind: 'required' }, null, TEXT, 'it must not be empty'],
    [{ kind: 'required' }, 'a', TEXT, null],
    [{ kind: 'allowed', values: ['a', 'b'] }, 'c', TEXT, 'it must be one of a, b'],
    [{ kind: 'allowed', values: ['a', 'b'] }, ['a', 'b'], { kind: 'set' }, null],
    [{ kind: 'allowed', values: ['a', 'b'] }, ['a', 'z'], { kind: 'set' }, 'it must be one of a, b'],
    [{ kind: 'length', max: 2 }, '👩‍🚀', TEXT, 'it must have at most 2 characters'],
    [{ kind: 'length', max: 2 }, 'né', TEXT, null],
    [{ kind: 'format', format: 'C-####' }, 'C-12', TEXT, 'it must look like C-####'],
    [{ kind: 'range', min: '0', max: '100' }, '99.5', { kind: 'decimal' }, null],
    [{ kind: 'range', min: '0', max: '100' }, '1000', { kind: 'decimal' }, 'it must be between 0 and 100'],
    [{ kind: 'range', min: '2020-01-01' }, '2019-12-31', { kind: 'date' }, 'it must be at least 2020-01-01'],
    [{ kind: 'range', max: '9' }, null, { kind: 'decimal' }, null],
  ] as const)('%j of %j', (rule, value, type, says) => {
    expect(saysOf(rule, value as Value, type as FieldType)).toBe(says);
  });

  test('an expression sees numbers as numbers and other fields by their names', () => {
    const types = new Map<string, FieldType>([
      ['price', { kind: 'decimal' }],
      ['currency', TEXT],
    ]);
    const rule: ValueRule = {
      field: 'price',
      onViolation: 'hold',
      kind: 'expression',
      text: 'currency != "EUR" || value >= 10',
      says: 'prices in EUR begin at 10',
      ofRecord: false,
    };
    const rules = compileRules([rule], types);
    expect(violationOf(rules, 'price', { price: '9.99', currency: 'EUR' })?.says).toBe(rule.says);
    expect(violationOf(rules, 'price', { price: '9.99', currency: 'USD' })).toBeNull();
    expect(violationOf(rules, 'price', { price: '100', currency: 'EUR' })).toBeNull();
  });

  test('an expression that fails on a value counts as broken and says so', () => {
    const rule = {
      kind: 'expression',
      text: 'double(value) > 1.0',
      says: 'above one',
      ofRecord: false,
    } as const;
    expect(saysOf(rule, 'abc', TEXT)).toMatch(/^above one \(this could not be told: /);
  });

  test('of several broken rules the strictest decides and all are told', () => {
    const rules = compileRules(
      [
        { field: 'x', onViolation: 'flag', kind: 'length', max: 1 },
        { field: 'x', onViolation: 'hold', kind: 'format', format: '#' },
      ],
      new Map([['x', TEXT]]),
    );
    expect(violationOf(rules, 'x', { x: 'ab' })).toEqual({
      field: 'x',
      onViolation: 'hold',
      says: 'it must have at most 1 characters; it must look like #',
    });
  });
});

test('a format matches what its regular expression matches', () => {
  const sign = fc.constantFrom('#', '@', '?', '*', '-', 'A', '.', '\\#');
  const formats = fc.array(sign, { maxLength: 8 }).map((signs) => signs.join(''));
  const texts = fc.string({ unit: fc.constantFrom('1', 'A', 'é', '-', '.', '#', '💡'), maxLength: 10 });
  fc.assert(
    fc.property(formats, texts, (format, text) => {
      expect(matchesFormat(format, text)).toBe(new RegExp(formatPattern(format), 'su').test(text));
    }),
  );
});

test('decimals compare as the numbers they are, however long', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), (left, right) => {
      expect(compareDecimals(String(left), String(right))).toBe(left < right ? -1 : left > right ? 1 : 0);
    }),
  );
  expect(compareDecimals('0.30000000000000000001', '0.3')).toBe(1);
});

function guarded(onViolation: OnViolation): SyncModel {
  const base = modelOf({ fields: { status: {}, name: {} } });
  const rules: readonly ValueRule[] = [
    { field: 'status', onViolation, kind: 'allowed', values: ['active', 'blocked'] },
  ];
  return {
    ...base,
    rules: compileRules(rules, new Map([...base.fields].map(([name, { type }]) => [name, type]))),
  };
}

function before(model: SyncModel): Bundle {
  return inStep(model, { status: 'active', name: 'Ann' });
}

describe('a value that breaks a rule', () => {
  test('is held with what was seen, and nothing of it is owed elsewhere', () => {
    const model = guarded('hold');
    const outcome = mergeObservation(model, before(model), seen('crm', 200, { status: 'odd', name: 'Anna' }));
    expect(outcome.bundle.identity.golden).toEqual({ status: 'active', name: 'Anna' });
    expect(outcome.holds).toEqual([
      { field: 'status', reason: 'violation', seen: { status: 'odd' }, side: 'crm' },
    ]);
    const [, erp] = model.sides;
    expect(erp === undefined ? null : bodyOf(erp, outcome.bundle, 'update')).toEqual({ name: 'Anna' });
    expect(outcome.violations).toEqual([
      { field: 'status', onViolation: 'hold', says: 'it must be one of active, blocked' },
    ]);
  });

  test('is let go when the side puts it right by itself', () => {
    const model = guarded('hold');
    const held = mergeObservation(model, before(model), seen('crm', 200, { status: 'odd' })).bundle;
    const mended = mergeObservation(model, held, seen('crm', 300, { status: 'blocked' }));
    expect(mended.bundle.holds).toEqual([]);
    expect(mended.bundle.identity.golden['status']).toBe('blocked');
  });

  test('stays held while another side still has one', () => {
    const model = guarded('hold');
    const one = mergeObservation(model, before(model), seen('crm', 200, { status: 'odd' })).bundle;
    const two = mergeObservation(model, one, seen('erp', 210, { status: 'strange' })).bundle;
    const mended = mergeObservation(model, two, seen('crm', 300, { status: 'active' }));
    expect(mended.bundle.holds).toMatchObject([{ field: 'status', reason: 'violation' }]);
  });

  test('stands when a person takes it', () => {
    const model = guarded('hold');
    const held = mergeObservation(model, before(model), seen('crm', 200, { status: 'odd' })).bundle;
    const ruled = ruleField(held, 'status', 'odd', 250).bundle;
    const again = mergeObservation(model, ruled, seen('crm', 300, { status: 'odd' }));
    expect(again.bundle.holds).toEqual([]);
    expect(again.bundle.identity.golden['status']).toBe('odd');
  });

  test('is put right where the dictionary says so, and kept as the loser of a decision', () => {
    const model = guarded('correct');
    const outcome = mergeObservation(model, before(model), seen('crm', 200, { status: 'odd' }));
    expect(outcome.decisions).toEqual([
      {
        field: 'status',
        rule: 'dictionary',
        winner: { side: 'crm', value: 'active' },
        loser: { side: 'crm', value: 'odd' },
      },
    ]);
    const [crm] = model.sides;
    expect(crm === undefined ? null : bodyOf(crm, outcome.bundle, 'update')).toEqual({ status: 'active' });
  });

  test('is held instead where there is nothing to put it right with', () => {
    const model = guarded('correct');
    const empty = {
      identity: newIdentity('i1'),
      links: [newLink('crm', 'crm-record')],
      writes: [],
      holds: [],
    };
    const outcome = mergeObservation(model, empty, seen('crm', 200, { status: 'odd', name: 'Ann' }));
    expect(outcome.bundle.identity.golden).toEqual({ name: 'Ann' });
    expect(outcome.holds).toHaveLength(1);
  });

  test('is taken and told where it is only flagged', () => {
    const model = guarded('flag');
    const outcome = mergeObservation(model, before(model), seen('crm', 200, { status: 'odd' }));
    expect(outcome.bundle.identity.golden['status']).toBe('odd');
    expect(outcome.bundle.holds).toEqual([]);
    expect(outcome.violations).toHaveLength(1);
  });

  test('is no news when it is already accounted for or golden', () => {
    const model = guarded('hold');
    const old = inStep(model, { status: 'odd', name: 'Ann' });
    expect(mergeObservation(model, old, seen('crm', 200, { status: 'odd' })).holds).toEqual([]);
    const behind = relinked(old, 'erp', { accounted: { status: 'active', name: 'Ann' } });
    const outcome = mergeObservation(model, behind, seen('erp', 200, { status: 'odd' }));
    expect(outcome.holds).toEqual([]);
    expect(linkAt(outcome.bundle, 'erp')?.accounted['status']).toBe('odd');
  });
});

test('a definition carries its rules into the model', () => {
  const model = modelOf({ fields: { name: {} } });
  expect(model.rules.size).toBe(0);
  const compiled = compileSync({
    name: 's',
    entity: 'S',
    fields: [],
    sides: [],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 0, deletesShareMax: 0, changesShareMax: 0 },
    rules: [{ field: 'name', onViolation: 'flag', kind: 'required' }],
  });
  expect(compiled.rules.has('name')).toBe(true);
});
