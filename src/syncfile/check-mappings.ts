/** Mappings: that their steps fit the field, can be written back, and do not write over each other. */
import { admitOn, explainRefusal } from '../engine/admission.ts';
import { fieldsOfTemplate } from '../engine/computed.ts';
import { goldenSamples } from '../engine/golden-samples.ts';
import {
  compileLens,
  compileSync,
  type FieldDefinition,
  type FieldModel,
  type MappingDefinition,
} from '../engine/model.ts';
import { InvalidValue, type FieldType, type NativeValue, type Value } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import { seededRandom } from '../lib/random.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { checkComputed, checkFilter } from './check-expressions.ts';
import { checkSteps } from './check-steps.ts';
import { goldenOf } from './define-steps.ts';
import { fieldType } from './define-type.ts';
import { fieldDefinition, mappingDefinition } from './define.ts';
import type { FieldDraft, MappingDraft, SideDraft, SyncDraft } from './draft.ts';
import { fieldNamed, valueFix } from './references.ts';

/** Generated values of a type. Making them costs more than trying a mapping with them. */
type Goldens = (type: FieldType) => readonly Value[];

export function checkMappings(sync: SyncDraft, syncs: readonly SyncDraft[], findings: Findings): void {
  const goldens = sharedGoldens();
  for (const side of sync.sides.values()) {
    for (const [name, mapping] of side.fields) {
      const named = fieldNamed(sync, name, [...side.path, 'fields', name], 'key', findings);
      if (named === null || mapping === null) continue;
      const field = spelledThere(named, mapping, syncs);
      checkSteps(field, mapping, findings);
      checkComputed(mapping, findings);
      checkValues(field, mapping, findings);
      if (!findings.under(mapping.path)) checkLaws(sync, side, field, mapping, goldens, findings);
    }
    checkDoubleWrites(side, findings);
    checkFilter(side, findings);
  }
}

/** A reference that goes by a field of the other entity is spelled as values of that are. */
function spelledThere(field: FieldDraft, { shape }: MappingDraft, syncs: readonly SyncDraft[]): FieldDraft {
  if (field.shape.type !== 'reference' || shape.refers_by === undefined) return field;
  const { to } = field.shape;
  const named = syncs.find(({ name }) => name === to)?.fields.get(shape.refers_by);
  return named == null ? field : { ...field, shape: named.shape };
}

function checkValues(field: FieldDraft, mapping: MappingDraft, findings: Findings): void {
  const { values, otherwise } = mapping.shape;
  const type = fieldType(field.shape);
  const keyOf = new Map<string, string>();
  for (const [key, written] of Object.entries(values ?? {})) {
    const path = [...mapping.path, 'values', key];
    const golden = heldWord(type, written, path, field, findings);
    if (golden === null) continue;
    const first = keyOf.get(golden);
    if (first !== undefined && mapping.direction === 'both') {
      const message = `\`${first}\` and \`${key}\` both become ${golden}: written back, one of them would turn into the other`;
      findings.atKey(
        path,
        message,
        'Give each a value of its own, or let this side only give it: `direction: in`.',
      );
    } else keyOf.set(golden, key);
  }
  if (otherwise !== undefined && mapping.direction === 'in')
    heldWord(type, otherwise, [...mapping.path, 'otherwise'], field, findings);
  if (mapping.shape.default !== undefined)
    heldWord(type, mapping.shape.default, [...mapping.path, 'default'], field, findings);
}

/** The word as the field keeps it, or null with the reason reported why it cannot. */
function heldWord(
  type: FieldType,
  written: string | number | boolean,
  path: Path,
  field: FieldDraft,
  findings: Findings,
): string | null {
  const golden = goldenOf(type, written);
  if (typeof golden === 'string' || typeof golden === 'boolean') return String(golden);
  const reason = golden instanceof InvalidValue ? golden.reason : 'it would be empty';
  const message = `\`${field.name}\` cannot be \`${String(written)}\`: ${reason}`;
  findings.atValue(path, message, valueFix(field, written));
  return null;
}

/** Generated values go through the mapping and back, and the keys of its value map the other way round. */
function checkLaws(
  sync: SyncDraft,
  side: SideDraft,
  field: FieldDraft,
  mapping: MappingDraft,
  goldens: Goldens,
  findings: Findings,
): void {
  const definition = fieldDefinition(field, sync);
  const described = mappingDefinition(mapping, definition.type, findings.places);
  const lens = compileLens(described, compileField(definition));
  const admission = admitOn(lens, nativeSamples(described), goldens(definition.type));
  if (admission.kind === 'refused') {
    findings.atValue(
      mapping.path,
      explainRefusal(side.name, lens, admission),
      admission.waysOut.join(' Or: '),
    );
    return;
  }
  const { when_missing: whenMissing } = mapping.shape;
  const back = whenMissing === undefined ? null : lens.get(whenMissing);
  if (back instanceof InvalidValue) {
    const message = `what is written when the value is missing could not be read back: ${back.reason}`;
    findings.atValue([...mapping.path, 'when_missing'], message, 'Write it as the side spells its values.');
  }
}

function sharedGoldens(): Goldens {
  const made = new Map<string, readonly Value[]>();
  return (type) => {
    const key = JSON.stringify(type);
    const goldens = made.get(key) ?? goldenSamples(type, seededRandom(1));
    made.set(key, goldens);
    return goldens;
  };
}

/** The keys of the value map, as the side holds them. */
function nativeSamples({ transforms }: MappingDefinition): readonly NativeValue[] {
  const first = transforms.find(({ kind }) => kind === 'prefix');
  const prefix = first?.kind === 'prefix' ? first.text : '';
  return transforms.flatMap((step) =>
    step.kind === 'values'
      ? step.pairs.map(([native]) => (prefix === '' ? native : `${prefix}${String(native)}`))
      : [],
  );
}

/** The engine compiles fields as parts of a sync; this one has nothing else. */
function compileField(definition: FieldDefinition): FieldModel {
  const model = compileSync({
    name: definition.name,
    entity: definition.name,
    fields: [definition],
    sides: [],
    match: [],
    deletes: { mode: 'hold', from: [], againstEdit: 'hold' },
    guard: { deletesMax: 0, deletesShareMax: 0, changesShareMax: 0 },
  });
  return must(model.fields.get(definition.name), 'a compiled sync has its fields');
}

/** The second write of one native field would silently undo the first. */
function checkDoubleWrites(side: SideDraft, findings: Findings): void {
  const writtenBy = new Map<string, string>();
  for (const mapping of side.fields.values()) {
    if (mapping === null || mapping.direction === 'in') continue;
    for (const native of mapping.native === null ? partsOf(mapping) : [mapping.native])
      checkDoubleWrite(side, mapping, native, writtenBy, findings);
  }
}

function partsOf({ shape }: MappingDraft): readonly string[] {
  return shape.template === undefined ? [] : fieldsOfTemplate(shape.template);
}

function checkDoubleWrite(
  side: SideDraft,
  mapping: MappingDraft,
  native: string,
  writtenBy: Map<string, string>,
  findings: Findings,
): void {
  const other = writtenBy.get(native);
  if (other === undefined) writtenBy.set(native, mapping.field);
  else {
    const message = `\`${other}\` and \`${mapping.field}\` are both written to \`${native}\` at ${side.name}`;
    findings.atValue(
      mapping.path,
      message,
      'Map one of them elsewhere, or let it only be given: `direction: in`.',
    );
  }
}
