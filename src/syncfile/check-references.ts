import type { Findings } from '../lib/yaml/findings.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
/** References: that they lead to a sync, at every side to one of its sides, and that something can be made first. */
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
  const given = mapping.shape.refers_to;
  if (given !== undefined) {
    checkGivenSide(side, mapping, given, parent, findings);
    return;
  }
  if (placeOf(side, mapping, parent) !== null) return;
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
  return there.length === 1 ? (there[0] ?? null) : null;
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
