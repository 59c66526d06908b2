import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { complaints, errorsOf, parsed, SYSTEMS, syncText } from '../../test/support/sync-file.ts';
import { compileSync } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { jsonSchema, parseSyncFile, type SyncFile } from './sync-file.ts';

/** Every key of the format at least once. */
const EVERYTHING = `
version: 1
connections:
  crm:
    system: postgres
    url: \${secret:CRM_URL}
  erp: {system: tryton, url: http://erp.example, user: admin, password: "\${secret:ERP_PASSWORD}"}
  list: {system: files, directory: ./data}
syncs:
  customers:
    entity: Customer
    fields:
      name: {type: text, required: true, max_length: 100, ignore_case: true}
      email: {type: email, policy: [latest, {priority: [crm, erp]}, hold]}
      vat: {type: text, owner: erp}
      credit: {type: decimal, scale: 2, owner: [{side: erp, when: {field: status, is: active}}, {side: crm}]}
      tags: {type: set, options: [red, blue], policy: set}
      status: {type: choice, options: [active, blocked], policy: fill}
      since: {type: instant, precision: s}
      born: date
      code: text
      vip: boolean
      count: integer
      note: text
    match: [[email], [name, born]]
    sides:
      crm:
        connection: crm
        collection: public.customer
        fields:
          name: full_name
          email: {field: e_mail, direction: in}
          status: {field: state, values: {A: active, B: blocked}}
          credit: {field: credit_cents, minor_units: 2}
          since: {field: since_ts, unix: s}
          born: {field: birthday, date_format: DD.MM.YYYY}
          tags: {field: labels, separator: ";"}
          code: {field: code, prefix: "C-", when_missing: C-none}
          vip: {field: vip_flag, values: {Y: true, N: false}}
          count: {field: kind, direction: in, values: {1: 10, "2": 20, 007: 30}, otherwise: 0}
          vat: {field: vat, direction: out}
          note: note
        creates: false
        deletes: true
        where: [{field: kind, is: customer}, {field: region, in: [EU, null, 01]}, {field: archived, is_not: true}, {field: x, not_in: [""]}]
      erp:
        connection: erp
        collection: party.party
        fields: {name: name, email: email, vat: vat, credit: credit, born: born, note: {field: note, case: upper, direction: out}}
    defaults: {policy: [latest, hold]}
    deletes: {mode: propagate, from: [erp], against_edit: edit_wins}
    guard: {deletes_max: 5, deletes_share_max: 0.5, changes_share_max: 1}
    reconcile: {every: week, at: "23:05", on: friday, budget: {share: 0.25, records: 20000}, beyond_budget: spread, sample: 500}
`;

function everything(): SyncFile {
  const result = parseSyncFile(EVERYTHING, 'trueup.yaml', SYSTEMS);
  if (result.kind === 'errors') throw new Error(JSON.stringify(result.errors));
  return result.file;
}

test('a file with every key becomes a definition that the engine compiles', () => {
  const [definition] = everything().syncs;
  expect(definition).toMatchObject({
    name: 'customers',
    entity: 'Customer',
    match: [['email'], ['name', 'born']],
    deletes: { mode: 'propagate', from: ['erp'], againstEdit: 'editWins' },
    guard: { deletesMax: 5, deletesShareMax: 0.5, changesShareMax: 1 },
    reconcile: {
      everyHours: 168,
      atMinute: 23 * 60 + 5,
      weekday: 5,
      shareMax: 0.25,
      recordsMax: 20_000,
      beyond: 'spread',
      sampleRecords: 500,
    },
  });
  expect(
    compileSync(must(definition, 'the file has a sync')).sides.map((side) => side.lenses.length),
  ).toEqual([12, 6]);
});

test('fields carry their type, their owners and their policy, written out', () => {
  const fields = new Map(everything().syncs[0]?.fields.map((field) => [field.name, field]));
  const latest = [{ kind: 'latest' }, { kind: 'hold' }];
  expect(fields.get('name')).toEqual({
    name: 'name',
    type: { kind: 'text', lengthMax: 100 },
    required: true,
    ignoreCase: true,
    policy: { owners: [], resolve: latest },
  });
  expect(fields.get('email')?.policy.resolve).toEqual([
    { kind: 'latest' },
    { kind: 'priority', sides: ['crm', 'erp'] },
    { kind: 'hold' },
  ]);
  expect(fields.get('vat')?.policy).toEqual({ owners: [{ side: 'erp' }], resolve: latest });
  expect(fields.get('credit')?.policy.owners).toEqual([
    { side: 'erp', when: { field: 'status', equals: 'active' } },
    { side: 'crm' },
  ]);
  expect(fields.get('status')?.policy.resolve).toEqual([{ kind: 'fill' }]);
  expect(['tags', 'since', 'credit', 'note'].map((name) => fields.get(name)?.type)).toEqual([
    { kind: 'set', options: ['red', 'blue'] },
    { kind: 'instant', grainMs: 1_000 },
    { kind: 'decimal', scaleMax: 2 },
    { kind: 'text' },
  ]);
});

test('mappings carry their steps, and the keys of a value map keep their nature', () => {
  const [crm] = everything().syncs[0]?.sides ?? [];
  const mappings = new Map(crm?.fields.map((mapping) => [mapping.field, mapping]));
  expect(mappings.get('name')).toEqual({
    field: 'name',
    native: 'full_name',
    direction: 'both',
    transforms: [],
  });
  expect(mappings.get('code')).toEqual({
    field: 'code',
    native: 'code',
    direction: 'both',
    transforms: [{ kind: 'prefix', text: 'C-' }],
    whenMissing: 'C-none',
  });
  expect(mappings.get('vip')?.transforms).toEqual([
    {
      kind: 'values',
      pairs: [
        ['Y', true],
        ['N', false],
      ],
    },
  ]);
  expect(mappings.get('count')?.transforms).toEqual([
    {
      kind: 'values',
      pairs: [
        [1, '10'],
        ['2', '20'],
        ['007', '30'],
      ],
      otherwise: '0',
    },
  ]);
  expect(['credit', 'since', 'born', 'tags'].flatMap((name) => mappings.get(name)?.transforms ?? [])).toEqual(
    [
      { kind: 'minorUnits', places: 2 },
      { kind: 'unixTime', unit: 's' },
      { kind: 'dateFormat', format: 'DD.MM.YYYY' },
      { kind: 'separator', text: ';' },
    ],
  );
});

test('conditions compare text as it is typed, and nothing with nothing', () => {
  const [crm] = everything().syncs[0]?.sides ?? [];
  expect(crm).toMatchObject({ creates: false, deletes: true });
  expect(crm?.where).toEqual([
    { native: 'kind', in: ['customer'], negated: false },
    { native: 'region', in: ['EU', null, '01'], negated: false },
    { native: 'archived', in: ['true'], negated: true },
    { native: 'x', in: [null], negated: true },
  ]);
});

test('what is not said is careful: deletes wait for a person, nothing is deleted, conflicts are held', () => {
  const [definition] = parsed(syncText()).syncs;
  expect(definition?.deletes).toEqual({ mode: 'hold', from: ['crm', 'erp'], againstEdit: 'hold' });
  expect(definition?.guard).toEqual({ deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 });
  expect(definition?.fields[0]?.policy).toEqual({ owners: [], resolve: [{ kind: 'hold' }] });
  expect(definition?.sides.map(({ creates, deletes, where }) => ({ creates, deletes, where }))).toEqual([
    { creates: true, deletes: false, where: [] },
    { creates: true, deletes: false, where: [] },
  ]);
});

test.each<[string, readonly string[]]>([
  ['version: 2 # here\nconnections: {}\nsyncs: {}', ['here: expected 1, got the number 2']],
  ['version: 1 # here\nconnections: {}', ['here: `syncs` is missing | Add the key `syncs`.']],
  [
    'version: 1\nconections: {} # here\nsyncs: {}\nconnections: {}',
    ['here: unknown key `conections` | Did you mean `connections`?'],
  ],
  ['- 1 # here', ['here: expected a map, got a list']],
  [
    'version: 1\nconnections: {}\nsyncs: # here',
    ['here: expected a map, got nothing | Give it a value, or remove the key.'],
  ],
  [
    'version: 1\nconnections: {}\nsyncs: {A: {}} # here',
    [
      expect.stringContaining('here: `A` cannot be a name') as string,
      'here: `entity` is missing | Add the key `entity`.',
      'here: `fields` is missing | Add the key `fields`.',
      'here: `match` is missing | Add the key `match`.',
      'here: `sides` is missing | Add the key `sides`.',
    ],
  ],
])('%j is refused', (text, expected) => {
  const found = complaints(text);
  expect(found.toSorted()).toEqual([...expected].toSorted());
  expect(found).toHaveLength(expected.length);
});

test('the JSON Schema accepts what the parser accepts, and refuses an unknown key', () => {
  const schema = z.fromJSONSchema(jsonSchema());
  expect(schema.safeParse(parse(EVERYTHING)).success).toBe(true);
  expect(schema.safeParse(parse(syncText())).success).toBe(true);
  expect(schema.safeParse(parse(EVERYTHING.replace('required:', 'requird:'))).success).toBe(false);
});

test('every key of the JSON Schema says what it is for', () => {
  const silent: string[] = [];
  const definitions = new Map(Object.entries((jsonSchema()['definitions'] ?? {}) as Record<string, unknown>));
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties')
        for (const [name, property] of Object.entries(value as object))
          if (!isExplained(property, definitions)) silent.push(`${path}.${name}`);
      visit(value, `${path}/${key}`);
    }
  };
  visit(jsonSchema(), '');
  expect(silent).toEqual([]);
});

function isExplained(property: unknown, definitions: ReadonlyMap<string, unknown>): boolean {
  if (typeof property !== 'object' || property === null) return false;
  if ('description' in property) return true;
  const references = JSON.stringify(property).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g);
  return [...references].some(([, name = '']) =>
    JSON.stringify(definitions.get(name) ?? '').includes('"description"'),
  );
}

test('no text makes the parser throw, and every error has a place and a sentence', () => {
  const lines = EVERYTHING.split('\n');
  const pieces = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ': ',
      '- ',
      '&a ',
      '*a',
      '\t',
      '"',
      '? ',
      '!!x ',
      '| ',
      '__proto__: ',
      'null',
      '~',
      '1',
      '.nan',
      '<<: *a',
    ),
  );
  const planted = fc.tuple(fc.nat(lines.length - 1), fc.nat(40), pieces).map(([index, column, piece]) => {
    const line = lines[index] ?? '';
    return [
      ...lines.slice(0, index),
      line.slice(0, column) + piece + line.slice(column + piece.length),
      ...lines.slice(index + 1),
    ].join('\n');
  });
  fc.assert(
    fc.property(fc.oneof(planted, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
      for (const error of errorsOf(text)) {
        expect(error.message).not.toBe('');
        expect(Math.min(error.line, error.column)).toBeGreaterThan(0);
        expect(error.line).toBeLessThanOrEqual(text.split(/\r\n|\r|\n/).length);
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});
