/** From a checked draft to the definition that the engine compiles. Defaults are written out here and nowhere else. */
import { computedOf, type Computation } from '../engine/computed.ts';
import type {
  AnnounceDefinition,
  Condition,
  DeletePolicy,
  FieldDefinition,
  GuardLimits,
  MappingDefinition,
  OwnerRule,
  ReconcileSchedule,
  Resolver,
  SideDefinition,
  SyncDefinition,
} from '../engine/model.ts';
import { InvalidValue, type FieldType } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { Path, Places } from '../lib/yaml/places.ts';
import { comesLate, placeOf, referringKey } from './check-references.ts';
import { goldenOf, transformsOf } from './define-steps.ts';
import { fieldType } from './define-type.ts';
import type { ConditionDraft, FieldDraft, MappingDraft, SideDraft, SyncDraft } from './draft.ts';
import type { OwnerRuleShape, ResolverShape } from './shape-words.ts';
import { WEEKDAYS, type ReconcileShape } from './shape.ts';

/** `syncs`: all of the file, which references lead to. */
export function syncDefinition(
  draft: SyncDraft,
  places: Places,
  syncs: readonly SyncDraft[],
): SyncDefinition {
  const sides = [...draft.sides.values()].map((side) => sideDefinition(side, draft, places, syncs));
  return {
    name: draft.name,
    entity: must(draft.entity, 'a checked sync has an entity'),
    fields: [...draft.fields.values()].map((field) =>
      placedField(must(field, 'a checked field is readable'), draft, syncs),
    ),
    sides,
    match: must(draft.match, 'a checked sync has match rules'),
    deletes: deletePolicy(draft),
    guard: guardLimits(draft),
    ...(draft.reconcile === null ? {} : { reconcile: reconcileSchedule(draft.reconcile) }),
    ...announceDefinitions(draft),
  };
}

/** Absent where there are none, so that files from before have the definition that they always had. */
function announceDefinitions({ announce }: SyncDraft): Pick<SyncDefinition, 'announce'> {
  const definitions = Object.entries(announce).map(
    ([name, { connection, collection, fields = {}, about = {} }]): AnnounceDefinition => ({
      name,
      connection,
      collection,
      fields: Object.entries(fields).map(([native, field]) => ({ native, field })),
      about: Object.entries(about).map(([native, tells]) => ({ native, tells })),
    }),
  );
  return definitions.length === 0 ? {} : { announce: definitions };
}

function deletePolicy(draft: SyncDraft): DeletePolicy {
  const { mode = 'hold', from = draft.sideNames, against_edit: againstEdit = 'hold' } = draft.deletes ?? {};
  const words = { hold: 'hold', edit_wins: 'editWins', delete_wins: 'deleteWins' } as const;
  const merged = draft.deletes?.merged === 'hold' ? { merged: 'hold' as const } : {};
  return { mode, from, againstEdit: words[againstEdit], ...merged };
}

function guardLimits(draft: SyncDraft): GuardLimits {
  const { deletes_max = 50, deletes_share_max = 0.05, changes_share_max = 0.3 } = draft.guard ?? {};
  return { deletesMax: deletes_max, deletesShareMax: deletes_share_max, changesShareMax: changes_share_max };
}

function reconcileSchedule(shape: ReconcileShape): ReconcileSchedule {
  const { every, at = '02:30', on = 'sunday', budget = {}, beyond_budget = 'sample', sample = 4_000 } = shape;
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return {
    everyHours: every === 'week' ? 168 : every === 'day' ? 24 : Number.parseInt(every, 10),
    atMinute: hours * 60 + minutes,
    weekday: WEEKDAYS.indexOf(on),
    shareMax: budget.share ?? 0.1,
    recordsMax: budget.records ?? null,
    beyond: beyond_budget,
    sampleRecords: sample,
  };
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

/** The field with what only its place among all syncs tells. */
function placedField(draft: FieldDraft, sync: SyncDraft, syncs: readonly SyncDraft[]): FieldDefinition {
  const { shape } = draft;
  const field = fieldDefinition(draft, sync);
  if (shape.type !== 'reference' || !comesLate(sync, shape, syncs)) return field;
  return { ...field, type: { ...field.type, late: true } as FieldType };
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

function sideDefinition(
  draft: SideDraft,
  sync: SyncDraft,
  places: Places,
  syncs: readonly SyncDraft[],
): SideDefinition {
  const mappings = [...draft.fields].map(([name, given]) => {
    const { shape } = must(sync.fields.get(name), 'a checked mapping names a field');
    const mapping = must(given, 'a checked mapping is readable');
    const parent = shape.type === 'reference' ? syncs.find((other) => other.name === shape.to) : undefined;
    const key = parent === undefined ? undefined : referringKey(mapping, parent);
    const definition = mappingDefinition(mapping, key?.type ?? fieldType(shape), places);
    if (parent === undefined) return definition;
    const refersTo = must(placeOf(draft, mapping, parent), 'a checked reference leads somewhere');
    return key === undefined ? { ...definition, refersTo } : { ...definition, refersTo, refersBy: key };
  });
  return {
    name: draft.name,
    connection: must(draft.connection, 'a checked side has a connection'),
    collection: must(draft.collection, 'a checked side has a collection'),
    fields: mappings,
    creates: draft.creates,
    deletes: draft.deletes,
    where: draft.where.map((condition) => conditionOf(condition, places)),
    ...(draft.filter === null ? {} : { filter: draft.filter }),
  };
}

export function mappingDefinition(draft: MappingDraft, type: FieldType, places: Places): MappingDefinition {
  const { shape } = draft;
  const computed = computationOf(draft);
  return {
    field: draft.field,
    native: draft.native ?? (computed === null ? '' : (computedOf(computed).natives[0] ?? '')),
    direction: draft.direction,
    transforms: transformsOf(draft, type, places),
    ...(shape.when_missing === undefined ? {} : { whenMissing: shape.when_missing }),
    ...(computed === null ? {} : { computed }),
    ...(shape.write === 'if_empty' ? { writes: 'ifEmpty' as const } : {}),
  };
}

/** How a value that is read is made; null for one that stands in a field. */
function computationOf({ shape, direction }: MappingDraft): Computation | null {
  if (direction === 'both' && shape.template !== undefined) return { kind: 'parts', text: shape.template };
  if (direction !== 'in') return null;
  if (shape.template !== undefined) return { kind: 'template', text: shape.template };
  return shape.expression === undefined ? null : { kind: 'expression', text: shape.expression };
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
