import { describe, expect, test } from 'vitest';

import { parsed, syncText } from '../../../test/support/sync-file.ts';
import type { FieldDescription } from '../../connector/contract.ts';
import type { SideDefinition, SyncDefinition } from '../../engine/model.ts';
import { must } from '../../lib/assert.ts';
import { compareSchemas, schemaText, type SameValues } from './compare.ts';
import { effectsOn, gravest } from './effect.ts';
import { narrowedBy } from './narrow.ts';

const FIELDS = [
  'status: {type: choice, options: [active, blocked]}',
  'name: {type: text, max_length: 40}',
  'phone: text',
];
const TEXT = syncText({
  fields: FIELDS,
  crm: ['status: {field: state, values: {A: active, B: blocked}}', 'name: full_name', 'phone: phone'],
  erp: ['status: status', 'name: name', 'phone: phone'],
  crmKeys: ['where: [{field: kind, is: customer}]'],
});
const SYNC: SyncDefinition = must(parsed(TEXT).syncs[0], 'one sync');
const CRM: SideDefinition = must(SYNC.sides[0], 'crm');

function field(name: string, change: Partial<FieldDescription> = {}): FieldDescription {
  return { name, type: { kind: 'text' }, required: false, readOnly: false, unique: false, ...change };
}

const BEFORE: readonly FieldDescription[] = [
  field('e_mail'),
  field('state', { type: { kind: 'choice', options: ['A', 'B'] } }),
  field('full_name', { type: { kind: 'text', lengthMax: 80 } }),
  field('phone'),
  field('kind'),
  field('note'),
];

/** Each effect as `gravity: sentence | fix`, the fields named being changed, added (a new name) or taken away (null). */
function told(
  changed: Readonly<Record<string, Partial<FieldDescription> | null>>,
  sync: SyncDefinition = SYNC,
  sameValues?: SameValues,
): readonly string[] {
  const kept = BEFORE.flatMap((old) => {
    const change = changed[old.name];
    return change === null ? [] : [{ ...old, ...change }];
  });
  const added = Object.entries(changed).flatMap(([name, change]) =>
    change === null || BEFORE.some((old) => old.name === name) ? [] : [field(name, change)],
  );
  const side = must(sync.sides[0], 'crm');
  return effectsOn(sync, side, compareSchemas(BEFORE, [...kept, ...added], sameValues)).map(
    ({ gravity, says, fix }) => `${gravity}: ${says}${fix === null ? '' : ` | ${fix}`}`,
  );
}

const THEN = 'then: trueup plan, trueup apply.';

describe('what a change of a schema does to a mapping', () => {
  test.each([
    ['a new field', { fax: {} }, [`harmless: \`fax\` (text) is new, and nothing maps it.`]],
    [
      'a new field that must be filled',
      { region: { required: true } },
      [
        `stopsCreates: \`region\` (text) is new, and every new record must have it: none can be created at crm. | Map a field to \`region\`, or give crm \`creates: false\`, ${THEN}`,
      ],
    ],
    [
      'a field that nothing maps and is gone',
      { note: null },
      ['harmless: `note` is no longer there. Nothing maps it.'],
    ],
    [
      'a mapped field that is gone',
      { phone: null },
      [
        `stopsField: \`phone\` is no longer there. \`phone\` is no longer kept in step there; all other fields are. | Map another field in its place or remove the mapping, ${THEN}`,
      ],
    ],
    [
      'the match key gone',
      { e_mail: null },
      [
        `stopsSync: \`e_mail\` is no longer there. It tells whose a record is (\`email\`), so new records could be taken for others. | Map another field in its place or remove the mapping, ${THEN}`,
      ],
    ],
    [
      'the field of a condition gone',
      { kind: null },
      [
        `stopsSync: \`kind\` is no longer there. It decides which records take part, so nothing of crm can be read. | Map another field in its place or remove the mapping, ${THEN}`,
      ],
    ],
    [
      'a type that the values do not fit into',
      { full_name: { type: { kind: 'integer' } } },
      [
        'stopsField: `full_name` was text and is integer now. `name` (text) cannot be kept in `full_name`, which is of type integer. | Map it to a field of type text, or say with a step how the values are spelled there.',
      ],
    ],
    [
      'a new option of a picklist',
      { state: { type: { kind: 'choice', options: ['A', 'B', 'C'] } } },
      [
        'attention: `state` has the new option C. `state` may hold C, which `status` does not know: records with it wait by name, the others go on. | Say in `values` what it means.',
      ],
    ],
    [
      'an option that is gone',
      { state: { type: { kind: 'choice', options: ['A'] } } },
      [
        'attention: `state` has no option B any more. `state` has no option B: records with it wait by name, the others go on. | It has: A. Say with `values` which of them is meant.',
      ],
    ],
    [
      'less room than the field may need',
      { full_name: { type: { kind: 'text', lengthMax: 30 } } },
      [
        'attention: `full_name` keeps only 30 characters now. Longer values of `name` will be refused there. | Give `name` `max_length: 30`, or widen `full_name`.',
      ],
    ],
    [
      'more room',
      { full_name: { type: { kind: 'text', lengthMax: 90 } } },
      ['harmless: `full_name` has more room.'],
    ],
    [
      'a field that must be filled now',
      { phone: { required: true } },
      [
        `attention: \`phone\` must be filled now. Records without a value for \`phone\` will be refused there. | Give \`phone\` \`required: true\`, or its mapping a \`when_missing\`, ${THEN}`,
      ],
    ],
    [
      'a field that nothing writes and must be filled now',
      { note: { required: true } },
      [
        `stopsCreates: \`note\` must be filled now. Nothing is written to it, so no record can be created at crm. | Map a field to \`note\`, or give crm \`creates: false\`, ${THEN}`,
      ],
    ],
    [
      'a field that can only be read now',
      { phone: { readOnly: true } },
      [
        `stopsField: \`phone\` can no longer be written. \`phone\` is still read there, and changes from elsewhere wait. | Give the account the right to write it, or the mapping \`direction: in\`, ${THEN}`,
      ],
    ],
    [
      'a field that must be unique now',
      { phone: { unique: true } },
      [
        'attention: No two records may have one `phone` any more. A second one is refused there. | Look for doubles of `phone`.',
      ],
    ],
  ] as const)('%s', (_title, changed, said) => {
    expect(told(changed)).toEqual(said);
  });

  test('nothing, where nothing has changed but titles and order', () => {
    const now = BEFORE.map((old) => ({ ...old, title: 'Title' })).toReversed();
    expect(compareSchemas(BEFORE, now)).toEqual([]);
    expect(schemaText(now)).toBe(schemaText(BEFORE));
  });

  test('the gravest of several counts', () => {
    const changes = compareSchemas(BEFORE, [...BEFORE.filter(({ name }) => name !== 'phone'), field('fax')]);
    expect(gravest(effectsOn(SYNC, CRM, changes))).toBe('stopsField');
  });
});

function counted(same: number, of: number): SameValues {
  return new Map([['phone', new Map([['mobile', { same, of }]])]]);
}

describe('a field under another name', () => {
  test('is certain where the system marks its fields', () => {
    const before = BEFORE.map((old, index) => ({ ...old, id: String(index) }));
    const now = before.map((old) => (old.name === 'phone' ? { ...old, name: 'mobile' } : old));
    const [effect, ...others] = effectsOn(SYNC, CRM, compareSchemas(before, now));
    expect(others).toEqual([]);
    expect(effect).toMatchObject({
      gravity: 'stopsField',
      fix: `Write \`mobile\` in place of \`phone\`, ${THEN}`,
    });
  });

  test('is likely where the records hold the same values', () => {
    expect(told({ phone: null, mobile: {} }, SYNC, counted(97, 100))[0]).toMatch(
      /Perhaps it is now called mobile: 97 of 100 records hold the same value there\./,
    );
  });

  test('is none where the values differ, also in the same place', () => {
    const now = BEFORE.map((old) => (old.name === 'phone' ? field('mobile') : old));
    expect(compareSchemas(BEFORE, now)[0]).toMatchObject({
      perhaps: [{ to: 'mobile', because: 'it stands in the same place and has the same type' }],
    });
    expect(compareSchemas(BEFORE, now, counted(10, 100))[0]).toMatchObject({ perhaps: [] });
  });

  test('needs nothing where the sync file has followed already', () => {
    const followed = must(parsed(TEXT.replace('phone: phone', 'phone: mobile')).syncs[0], 'one sync');
    expect(told({ phone: null, mobile: {} }, followed, counted(9, 9))).toEqual([
      'harmless: `phone` is no longer there. Perhaps it is now called mobile: 9 of 9 records hold the same value there. The mapping follows.',
      'harmless: `mobile` (text) is new, and the mapping writes it.',
    ]);
  });
});

function narrowed(now: readonly FieldDescription[]): SideDefinition {
  return must(narrowedBy(SYNC, effectsOn(SYNC, CRM, compareSchemas(BEFORE, now))).sides[0], 'crm');
}

function without(name: string): readonly FieldDescription[] {
  return BEFORE.filter((old) => old.name !== name);
}

describe('a sync goes on without what was stopped', () => {
  test('without a field that is gone, and with all others at every side', () => {
    expect(narrowed(without('phone')).fields.map((mapping) => mapping.field)).toEqual([
      'email',
      'status',
      'name',
    ]);
  });

  test('reading what can no longer be written', () => {
    const now = BEFORE.map((old) => (old.name === 'phone' ? { ...old, readOnly: true } : old));
    expect(narrowed(now).fields.find((mapping) => mapping.field === 'phone')?.direction).toBe('in');
  });

  test('creating nothing where every record would be refused', () => {
    expect(narrowed([...BEFORE, field('region', { required: true })]).creates).toBe(false);
  });

  test('as it was where nothing is stopped', () => {
    expect(narrowedBy(SYNC, effectsOn(SYNC, CRM, compareSchemas(BEFORE, [...BEFORE, field('fax')])))).toBe(
      SYNC,
    );
  });
});
