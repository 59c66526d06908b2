import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { dirtyPairs } from '../../test/matching/dirty-data.ts';
import { deepFreeze, inStep, modelOf, ranked } from '../../test/support/engine.ts';
import { BOUNDS, firstMatch, type Candidate, type Suggestion } from './first-match.ts';
import { joinBundles, joinRefusal, partBundles, type Joined } from './join.ts';
import {
  explainLikeness,
  jaroWinkler,
  likenessOf,
  nameWords,
  prepare,
  slipLikeness,
  type Likeness,
} from './likeness.ts';
import { mergeObservation } from './merge.ts';
import type { FieldDefinition, SyncModel } from './model.ts';
import { bodyOf } from './plan.ts';
import { linkAt, type Bundle } from './state.ts';
import type { FieldType, Values } from './value.ts';

function field(name: string, type: FieldType = { kind: 'text' }): FieldDefinition {
  return {
    name,
    type,
    required: false,
    ignoreCase: false,
    policy: { owners: [], resolve: [{ kind: 'hold' }] },
  };
}

const FIELDS = [
  field('name'),
  field('email', { kind: 'email' }),
  field('phone', { kind: 'phone' }),
  field('city'),
];

function alike(left: Values, right: Values): Likeness | null {
  return likenessOf(FIELDS, prepare(FIELDS, left), prepare(FIELDS, right));
}

describe('likeness', () => {
  test.each([
    ['MARTHA', 'MARHTA', 0.961],
    ['DIXON', 'DICKSONX', 0.813],
    ['DWAYNE', 'DUANE', 0.84],
    ['a', 'b', 0],
  ])('of %s and %s is %d, as published', (left, right, expected) => {
    expect(jaroWinkler(left, right)).toBeCloseTo(expected, 3);
  });

  test('is one for equal texts, nothing both ways or neither, and never beyond', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (left, right) => {
        const score = jaroWinkler(left, right);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(score > 0).toBe(jaroWinkler(right, left) > 0);
        expect(jaroWinkler(left, left)).toBe(1);
      }),
    );
  });

  test.each([
    ['carla garcia', 'crla garcia', 1 - 1 / 12],
    ['ann lee', 'anna lee', 1 - 1 / 8],
    ['ann lee', 'ann lea', 1 - 1 / 7],
    ['ann lee', 'nan lee', 1 - 1 / 7],
    ['ann', 'ann', 1 - 1 / 3],
    ['aab', 'baa', 0],
    ['ann lee', 'ann elle', 0],
    ['ann lee', 'bob lee', 0],
    ['', 'a', 0],
  ])('of %s and %s, which may be a slip of the keyboard, is %d', (left, right, expected) => {
    expect(slipLikeness(left, right)).toBeCloseTo(expected, 9);
    expect(slipLikeness(right, left)).toBeCloseTo(expected, 9);
  });

  test('of names knows neither the order of words nor forms of companies nor accents', () => {
    expect(nameWords('Müller & Söhne GmbH')).toEqual(['muller', 'sohne']);
    const same = { email: 'info@mueller.example' };
    const likeness = alike({ ...same, name: 'Ann Lee' }, { ...same, name: 'LEE, Ann' });
    expect(likeness?.fields.map(({ likeness: one }) => one)).toEqual([1, 1]);
  });

  test('says why, and quotes nothing', () => {
    const likeness = alike(
      { name: 'Jon Smith', phone: '+49301234567', city: 'Rome' },
      { name: 'John Smith', phone: '+49301234567', city: 'Oslo' },
    );
    expect(likeness === null ? '' : explainLikeness(likeness)).toMatch(
      /^\d+ of 100: same phone; nearly the same name; different city$/,
    );
  });

  test('is nothing where there is nothing to compare', () => {
    expect(alike({ name: 'Ann' }, { email: 'ann@x.example' })).toBeNull();
  });
});

function thing(identityId: string, side: string, values: Values): Candidate {
  return { identityId, sides: [side], values };
}

describe('a first match', () => {
  test('tells what may be one from what one side holds twice, and counts what is alike to several', () => {
    const ann = { name: 'Ann Lee', phone: '+4930111222' };
    const found = firstMatch(FIELDS, [
      thing('1', 'crm', ann),
      thing('2', 'erp', { ...ann, name: 'Anne Lee' }),
      thing('3', 'erp', ann),
      thing('4', 'erp', { name: 'Bob Ray', phone: '+4930999' }),
    ]);
    const pairs = found.suggestions.map(({ left, right, kind }) => [left, right, kind]);
    expect(pairs).toContainEqual(['1', '3', 'match']);
    expect(pairs).toContainEqual(['1', '2', 'match']);
    expect(pairs).toContainEqual(['2', '3', 'inner']);
    expect(found.ambiguous).toBe(1);
  });

  test('leaves apart what differs in a field that tells things apart, where both have it', () => {
    const ann = { name: 'Ann Lee', phone: '+4930111222' };
    const candidates = [
      thing('1', 'crm', { ...ann, account: 'a' }),
      thing('2', 'erp', { ...ann, account: 'b' }),
      thing('3', 'erp', ann),
    ];
    const pairsOf = (apartBy: readonly string[]): readonly string[] =>
      firstMatch(FIELDS, candidates, { ...BOUNDS, apartBy })
        .suggestions.map(({ left, right }) => left + right)
        .toSorted();
    expect(pairsOf([])).toEqual(['12', '13', '23']);
    expect(pairsOf(['account'])).toEqual(['13', '23']);
  });

  test('does not look into what everybody shares', () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      thing(String(index), 'crm', { name: 'Info', email: `info@firm${String(index)}.example` }),
    );
    const found = firstMatch(FIELDS, many);
    expect(found.blocksSkipped).toBeGreaterThan(0);
    expect(found.compared).toBe(0);
  });

  test('of dirty data finds more than eight in ten, and hardly one wrong among those that score high', () => {
    const { candidates, truth } = dirtyPairs(3_000, 42);
    const { suggestions } = firstMatch(FIELDS, candidates);
    const matches = suggestions.filter(({ kind }) => kind === 'match');
    const isRight = ({ left, right }: Suggestion): boolean => truth.has(`${left} ${right}`);
    expect(matches.filter(isRight).length / truth.size).toBeGreaterThan(0.8);
    expect(matches.filter(isRight).length / matches.length).toBeGreaterThan(0.85);
    const high = matches.filter(({ likeness: { score } }) => score >= 0.82);
    expect(high.filter(isRight).length / high.length).toBeGreaterThan(0.99);
  });
});

const MODEL: SyncModel = modelOf({ fields: { name: { policy: ranked('crm', 'erp') }, city: {}, phone: {} } });

function oneSided(id: string, side: string, values: Values): Bundle {
  const whole = inStep(MODEL, values);
  const links = whole.links.filter((link) => link.side === side);
  return deepFreeze({ ...whole, identity: { ...whole.identity, id }, links });
}

describe('two things that a person makes one', () => {
  const crm = oneSided('a', 'crm', { name: 'Ann Lee', city: 'Rome' });
  const erp = oneSided('b', 'erp', { name: 'Anne Lee', city: 'Rome', phone: '1' });
  const joined = (): Joined => joinBundles(MODEL, crm, erp, 500);

  test('share their records; where they differ the policy decides, and what it overrules is kept', () => {
    const { kept, gone } = joined();
    expect(kept.bundle.identity.golden).toEqual({ name: 'Ann Lee', city: 'Rome', phone: '1' });
    expect(kept.decisions).toMatchObject([
      { field: 'name', rule: 'priority', loser: { side: 'erp', value: 'Anne Lee' } },
    ]);
    expect(kept.bundle.links.map(({ side }) => side)).toEqual(['crm', 'erp']);
    expect(gone.links).toEqual([]);
    const [toCrm, toErp] = MODEL.sides.map((side) => bodyOf(side, kept.bundle, 'update'));
    expect([toCrm, toErp]).toEqual([{ phone: '1' }, { name: 'Ann Lee' }]);
  });

  test('are held where no policy decides', () => {
    const other = oneSided('b', 'erp', { name: 'Ann Lee', city: 'Oslo' });
    expect(joinBundles(MODEL, crm, other, 500).kept.holds).toMatchObject([
      { field: 'city', reason: 'conflict' },
    ]);
  });

  test('are as before when it is taken back, and what was written over is owed again', () => {
    const { kept, gone, memory } = joined();
    const overwritten = mergeObservation(MODEL, kept.bundle, {
      side: 'erp',
      recordId: linkAt(erp, 'erp')?.recordId ?? '',
      version: 'v2',
      values: { name: 'Ann Lee', city: 'Rome', phone: '1' },
      readBeganMs: 600,
      readEndedMs: 600,
    }).bundle;
    const parted = partBundles(MODEL, overwritten, gone, memory, 700);
    expect(parted.kept.identity.golden).toEqual(crm.identity.golden);
    expect(parted.gone.identity.golden).toEqual(erp.identity.golden);
    expect(parted.gone.identity.tombstone).toBeNull();
    expect([parted.kept.links, parted.gone.links].map((links) => links.map(({ side }) => side))).toEqual([
      ['crm'],
      ['erp'],
    ]);
    const [, toErp] = MODEL.sides;
    expect(toErp === undefined ? null : bodyOf(toErp, parted.gone, 'update')).toEqual({ name: 'Anne Lee' });
  });

  test('keep apart what was edited since: it stays with the one whose record was edited', () => {
    const { kept, gone, memory } = joined();
    const edited = mergeObservation(MODEL, kept.bundle, {
      side: 'erp',
      recordId: linkAt(erp, 'erp')?.recordId ?? '',
      version: 'v2',
      values: { city: 'Oslo' },
      readBeganMs: 600,
      readEndedMs: 600,
    }).bundle;
    const parted = partBundles(MODEL, edited, gone, memory, 700);
    expect([parted.kept.identity.golden['city'], parted.gone.identity.golden['city']]).toEqual([
      'Rome',
      'Oslo',
    ]);
  });

  test('are refused while both have a record at one side or a write is not answered', () => {
    expect(joinRefusal(crm, oneSided('c', 'crm', { name: 'Ann' }))).toMatch(/both have a record at crm/);
    const open = { side: 'crm', kind: 'update', state: 'sent', body: {}, seq: 1 } as const;
    expect(joinRefusal(crm, { ...erp, writes: [open] })).toMatch(/has not been answered yet/);
    expect(joinRefusal(crm, erp)).toBeNull();
  });
});
