/** Mappings: that their steps fit the field, can be written back, and do not write over each other. */
import { admitOn, explainRefusal } from '../engine/admission.ts';
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
import { fieldDefinition, fieldType, goldenOf, mappingDefinition } from './define.ts';
import type { FieldDraft, MappingDraft, SideDraft, SyncDraft } from './draft.ts';
import type { Findings } from './findings.ts';
import { listed } from './nearest.ts';
import type { Path } from './places.ts';
import { fieldNamed, valueFix } from './references.ts';
import type { FieldShape } from './shape-field.ts';

/** Generated values of a type. Making them costs more than trying a mapping with them. */
type Goldens = (type: FieldType) => readonly Value[];

export function checkMappings(sync: SyncDraft, findings: Findings): void {
  const goldens = sharedGoldens();
  for (const side of sync.sides.values()) {
    for (const [name, mapping] of side.fields) {
      const field = fieldNamed(sync, name, [...side.path, 'fields', name], 'key', findings);
      if (field === null || mapping === null) continue;
      checkSteps(field, mapping, findings);
      checkValues(field, mapping, findings);
      if (!findings.under(mapping.path)) checkLaws(sync, side, field, mapping, goldens, findings);
    }
    checkDoubleWrites(side, findings);
  }
}

type StepKey = 'values' | 'minor_units' | 'unix' | 'date_format' | 'separator' | 'case';

/** Which types a step can lead to. */
const STEPS: ReadonlyMap<StepKey, readonly FieldShape['type'][]> = new Map([
  ['values', ['text', 'integer', 'decimal', 'boolean', 'date', 'email', 'uuid', 'choice']],
  ['minor_units', ['integer', 'decimal']],
  ['unix', ['instant']],
  ['date_format', ['date']],
  ['separator', ['set']],
  ['case', ['text', 'email', 'uuid', 'choice']],
]);

function checkSteps(field: FieldDraft, mapping: MappingDraft, findings: Findings): void {
  const { shape, path } = mapping;
  const given = [...STEPS.keys()].filter((key) => shape[key] !== undefined);
  if (given.length > 1) {
    findings.atKey(
      [...path, given[1] ?? ''],
      `a mapping takes one of ${listed(given)}, not both`,
      'Keep the one that says how the side spells the value.',
    );
  }
  for (const key of given.slice(0, 1)) {
    const types = must(STEPS.get(key), 'every step names its types');
    if (types.includes(field.shape.type)) continue;
    const message = `\`${key}\` gives ${listed(types)}, and \`${field.name}\` is of type ${field.shape.type}`;
    findings.atKey([...path, key], message, `Remove \`${key}\`, or give the field another type.`);
  }
  if (shape.prefix !== undefined && (field.shape.type === 'set' || field.shape.type === 'json')) {
    findings.atKey(
      [...path, 'prefix'],
      `a prefix stands before text, and \`${field.name}\` is of type ${field.shape.type}`,
      'Remove `prefix`.',
    );
  }
  checkOneWayKeys(mapping, findings);
  checkCase(field, mapping, findings);
}

function checkOneWayKeys({ shape, path, direction }: MappingDraft, findings: Findings): void {
  if (shape.otherwise !== undefined && shape.values === undefined) {
    findings.atKey([...path, 'otherwise'], '`otherwise` belongs to `values`', 'Add `values`, or remove it.');
  } else if (shape.otherwise !== undefined && direction !== 'in') {
    const message = '`otherwise` cannot be written back: nothing tells which value it stood for';
    findings.atKey([...path, 'otherwise'], message, 'Let this side only give the value: `direction: in`.');
  }
  if (shape.when_missing !== undefined && direction === 'in') {
    const message = '`when_missing` is what is written, and nothing is written here (direction: in)';
    findings.atKey([...path, 'when_missing'], message, 'Remove it, or let the side receive the value.');
  }
}

function checkCase(field: FieldDraft, { shape, path, direction }: MappingDraft, findings: Findings): void {
  const isCounted = field.shape.type === 'text' && field.shape.ignore_case !== true;
  if (shape.case === undefined || direction !== 'both' || !isCounted) return;
  const message = `\`case: ${shape.case}\` loses the case of \`${field.name}\`, where case counts`;
  findings.atKey(
    [...path, 'case'],
    message,
    'Give the field `ignore_case: true`, or the mapping a direction.',
  );
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
  if (otherwise !== undefined) heldWord(type, otherwise, [...mapping.path, 'otherwise'], field, findings);
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
  const [first] = transforms;
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
    const { field: native } = mapping.shape;
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
}
