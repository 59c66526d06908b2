/** A side of a sync beside what its system says of the collection. */
import type { CollectionDescription, FieldDescription } from '../connector/contract.ts';
import { computedOf, filterOf } from '../engine/computed.ts';
import type { FieldDefinition, MappingDefinition, SideDefinition, SyncDefinition } from '../engine/model.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
import { isCollection } from './draft-references.ts';
import { misfit } from './fit.ts';

export function checkSide(
  syncs: readonly SyncDefinition[],
  sync: SyncDefinition,
  side: SideDefinition,
  description: CollectionDescription,
  findings: Findings,
): void {
  const path = ['syncs', sync.name, 'sides', side.name];
  const natives = new Map(description.fields.map((field) => [field.name, field]));
  for (const mapping of side.fields) {
    const place = [...path, 'fields', mapping.field];
    if (mapping.computed !== undefined) {
      const names = computedOf(mapping.computed).natives;
      checkReads(description, natives, names, place, findings);
      if (mapping.direction !== 'in') checkParts(side, natives, names, place, findings);
      continue;
    }
    const native = natives.get(mapping.native);
    const field = sync.fields.find(({ name }) => name === mapping.field);
    if (native === undefined)
      unknownNative(description, mapping.native, nativePath(place, findings), findings);
    else if (field !== undefined) {
      checkMapping(side, field, mapping, native, place, findings);
      checkTarget(syncs, field, mapping, native, place, findings);
    }
  }
  for (const [index, { native }] of side.where.entries()) {
    if (natives.has(native)) continue;
    unknownNative(description, native, [...path, 'where', index, 'field'], findings);
  }
  if (side.filter !== undefined)
    checkReads(description, natives, filterOf(side.filter).natives, [...path, 'filter'], findings);
  checkAbilities(sync, side, description, path, findings);
  if (side.creates && description.card.can.create) checkRequired(side, description, path, findings);
}

/** What an expression or a template reads. */
function checkReads(
  description: CollectionDescription,
  natives: ReadonlyMap<string, FieldDescription>,
  names: readonly string[],
  path: Path,
  findings: Findings,
): void {
  for (const name of names) if (!natives.has(name)) unknownNative(description, name, path, findings);
}

/** Fields that hold a value together are written together. */
function checkParts(
  side: SideDefinition,
  natives: ReadonlyMap<string, FieldDescription>,
  names: readonly string[],
  path: Path,
  findings: Findings,
): void {
  const fixed = names.filter((name) => natives.get(name)?.readOnly === true);
  if (fixed.length === 0) return;
  const message = `${listed(fixed)} cannot be written at ${side.name}: the system sets it`;
  findings.atValue([...path, 'template'], message, 'Let this side only give the value: `direction: in`.');
}

/** The short form has no key of its own for the native field. */
function nativePath(mapping: Path, findings: Findings): Path {
  const written = [...mapping, 'field'];
  return findings.places.spot(written) === null ? mapping : written;
}

function unknownNative(
  description: CollectionDescription,
  native: string,
  path: Path,
  findings: Findings,
): void {
  const names = description.fields.map(({ name }) => name);
  findings.atValue(path, `${description.name} has no field \`${native}\``, suggest(native, names));
}

function checkMapping(
  side: SideDefinition,
  field: FieldDefinition,
  mapping: MappingDefinition,
  native: FieldDescription,
  path: Path,
  findings: Findings,
): void {
  if (native.readOnly && mapping.direction !== 'in') {
    const message = `\`${native.name}\` is set by the system at ${side.name} and cannot be written`;
    findings.atValue(nativePath(path, findings), message, 'Let this side only give it: `direction: in`.');
    return;
  }
  const problem = misfit(field, mapping, native);
  if (problem !== null) findings.atValue(nativePath(path, findings), problem.message, problem.fix);
}

/** What the system says the field names beside what the sync says it does. */
function checkTarget(
  syncs: readonly SyncDefinition[],
  { name, type }: FieldDefinition,
  { refersTo: at, refersBy }: MappingDefinition,
  { name: native, refersTo: there = [] }: FieldDescription,
  path: Path,
  findings: Findings,
): void {
  if (type.kind !== 'reference' || refersBy !== undefined || there.length === 0) return;
  const parent = syncs.find((other) => other.name === type.to)?.sides.find((side) => side.name === at);
  if (parent === undefined || there.some((collection) => isCollection(collection, parent.collection))) return;
  findings.atValue(
    nativePath(path, findings),
    `\`${native}\` names records of ${listed(there)}, and \`${name}\` those of ${parent.collection} (${type.to} at ${parent.name})`,
    `Let \`${name}\` refer to a sync of ${there[0] ?? ''}, or map another field.`,
  );
}

/** What the sync wants done there and the account or the system cannot do. */
function checkAbilities(
  sync: SyncDefinition,
  side: SideDefinition,
  { name, card }: CollectionDescription,
  path: Path,
  findings: Findings,
): void {
  if (side.creates && !card.can.create) {
    findings.atKey(
      [...path, 'creates'],
      `records of ${name} cannot be created at ${side.name}`,
      `Give ${side.name} \`creates: false\`.`,
    );
  }
  if (side.deletes && !card.can.delete) {
    findings.atKey(
      [...path, 'deletes'],
      `records of ${name} cannot be deleted at ${side.name}`,
      `Give ${side.name} \`deletes: false\`.`,
    );
  }
  if (card.can.update) return;
  for (const mapping of side.fields) {
    if (mapping.direction === 'in') continue;
    const message = `records of ${name} cannot be changed at ${side.name}`;
    findings.atValue(
      [...path, 'fields', mapping.field],
      message,
      `Let ${side.name} only give \`${mapping.field}\` in ${sync.name}: \`direction: in\`.`,
    );
  }
}

/** Without them the system refuses every record that the sync creates there. */
function checkRequired(
  side: SideDefinition,
  description: CollectionDescription,
  path: Path,
  findings: Findings,
): void {
  const written = new Set(
    side.fields
      .filter(({ direction }) => direction !== 'in')
      .flatMap(({ native, computed }) => (computed === undefined ? [native] : computedOf(computed).natives)),
  );
  const missing = description.fields.filter(
    ({ name, required, readOnly }) => required && !readOnly && !written.has(name),
  );
  if (missing.length === 0) return;
  const names = listed(missing.map(({ name }) => name));
  const message = `${description.name} demands ${names} of a new record, and nothing is written there`;
  findings.atKey(
    [...path, 'fields'],
    message,
    `Map what it demands, or give ${side.name} \`creates: false\`.`,
  );
}
