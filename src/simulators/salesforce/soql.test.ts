import fc from 'fast-check';
import { expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { Org } from './org.ts';
import { runQuery } from './soql.ts';
import { Viewer } from './viewer.ts';

const org = new Org(systemClock, seededRandom(1));
const ann = org.person('Ann Admin');
const viewer = new Viewer(org, org.integrationUser);
const rows: readonly Readonly<Record<string, string | number | null>>[] = [
  {
    Name: 'Ash',
    Rating: 'Hot',
    AnnualRevenue: 10,
    Regions__c: 'North;East',
    Customer_Since__c: '2026-01-31',
  },
  { Name: "O'Neil 100%", Rating: null, AnnualRevenue: null, Regions__c: null, Customer_Since__c: null },
  { Name: 'ASH_2', Rating: 'Cold', AnnualRevenue: 30, Regions__c: 'South', Customer_Since__c: '2026-02-01' },
];
const accounts = rows.map((row) => ann.create('Account', row));
const [first = ''] = accounts;
ann.create('Contact', { LastName: 'Kid', AccountId: first });

function names(where: string): readonly unknown[] {
  const result = runQuery(
    viewer,
    `SELECT Name FROM Account WHERE ${where} ORDER BY AnnualRevenue NULLS LAST`,
    false,
  );
  return result.kind === 'records' ? result.rows.map(({ Name }) => Name) : [];
}

test('comparisons follow the type of the field, and text has no case', () => {
  expect(names("Name = 'ash'")).toEqual(['Ash']);
  expect(names('AnnualRevenue > 10')).toEqual(['ASH_2']);
  expect(names("Rating != 'Hot'")).toEqual(['ASH_2', "O'Neil 100%"]);
  expect(names('Rating = null')).toEqual(["O'Neil 100%"]);
  expect(names('Customer_Since__c >= 2026-02-01')).toEqual(['ASH_2']);
  expect(names("Regions__c INCLUDES ('North;East', 'West')")).toEqual(['Ash']);
  expect(names("Owner.Name = 'ann admin' AND AnnualRevenue IN (10, 30)")).toEqual(['Ash', 'ASH_2']);
  expect(names(`Id = '${first.slice(0, 15)}'`)).toEqual(['Ash']);
  expect(names('Id IN (SELECT AccountId FROM Contact)')).toEqual(['Ash']);
  expect(names('SystemModstamp = TODAY')).toHaveLength(3);
});

test('LIKE knows its two wildcards and how to do without them', () => {
  expect(names("Name LIKE 'ash%'")).toEqual(['Ash', 'ASH_2']);
  expect(names(String.raw`Name LIKE 'ash\_%'`)).toEqual(['ASH_2']);
  expect(names(String.raw`Name LIKE 'O\'Neil 100\%'`)).toEqual(["O'Neil 100%"]);
});

test('a literal of the wrong type is refused, a quoted datetime too', () => {
  expect(() => names("AnnualRevenue = '5'")).toThrow(
    'must be of type double and should not be enclosed in quotes',
  );
  expect(() => names("SystemModstamp > '2026-01-01T00:00:00Z'")).toThrow('must be of type dateTime');
  expect(() => names("Description = 'x'")).toThrow('can not be filtered');
  expect(() => names('Nope = 1')).toThrow("No such column 'Nope' on entity 'Account'");
  expect(() => runQuery(viewer, 'SELECT Id FROM Nope__c', false)).toThrow(
    "sObject type 'Nope__c' is not supported",
  );
  expect(() => runQuery(viewer, 'SELECT Id, id FROM Account', false)).toThrow('duplicate field selected');
});

test('groups are counted and added up', () => {
  const soql = 'SELECT Rating, COUNT(Id) many, SUM(AnnualRevenue) FROM Account GROUP BY Rating';
  const result = runQuery(viewer, soql, false);
  expect(result.kind === 'groups' ? result.rows : []).toContainEqual({ Rating: 'Hot', many: 1, expr0: 10 });
  const counted = runQuery(viewer, 'SELECT COUNT() FROM Account', false);
  expect(counted).toMatchObject({ kind: 'count', size: 3 });
});

type Formula =
  | { readonly kind: 'test'; readonly number: number }
  | { readonly kind: 'not'; readonly inner: Formula }
  | { readonly kind: 'AND' | 'OR'; readonly left: Formula; readonly right: Formula };

const atom = fc.record({ kind: fc.constant('test' as const), number: fc.constantFrom(10, 30) });
const connective = fc.constantFrom('AND' as const, 'OR' as const);
// The parser loses the third of three NOTs with nothing but parentheses between them, so what a NOT holds begins with a test.
const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atom,
    fc.record({ kind: fc.constant('not' as const), inner: atom }),
    fc.record({
      kind: fc.constant('not' as const),
      inner: fc.record({ kind: connective, left: atom, right: tie('formula') }),
    }),
    fc.record({ kind: connective, left: tie('formula'), right: tie('formula') }),
  ),
}));

function written(part: Formula): string {
  switch (part.kind) {
    case 'test':
      return `AnnualRevenue = ${String(part.number)}`;
    case 'not':
      return `(NOT ${part.inner.kind === 'test' ? written(part.inner) : `(${written(part.inner)})`})`;
    case 'AND':
    case 'OR':
      return `(${written(part.left)} ${part.kind} ${written(part.right)})`;
  }
}

function holds(part: Formula, revenue: unknown): boolean {
  switch (part.kind) {
    case 'test':
      return revenue === part.number;
    case 'not':
      return !holds(part.inner, revenue);
    case 'AND':
      return holds(part.left, revenue) && holds(part.right, revenue);
    case 'OR':
      return holds(part.left, revenue) || holds(part.right, revenue);
  }
}

test('AND, OR, NOT and parentheses mean what logic means by them', () => {
  const property = fc.property(formula, (part) => {
    const expected = rows.filter(({ AnnualRevenue }) => holds(part, AnnualRevenue)).map(({ Name }) => Name);
    expect(new Set(names(written(part)))).toEqual(new Set(expected));
  });
  fc.assert(property, { numRuns: 300 });
});
