/** From a checked draft to the definition that the engine compiles. Defaults are written out here and nowhere else. */
import { canonicaliserOf } from '../engine/canonical.ts';
import type {
  Condition,
  DeletePolicy,
  FieldDefinition,
  GuardLimits,
  MappingDefinition,
  OwnerRule,
  Resolver,
  SideDefinition,
  SyncDefinition,
} from '../engine/model.ts';
import type { Transform } from '../engine/transforms/step.ts';
import { InvalidValue, type FieldType, type Value } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { ConditionDraft, FieldDraft, MappingDraft, SideDraft, SyncDraft } from './draft.ts';
import type { Path, Places } from './places.ts';
import type { FieldShape } from './shape-field.ts';
import type { OwnerRuleShape, ResolverShape } from './shape-words.ts';

const GRAINS_MS = { ms: 1, s: 1_000, min: 60_000 } as const;

export function syncDefinition(draft: SyncDraft, places: Places): SyncDefinition {
  const sides = [...draft.sides.values()].map((side) => sideDefinition(side, draft, places));
  return {
    name: draft.name,
    entity: must(draft.entity, 'a checked sync has an entity'),
    fields: [...draft.fields.values()].map((field) =>
      fieldDefinition(must(field, 'a checked field is readable'), draft),
    ),
    sides,
    match: must(draft.match, 'a checked sync has match rules'),
    deletes: deletePolicy(draft),
    guard: guardLimits(draft),
  };
}

function deletePolicy(draft: SyncDraft): DeletePolicy {
  const { mode = 'hold', from = draft.sideNames, against_edit: againstEdit = 'hold' } = draft.deletes ?? {};
  const words = { hold: 'hold', edit_wins: 'editWins', delete_wins: 'deleteWins' } as const;
  return { mode, from, againstEdit: words[againstEdit] };
}

function guardLimits(draft: SyncDraft): GuardLimits {
  const { deletes_max = 50, deletes_share_max = 0.05, changes_share_max = 0.3 } = draft.guard ?? {};
  return { deletesMax: deletes_max, deletesShareMax: deletes_share_max, changesShareMax: changes_share_max };
}

export function fieldDefinition(draft: FieldDraft, sync: SyncDraft): FieldDefinition {
  const { shape } = draft;
  return {
    name: draft.name,
    type: fieldType(shape),
    required: shape.required ?? false,
    ignoreCase: shape.type === 'text' && shape.ignore_case === true,
    policy: {
      owners: draft.owners.map((owner) => ownerRule(owner, sync)),
      resolve: draft.policy.resolvers.map(resolverOf),
    },
  };
}

export function fieldType(shape: FieldShape): FieldType {
  switch (shape.type) {
    case 'text':
      return shape.max_length === undefined
        ? { kind: 'text' }
        : { kind: 'text', lengthMax: shape.max_length };
    case 'decimal':
      return shape.scale === undefined ? { kind: 'decimal' } : { kind: 'decimal', scaleMax: shape.scale };
    case 'instant':
      return shape.precision === undefined
        ? { kind: 'instant' }
        : { kind: 'instant', grainMs: GRAINS_MS[shape.precision] };
    case 'choice':
      return { kind: 'choice', options: shape.options };
    case 'set':
      return shape.options === undefined ? { kind: 'set' } : { kind: 'set', options: shape.options };
    case 'integer':
    case 'boolean':
    case 'date':
    case 'time':
    case 'email':
    case 'uuid':
    case 'json':
      return { kind: shape.type };
  }
}

function ownerRule({ side, when }: OwnerRuleShape, sync: SyncDraft): OwnerRule {
  const field = when === undefined ? undefined : sync.fields.get(when.field);
  if (when === undefined || field === undefined || field === null) return { side };
  const equals = goldenOf(fieldType(field.shape), when.is);
  return equals instanceof InvalidValue ? { side } : { side, when: { field: when.field, equals } };
}

function resolverOf(shape: ResolverShape): Resolver {
  return typeof shape === 'string' ? { kind: shape } : { kind: 'priority', sides: shape.priority };
}

/** A value written in the file, as the field keeps it. */
export function goldenOf(type: FieldType, written: string | number | boolean | null): Value | InvalidValue {
  return canonicaliserOf(type)(written);
}

function sideDefinition(draft: SideDraft, sync: SyncDraft, places: Places): SideDefinition {
  const mappings = [...draft.fields].map(([name, mapping]) => {
    const field = must(sync.fields.get(name), 'a checked mapping names a field');
    return mappingDefinition(must(mapping, 'a checked mapping is readable'), fieldType(field.shape), places);
  });
  return {
    name: draft.name,
    connection: must(draft.connection, 'a checked side has a connection'),
    collection: must(draft.collection, 'a checked side has a collection'),
    fields: mappings,
    creates: draft.creates,
    deletes: draft.deletes,
    where: draft.where.map((condition) => conditionOf(condition, places)),
  };
}

export function mappingDefinition(draft: MappingDraft, type: FieldType, places: Places): MappingDefinition {
  const { shape } = draft;
  return {
    field: draft.field,
    native: shape.field,
    direction: draft.direction,
    transforms: transformsOf(draft, type, places),
    ...(shape.when_missing === undefined ? {} : { whenMissing: shape.when_missing }),
  };
}

/** In the order of reading: first the prefix goes, then the rest is understood. */
function transformsOf(draft: MappingDraft, type: FieldType, places: Places): readonly Transform[] {
  const { shape } = draft;
  const transforms: Transform[] = [];
  if (shape.prefix !== undefined) transforms.push({ kind: 'prefix', text: shape.prefix });
  if (shape.case !== undefined) transforms.push({ kind: 'case', to: shape.case });
  if (shape.values !== undefined) transforms.push(valuesOf(draft, type, places));
  if (shape.minor_units !== undefined) transforms.push({ kind: 'minorUnits', places: shape.minor_units });
  if (shape.unix !== undefined) transforms.push({ kind: 'unixTime', unit: shape.unix });
  if (shape.date_format !== undefined) transforms.push({ kind: 'dateFormat', format: shape.date_format });
  if (shape.separator !== undefined) transforms.push({ kind: 'separator', text: shape.separator });
  return transforms;
}

function valuesOf(draft: MappingDraft, type: FieldType, places: Places): Transform {
  const path = [...draft.path, 'values'];
  const pairs = Object.entries(draft.shape.values ?? {}).map(
    ([key, written]) => [nativeKey([...path, key], places), goldenWord(type, written)] as const,
  );
  const { otherwise } = draft.shape;
  return {
    kind: 'values',
    pairs,
    ...(otherwise === undefined ? {} : { otherwise: String(goldenWord(type, otherwise)) }),
  };
}

/** Golden values that stand in a value map; the checks have refused those that the field cannot hold. */
function goldenWord(type: FieldType, written: string | number | boolean): string | boolean {
  const golden = goldenOf(type, written);
  return typeof golden === 'string' || typeof golden === 'boolean' ? golden : String(written);
}

/** A key that is a number or a flag in YAML stands for a native number or flag; in quotes it is text. */
export function nativeKey(path: Path, places: Places): string | number | boolean {
  const key = places.spot(path)?.key ?? null;
  const text = String(path.at(-1));
  if (typeof key?.scalar === 'boolean') return key.scalar;
  // `007` and `1.50` would lose digits as numbers: they are codes.
  return typeof key?.scalar === 'number' && String(key.scalar) === text ? key.scalar : text;
}

function conditionOf({ path, shape }: ConditionDraft, places: Places): Condition {
  const text = (value: string | number | boolean | null, at: Path): string | null =>
    value === null || value === ''
      ? null
      : typeof value === 'number'
        ? (places.spot(at)?.value.plain ?? String(value))
        : String(value);
  const negated = shape.is_not !== undefined || shape.not_in !== undefined;
  const one = negated ? shape.is_not : shape.is;
  const many = (negated ? shape.not_in : shape.in) ?? [];
  const [oneKey, manyKey] = negated ? (['is_not', 'not_in'] as const) : (['is', 'in'] as const);
  const texts =
    one === undefined
      ? many.map((value, index) => text(value, [...path, manyKey, index]))
      : [text(one, [...path, oneKey])];
  return { native: shape.field, in: texts, negated };
}
