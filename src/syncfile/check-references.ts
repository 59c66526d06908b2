/** References: that they lead to a sync, at every side to one of its sides, and that something can be made first. */
import { EVERYWHERE, type MappingDefinition } from '../engine/model.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
import { fieldType } from './define-type.ts';
import type { FieldDraft, MappingDraft, SideDraft, SyncDraft } from './draft.ts';
import type { FieldShape } from './shape-field.ts';

type ReferenceShape = Extract<FieldShape, { readonly type: 'reference' }>;

/** A field that names things of another sync, or of its own. */
interface Reference {
  readonly sync: SyncDraft;
  readonly field: FieldDraft;
  readonly shape: ReferenceShape;
}

export function checkReferences(syncs: readonly SyncDraft[], findings: Findings): void {
  for (const sync of syncs) for (const side of sync.sides.values()) checkMappingKeys(sync, side, findings);
  for (const reference of referencesOf(syncs)) {
    const { sync, field, shape } = reference;
    const path = [...field.path, 'to'];
    if (!syncs.some(({ name }) => name === shape.to))
      findings.atValue(
        path,
        `there is no sync \`${shape.to}\``,
        suggest(
          shape.to,
          syncs.map(({ name }) => name),
        ),
      );
    if (shape.required === true && shape.in_two_steps === true)
      findings.atValue(
        [...field.path, 'in_two_steps'],
        `\`${field.name}\` is required, so no record can be made without it`,
        'Remove one of the two.',
      );
    for (const side of sync.sides.values()) checkPlace(reference, side, syncs, findings);
  }
  checkCircles(syncs, findings);
  checkKeyCircles(syncs, findings);
}

function referencesOf(syncs: readonly SyncDraft[]): readonly Reference[] {
  return syncs.flatMap((sync) =>
    [...sync.fields.values()].flatMap((field) =>
      field?.shape.type === 'reference' ? [{ sync, field, shape: field.shape }] : [],
    ),
  );
}

/** What only references have, and what they cannot have. */
function checkMappingKeys(sync: SyncDraft, side: SideDraft, findings: Findings): void {
  for (const mapping of side.fields.values()) {
    const field = mapping === null ? null : sync.fields.get(mapping.field);
    if (mapping === null || field === null || field === undefined) continue;
    const isReference = field.shape.type === 'reference';
    if (mapping.shape.refers_to !== undefined && !isReference)
      findings.atKey(
        [...mapping.path, 'refers_to'],
        `\`${field.name}\` is of type ${field.shape.type} and refers to nothing`,
        'Give the field `type: reference`, or remove this.',
      );
    if (mapping.shape.refers_by !== undefined && !isReference)
      findings.atKey(
        [...mapping.path, 'refers_by'],
        `\`${field.name}\` is of type ${field.shape.type} and refers to nothing`,
        'Give the field `type: reference`, or remove this.',
      );
    if (mapping.shape.when_missing !== undefined && isReference)
      findings.atKey(
        [...mapping.path, 'when_missing'],
        'a reference has nothing that stands in for it',
        'Remove this: a record without a reference is made without it.',
      );
  }
}

function checkPlace(
  { sync, field, shape }: Reference,
  side: SideDraft,
  syncs: readonly SyncDraft[],
  findings: Findings,
): void {
  const mapping = side.fields.get(field.name);
  const parent = syncs.find(({ name }) => name === shape.to);
  if (mapping === undefined || mapping === null || parent === undefined || side.connection === null) return;
  // A side of it that cannot be read may be the one.
  if (parent.sides.size < parent.sideNames.length) return;
  checkKey(field, mapping, parent, findings);
  const given = mapping.shape.refers_to;
  if (given !== undefined) {
    checkKeyIsMapped(mapping, given, parent, findings);
    checkGivenSide(side, mapping, given, parent, findings);
    return;
  }
  const place = placeOf(side, mapping, parent);
  checkKeyIsMapped(mapping, place, parent, findings);
  if (place !== null) return;
  const there = sidesAt(parent, side.connection);
  const own = sync === parent ? 'its own' : `\`${parent.name}\``;
  if (there.length === 0)
    findings.atValue(
      mapping.path,
      `no side of ${own === 'its own' ? 'this sync' : own} is on the connection \`${side.connection}\`, so no record there can be named here`,
      `Give ${parent.name} a side on ${side.connection}, or remove \`${field.name}\` from ${side.name}.`,
    );
  else
    findings.atValue(
      mapping.path,
      `${listed(there)} of \`${parent.name}\` are all on the connection \`${side.connection}\`: which of them is named here?`,
      `Say it: {field: ${mapping.native ?? ''}, refers_to: ${there[0] ?? ''}}.`,
    );
}

function checkGivenSide(
  side: SideDraft,
  mapping: MappingDraft,
  given: string,
  parent: SyncDraft,
  findings: Findings,
): void {
  const path = [...mapping.path, 'refers_to'];
  const found = parent.sides.get(given);
  if (found === undefined)
    findings.atValue(path, `\`${parent.name}\` has no side \`${given}\``, suggest(given, parent.sideNames));
  else if (found.connection !== side.connection)
    findings.atValue(
      path,
      `\`${given}\` of \`${parent.name}\` is on the connection \`${found.connection ?? ''}\`, and ids of that mean nothing on \`${side.connection ?? ''}\``,
      `Name one of its sides on ${side.connection ?? ''}: ${listed(sidesAt(parent, side.connection))}.`,
    );
}

function sidesAt(parent: SyncDraft, connection: string | null): readonly string[] {
  return [...parent.sides.values()].filter((side) => side.connection === connection).map(({ name }) => name);
}

/**
 * The side of the other sync whose records are named at this side: the one that is given, the like-named one on the same
 * connection, or the only one there. Null where none of them tells.
 */
export function placeOf(side: SideDraft, { shape }: MappingDraft, parent: SyncDraft): string | null {
  if (shape.refers_to !== undefined) return shape.refers_to;
  const there = sidesAt(parent, side.connection);
  if (there.includes(side.name)) return side.name;
  if (there.length === 0 && shape.refers_by !== undefined) return EVERYWHERE;
  return there.length === 1 ? (there[0] ?? null) : null;
}

/** The field of the other entity by which the side names its things, and how that is read; undefined where it does by record ids. */
export function referringKey({ shape }: MappingDraft, parent: SyncDraft): MappingDefinition['refersBy'] {
  const named = shape.refers_by === undefined ? undefined : parent.fields.get(shape.refers_by);
  return named == null ? undefined : { field: named.name, type: fieldType(named.shape) };
}

/** Types whose values can be names: one word each. */
const NAMING: ReadonlySet<FieldShape['type']> = new Set([
  'text',
  'integer',
  'decimal',
  'email',
  'uuid',
  'choice',
  'phone',
  'country',
  'currency',
  'url',
  'salesforce_id',
]);

/** By what the side names things: that there is such a field, that it can be a name, and that it is known there. */
function checkKey(field: FieldDraft, mapping: MappingDraft, parent: SyncDraft, findings: Findings): void {
  const { refers_by: by } = mapping.shape;
  if (by === undefined) return;
  const path = [...mapping.path, 'refers_by'];
  const named = parent.fields.get(by);
  if (named === undefined)
    findings.atValue(path, `\`${parent.name}\` has no field \`${by}\``, suggest(by, parent.fields.keys()));
  else if (named !== null && !NAMING.has(named.shape.type))
    findings.atValue(
      path,
      `\`${by}\` of \`${parent.name}\` is of type ${named.shape.type}, which names nothing`,
      `Name a field of type ${listed([...NAMING])}.`,
    );
  if (field.shape.type === 'reference' && field.shape.many === true)
    findings.atKey(
      path,
      `\`${field.name}\` names several things, which are named by record ids only`,
      'Remove this, or let the field name one thing.',
    );
}

/** A side that does not know the field cannot tell what its things are called. */
function checkKeyIsMapped(
  { shape, path }: MappingDraft,
  at: string | null,
  parent: SyncDraft,
  findings: Findings,
): void {
  const { refers_by: by } = shape;
  const place = parent.sides.get(at ?? '');
  if (by === undefined || place === undefined || place.fields.size === 0 || place.fields.has(by)) return;
  findings.atValue(
    [...path, 'refers_by'],
    `\`${by}\` is not mapped at ${place.name} of \`${parent.name}\`, so nothing tells what its records are called there`,
    `Map \`${by}\` there, or name another field.`,
  );
}

/** Whether a record may be made without it and be given it in a second step. */
export function comesLate(
  sync: SyncDraft,
  { required, in_two_steps: isWanted, to }: ReferenceShape,
  syncs: readonly SyncDraft[],
): boolean {
  if (required === true) return false;
  return isWanted ?? wayTo(sync.name, to, referencesOf(syncs)) !== null;
}

/** Every record of a circle of references that nothing may be made without would wait for another. */
function checkCircles(syncs: readonly SyncDraft[], findings: Findings): void {
  const strict = referencesOf(syncs).filter(({ sync, shape }) => !comesLate(sync, shape, syncs));
  const told = new Set<string>();
  for (const reference of strict) {
    const way = wayTo(reference.sync.name, reference.shape.to, strict);
    if (way === null || told.has(reference.sync.name)) continue;
    const circle = [reference, ...way];
    for (const { sync } of circle) told.add(sync.name);
    const steps = circle.map(({ sync, field }) => `${sync.name}.${field.name}`);
    findings.atKey(
      reference.field.path,
      `none can be made first, they all wait for each other: ${[...steps, reference.sync.name].join(' → ')}`,
      'Let one of these fields be neither `required` nor `in_two_steps: false`: it is then given in a second step.',
    );
  }
}

/** Records of which every key goes by another's, and so on round, would all wait for each other to be matched. */
function checkKeyCircles(syncs: readonly SyncDraft[], findings: Findings): void {
  const keyed = referencesOf(syncs).filter(({ sync, field }) => {
    const rules = sync.match ?? [];
    const goesBy = (rule: readonly string[]): boolean =>
      rule.some((name) => sync.fields.get(name)?.shape.type === 'reference');
    return rules.every(goesBy) && rules.flat().includes(field.name);
  });
  const told = new Set<string>();
  for (const reference of keyed) {
    const way = wayTo(reference.sync.name, reference.shape.to, keyed);
    if (way === null || told.has(reference.sync.name)) continue;
    const circle = [reference, ...way];
    for (const { sync } of circle) told.add(sync.name);
    const steps = circle.map(({ sync, field }) => `${sync.name}.${field.name}`);
    findings.atKey(
      [...reference.sync.path, 'match'],
      `none can be matched first, they all wait for each other: ${[...steps, reference.sync.name].join(' → ')}`,
      `Add a rule to one of them that goes by no reference.`,
    );
  }
}

/** References that lead from one sync to another, the fewest; empty where they are the same. Null where none do. */
function wayTo(target: string, from: string, references: readonly Reference[]): readonly Reference[] | null {
  const seen = new Set([from]);
  const ways: { readonly end: string; readonly way: readonly Reference[] }[] = [{ end: from, way: [] }];
  for (let next = ways.shift(); next !== undefined; next = ways.shift()) {
    const { end, way } = next;
    if (end === target) return way;
    for (const reference of references) {
      const { sync, shape } = reference;
      if (sync.name !== end || seen.has(shape.to)) continue;
      seen.add(shape.to);
      ways.push({ end: shape.to, way: [...way, reference] });
    }
  }
  return null;
}
