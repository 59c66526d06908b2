import fc from 'fast-check';
import { expect, test } from 'vitest';

import { must } from '../assert.ts';
import type { Json } from '../json.ts';
import { compileExpression } from './expression.ts';

type Given = Readonly<Record<string, Json>>;

/** The value, or the reason after a `!`; a text that is refused gives `!!`, its offset and the message. */
function valueOf(text: string, given: Given = {}): unknown {
  const compiled = compileExpression(text);
  if (compiled.kind === 'bad') return `!!${String(compiled.offset)} ${compiled.message}`;
  const result = compiled.evaluate((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
  return result.kind === 'value' ? result.value : `!${result.reason}`;
}

test.each<[string, unknown]>([
  // The order of the list is that of the language's own conformance tests.
  ['1 + 2 * 3', 7],
  ['7 / 2', 3],
  ['-7 % 3', -1],
  ['1 / 0', '!it divides by zero'],
  ['9223372036854775807 + 1', '!a number grows too large'],
  ['9007199254740993', '9007199254740993'],
  ['18446744073709551615u', '18446744073709551615'],
  ['1 == 1.0', true],
  ['1u < 1.5', true],
  ['0.1 + 0.2 == 0.3', false],
  ['"a" + "b"', 'ab'],
  ['"é" == "é"', true],
  ['size("😀")', 1],
  ['"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c")', true],
  ['"abc".matches("^a.c$")', true],
  ['"Abc".lowerAscii() + "x".upperAscii() + " y ".trim()', 'abcXy'],
  ['"a,b".split(",")', ['a', 'b']],
  ['["a", "b"].join("-")', 'a-b'],
  ['"a.b.c".replace(".", "")', 'abc'],
  ['"hello".substring(1, 3)', 'el'],
  // An error on one side of `||` or `&&` counts only when the other side does not decide.
  ['1 / 0 > 0 || true', true],
  ['false && 1 / 0 > 0', false],
  ['true ? 1 : 1 / 0', 1],
  ['[1, 2, 3].map(x, x * 2)', [2, 4, 6]],
  ['[1, 2, 3].filter(x, x > 1).size()', 2],
  ['[1, 2].exists(x, x == 2) && [1, 2].all(x, x > 0) && [1, 2].exists_one(x, x == 1)', true],
  ['{"a": 1, "b": [2]}', { a: 1, b: [2] }],
  ['{"a": 1}.a', 1],
  ['{"a": 1, "a": 2}', '!it cannot be evaluated on this record'],
  ['{"a": 1}.b', '!it asks for a part that is not there: ask with has() first'],
  ['has({"a": 1}.b)', false],
  ['"b" in {"a": 1}', false],
  ['timestamp("2026-03-29T01:30:00Z").getHours("Europe/Berlin")', 3],
  ['string(timestamp("2026-01-31T00:00:00Z") + duration("24h"))', '2026-02-01T00:00:00Z'],
  ['timestamp("2026-01-31T00:00:00Z")', expect.stringMatching(/^!the result is a moment/)],
  ['timestamp("31.01.2026")', '!a text cannot be converted to what it should be'],
  ['double("ten")', '!a text cannot be converted to what it should be'],
  ['null', null],
  ['type(1) == int', true],
])('%s is %j', (text, value) => {
  expect(valueOf(text)).toEqual(value);
});

const RECORD: Given = {
  Status: 'Active',
  Amount: 150.5,
  'First Name': 'Ann',
  address: { city: 'Köln', zip: null },
  tags: ['a', 'vip'],
};

test.each<[string, unknown]>([
  ['Status == "Active" && Amount > 100', true],
  ['record["First Name"] + " " + Status', 'Ann Active'],
  ['record.Status', 'Active'],
  ['Missing == null', true],
  ['address.city', 'Köln'],
  ['has(address.street) ? address.street : "none"', 'none'],
  ['tags.exists(t, t == "vip")', true],
  ['tags.exists(Status, Status == "vip") ? Status : ""', 'Active'],
  ['tags', ['a', 'vip']],
  // Nothing of JavaScript is there to be reached.
  ['address.constructor', '!it asks for a part that is not there: ask with has() first'],
  ['address.__proto__', '!it asks for a part that is not there: ask with has() first'],
  ['record["__proto__"]', null],
  ['constructor', null],
  ['__proto__ == null', true],
  ['Status + 1', expect.stringMatching(/^!`\+` does not go with \(string, int\): /)],
])('on a record, %s is %j', (text, value) => {
  expect(valueOf(text, RECORD)).toEqual(value);
});

test.each<[string, string]>([
  ['a ++ b', '!!2 the expression cannot go on with `+` here'],
  ['"a" + "b', '!!4 the expression cannot go on with `+` here'],
  ['"b', '!!0 the expression cannot go on with a quote here'],
  ['', '!!0 the expression ends too early'],
  ['"😀" + eval("1")', '!!8 there is no function `eval`'],
  ['Status.constructor("x")', '!!6 there is no function `constructor`'],
  ['fetch()', '!!0 there is no function `fetch`'],
  ['record', '!!0 `record` is read field by field, and the field is not named here'],
  ['"x" + record[Status]', '!!6 `record` is read field by field, and the field is not named here'],
  ['x'.repeat(2_001), '!!2000 the expression has 2001 characters, at most 2000 are taken'],
  [`${'('.repeat(25)}1${')'.repeat(25)}`, '!!0 more than 24 brackets stand in each other'],
  [
    Array.from({ length: 130 }, () => '1').join('+'),
    '!!0 the expression has 259 parts, at most 250 are taken',
  ],
  [
    'l.map(a, a).map(b, b).map(c, c).map(d, d)',
    '!!0 the expression goes through lists 4 times, at most 3 are taken',
  ],
])('%s is refused where it is wrong', (text, refusal) => {
  expect(valueOf(text)).toMatch(refusal);
});

test('an expression says which fields it reads, and not the names it makes itself', () => {
  const compiled = compileExpression(
    'a.b + record["First Name"] + l.map(x, x + y).join(z) + string(type(1) == int)',
  );
  expect(compiled.kind === 'expression' ? compiled.names : []).toEqual(['a', 'l', 'y', 'z', 'First Name']);
});

test('a pattern that would run for ever in a backtracking engine is matched in linear time', () => {
  const given = { text: `${'a'.repeat(5_000)}!` };
  expect(valueOf('text.matches("^(a+)+$")', given)).toBe(false);
});

test.each<[string, Given]>([
  ['l.map(a, l.map(b, a == b))', { l: Array.from({ length: 2_000 }, () => 'x') }],
  ['l.map(a, a + a + a + a).map(b, b + b + b + b).map(c, c + c + c + c)', { l: ['x'.repeat(60_000)] }],
  ['text.replace("a", text)', { text: 'a'.repeat(10_000) }],
  ['text.split("").all(a, text.split("").all(b, a == b))', { text: 'a'.repeat(2_000) }],
])('%s is not begun on a record that makes it too dear', (text, given) => {
  expect(valueOf(text, given)).toMatch(/^!(it could take more than 1000000 steps|its texts could grow)/);
});

test('a reason never quotes what a record holds', () => {
  const compiled = compileExpression('int(secret) + m[secret]');
  const run = must(compiled.kind === 'expression' ? compiled : null, 'it compiles');
  const result = run.evaluate((name) => (name === 'secret' ? 'hunter2' : { a: 1 }));
  expect(JSON.stringify(result)).not.toContain('hunter2');
});

const leaf = fc.constantFrom(
  'a',
  'l',
  'm',
  '1',
  '2u',
  '0.5',
  '"x"',
  "'\\u00e9'",
  'null',
  'true',
  '[]',
  '{}',
  'record["A b"]',
  'b"x"',
);
const { expression: anyExpression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '%', '==', '<', '&&', '||', 'in'),
        tie('expression'),
      )
      .map((parts) => `(${parts.join(' ')})`),
    fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `[${one}, ${other}]`),
    fc.tuple(tie('expression'), tie('expression')).map(([one, other]) => `{${one}: ${other}}`),
    fc
      .tuple(tie('expression'), tie('expression'), tie('expression'))
      .map(([one, other, third]) => `(${one} ? ${other} : ${third})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('exists', 'all', 'map', 'filter', 'exists_one'),
        tie('expression'),
      )
      .map(([list, loop, body]) => `${list}.${loop}(a, ${body})`),
    fc
      .tuple(
        fc.constantFrom(
          'size',
          'int',
          'string',
          'double',
          'type',
          'timestamp',
          'duration',
          'bytes',
          'dyn',
          'bool',
          'uint',
        ),
        tie('expression'),
      )
      .map(([name, of]) => `${name}(${of})`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('matches', 'contains', 'split', 'replace', 'join', 'getHours'),
        tie('expression'),
      )
      .map(([of, name, by]) => `${of}.${name}(${by})`),
    fc.tuple(tie('expression'), tie('expression')).map(([of, by]) => `${of}[${by}]`),
    tie('expression').map((of) => `has(${of}.x)`),
  ),
}));
const anyJson = fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }).map((value) => value as Json);

test('whatever is written and whatever it is given, there is a value or a reason, and never an exception', () => {
  let values = 0;
  fc.assert(
    fc.property(fc.oneof(anyExpression, fc.string({ unit: 'binary' })), anyJson, (text, given) => {
      const compiled = compileExpression(text);
      if (compiled.kind === 'bad') return compiled.offset <= text.length;
      const result = compiled.evaluate(() => given);
      if (result.kind === 'failed') return result.reason !== '';
      values += 1;
      return JSON.stringify(result.value) !== undefined;
    }),
    { numRuns: 5_000, seed: 1 },
  );
  expect(values).toBeGreaterThan(200);
});
