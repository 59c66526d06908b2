/**
 * A sync as the engine sees it: the definition as plain data (it is stored, numbered and compared), and the model
 * compiled from it once, whose lenses and policies are ready to run.
 */
import { must } from '../lib/assert.ts';
import { canonicaliserOf } from './canonical.ts';
import { computedOf, filterOf, type Computation, type Computed } from './computed.ts';
import { compileRules, type RuleModel, type ValueRule } from './rules.ts';
import { isLossy, stepOf } from './transform.ts';
import type { Transform } from './transforms/step.ts';
import { sameOf, type Same } from './types/same.ts';
import { InvalidValue, type FieldType, type NativeValue, type Value } from './value.ts';

/** A sync as plain data, checked: what is stored, numbered and compared. */
export interface SyncDefinition {
  readonly name: string;
  readonly entity: string;
  readonly fields: readonly FieldDefinition[];
  readonly sides: readonly SideDefinition[];
  /** Each rule is a list of fields that together tell one identity; every rule whose fields are all filled counts. */
  readonly match: readonly (readonly string[])[];
  readonly deletes: DeletePolicy;
  readonly guard: GuardLimits;
  /** What the data dictionary demands of the values. Absent where no dictionary describes the entity. */
  readonly rules?: readonly ValueRule[];
  /** When its sides are reconciled by themselves. Absent: only when somebody asks. */
  readonly reconcile?: ReconcileSchedule;
  /** Where each delivered change is announced. Absent where it is not. */
  readonly announce?: readonly AnnounceDefinition[];
}

/** A collection that takes a message for each change that was delivered somewhere. */
export interface AnnounceDefinition {
  readonly name: string;
  readonly connection: string;
  readonly collection: string;
  /** Fields of the entity, as they stand when the message leaves. */
  readonly fields: readonly { readonly native: string; readonly field: string }[];
  /** What is said of the change itself. */
  readonly about: readonly { readonly native: string; readonly tells: Told }[];
}

/**
 * What a message may say of its change. `id`: the same whenever this message is sent again. `change`: create, update or
 * delete. `side` and `record`: where it was delivered. `fields`: the names of what changed. `at`: when.
 */
export type Told = (typeof TOLD)[number];

/** The words for it, in the order in which they are explained. */
export const TOLD = ['id', 'entity', 'change', 'side', 'record', 'fields', 'at'] as const;

/** A field of the entity: its type, what counts as equal, and who decides about it. */
export interface FieldDefinition {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  /** Values that differ only in case are the same value. */
  readonly ignoreCase: boolean;
  readonly policy: FieldPolicy;
}

/** Who may write a field, and who wins when two sides wrote it differently. */
export interface FieldPolicy {
  /** The first owner whose condition holds owns the field; only it may write it. Empty: nobody owns it. */
  readonly owners: readonly OwnerRule[];
  /** Asked in turn when two sides changed the field differently; the last resort is always `hold`. */
  readonly resolve: readonly Resolver[];
}

/** A side that owns a field, always or while another field has a value. */
export interface OwnerRule {
  readonly side: string;
  readonly when?: { readonly field: string; readonly equals: Value };
}

/** One way to decide a conflict; each either decides or passes the question on. */
export type Resolver =
  | { readonly kind: 'latest' }
  | { readonly kind: 'priority'; readonly sides: readonly string[] }
  | { readonly kind: 'fill' }
  | { readonly kind: 'set' }
  | { readonly kind: 'hold' };

/** One collection taking part in the sync. */
export interface SideDefinition {
  readonly name: string;
  readonly connection: string;
  readonly collection: string;
  readonly fields: readonly MappingDefinition[];
  readonly creates: boolean;
  readonly deletes: boolean;
  /** Records that do not meet every condition take no part: they are `excluded`. */
  readonly where: readonly Condition[];
  /** The same in CEL, over native fields: a record for which it is false takes no part. */
  readonly filter?: string;
}

/** A test on a native field that decides whether a record takes part. */
export interface Condition {
  readonly native: string;
  /** The native value as text; null stands for "has no value". */
  readonly in: readonly (string | null)[];
  readonly negated: boolean;
}

/** Which way a field flows between a side and the golden record. */
export type Direction = 'both' | 'in' | 'out';

/** What a field is called at a side, and how it is spelled there. */
export interface MappingDefinition {
  readonly field: string;
  readonly native: string;
  /** `in`: this side only gives the value. `out`: it only receives it. */
  readonly direction: Direction;
  readonly transforms: readonly Transform[];
  /** Written when a record is created and the golden value is missing. */
  readonly whenMissing?: NativeValue;
  /** The value is made of several native fields, of which `native` is the first. Except for parts the direction is `in`. */
  readonly computed?: Computation;
  /** Of a reference: the side of the sync it refers to whose records this side's value names. */
  readonly refersTo?: string;
  /** Of a reference that names things not by their record ids but by a field of theirs: which, and how that is read. */
  readonly refersBy?: { readonly field: string; readonly type: FieldType };
  /** `ifEmpty`: a record that has a value there keeps it, whatever the golden value. Absent: it is always written. */
  readonly writes?: 'ifEmpty';
}

/** What a delete at one side means for the others. */
export interface DeletePolicy {
  readonly mode: 'hold' | 'propagate' | 'ignore';
  /** Only a delete at one of these sides counts. */
  readonly from: readonly string[];
  readonly againstEdit: 'hold' | 'editWins' | 'deleteWins';
  /** A person is asked of every record that was merged into another. Absent: it follows as far as nobody has to choose. */
  readonly merged?: 'hold';
}

/** Per side and hour. More than the limit stops that kind of write until a person approves. */
export interface GuardLimits {
  readonly deletesMax: number;
  readonly deletesShareMax: number;
  readonly changesShareMax: number;
}

/** When reconciliation runs, and how much of a system it may take for itself. */
export interface ReconcileSchedule {
  /** A divisor of 24, 24 or 168. */
  readonly everyHours: number;
  /** One of its times: minutes after midnight in UTC, and for every week the day, of which 0 is Sunday. */
  readonly atMinute: number;
  readonly weekday: number;
  /** At most this share (0 to 1) of what the system allows meanwhile. */
  readonly shareMax: number;
  /** At most so many records of a side are read at a time; null: as many as the share allows. */
  readonly recordsMax: number | null;
  /** A side that cannot be read whole within that: records are drawn by lot, or the reading is spread over days. */
  readonly beyond: 'sample' | 'spread';
  /** So many records are drawn, as far as the budget goes. */
  readonly sampleRecords: number;
}

/** A field, ready to be compared. */
export interface FieldModel extends FieldDefinition {
  readonly same: Same;
}

/** One mapped field at one side, ready to run. */
export interface FieldLens {
  readonly field: FieldModel;
  readonly native: string;
  readonly direction: Direction;
  readonly get: (native: NativeValue) => Value | InvalidValue;
  readonly put: (value: Value) => NativeValue | InvalidValue;
  readonly whenMissing: NativeValue | undefined;
  /** Null for a value that one native field holds. */
  readonly computed: Computed | null;
  /** The native fields that are written together for this one value; null where it is one field. */
  readonly parts: readonly string[] | null;
  /** Only what has no value there is written to. */
  readonly fillsOnly: boolean;
  /** What is written here may read back as something else, so it is not read: the difference would be no news. */
  readonly isBlind: boolean;
  /** No step lies between the native value and the golden one but the reading of its type. */
  readonly isPlain: boolean;
  /** Different native codes may have one meaning here. */
  readonly hasCodes: boolean;
  /** Where a reference leads: what its value names is there. Null for any other field. */
  readonly refersTo: Place | null;
}

/** Stands for a side where things are called as their golden records are, whatever the side. */
export const EVERYWHERE = '';

/** A side of a sync, which may be another one, and how its things are named there. */
export interface Place {
  readonly sync: string;
  /** `EVERYWHERE` where things are named as their golden records are. */
  readonly side: string;
  /** The field by whose value things are named there. Absent where they are by their record ids. */
  readonly by?: string;
}

/** A side, ready to run. */
export interface SideModel {
  readonly name: string;
  readonly connection: string;
  readonly collection: string;
  readonly lenses: readonly FieldLens[];
  readonly lensOf: ReadonlyMap<string, FieldLens>;
  readonly references: readonly ReferenceLens[];
  /** Every field without a value: copies of one object are filled twice as fast as objects that grow. */
  readonly blank: Readonly<Record<string, undefined>>;
  /** The native fields to ask for: mapped ones and those of conditions, each once. */
  readonly natives: readonly string[];
  readonly creates: boolean;
  readonly deletes: boolean;
  readonly where: readonly Condition[];
  readonly filter: ReturnType<typeof filterOf> | null;
}

/** A sync, ready to run. */
export interface SyncModel {
  readonly name: string;
  readonly entity: string;
  readonly fields: ReadonlyMap<string, FieldModel>;
  readonly sides: readonly SideModel[];
  readonly sideOf: ReadonlyMap<string, SideModel>;
  readonly match: readonly (readonly string[])[];
  /** The references that rules of `match` go by. */
  readonly keyReferences: readonly string[];
  readonly deletes: DeletePolicy;
  readonly guard: GuardLimits;
  readonly rules: RuleModel;
}

/** Compiles a definition that has been checked: a name that resolves to nothing is a bug here. */
export function compileSync(definition: SyncDefinition): SyncModel {
  const fields = new Map(definition.fields.map((field) => [field.name, compileField(field)]));
  const sides = definition.sides.map((side) => compileSide(side, fields));
  return {
    name: definition.name,
    entity: definition.entity,
    fields,
    sides,
    sideOf: new Map(sides.map((side) => [side.name, side])),
    match: definition.match,
    keyReferences: [...new Set(definition.match.flat())].filter(
      (name) => fields.get(name)?.type.kind === 'reference',
    ),
    deletes: definition.deletes,
    guard: definition.guard,
    rules: compileRules(
      definition.rules ?? [],
      new Map(definition.fields.map(({ name, type }) => [name, type])),
    ),
  };
}

function compileField(definition: FieldDefinition): FieldModel {
  return { ...definition, same: sameOf(definition.type, definition.ignoreCase) };
}

function compileSide(definition: SideDefinition, fields: ReadonlyMap<string, FieldModel>): SideModel {
  const lenses = definition.fields.map((mapping) =>
    compileLens(mapping, must(fields.get(mapping.field), 'a mapping names a field of its entity')),
  );
  const conditions = definition.where.map((condition) => condition.native);
  const filter = definition.filter === undefined ? null : filterOf(definition.filter);
  const mapped = lenses.flatMap(({ native, computed }) => computed?.natives ?? [native]);
  return {
    name: definition.name,
    connection: definition.connection,
    collection: definition.collection,
    lenses,
    lensOf: new Map(lenses.map((lens) => [lens.field.name, lens])),
    references: lenses.filter(isReference),
    blank: Object.fromEntries(lenses.map((lens) => [lens.field.name, undefined])),
    natives: [...new Set([...mapped, ...conditions, ...(filter?.natives ?? [])])],
    creates: definition.creates,
    deletes: definition.deletes,
    where: definition.where,
    filter,
  };
}

/** Steps after which two codes of a side, or two spellings that it tells apart, may be one value. */
const CODED: ReadonlySet<Transform['kind']> = new Set(['values', 'prefix', 'case']);

/** A lens of a field that names another thing. */
export type ReferenceLens = FieldLens & { readonly refersTo: Place };

function isReference(lens: FieldLens): lens is ReferenceLens {
  return lens.refersTo !== null;
}

/** Makes a mapping runnable: `get` reads the native value as golden, `put` spells the golden value natively. */
export function compileLens(mapping: MappingDefinition, field: FieldModel): FieldLens {
  const canonicalise = canonicaliserOf(mapping.refersBy?.type ?? field.type);
  const steps = mapping.transforms.map(stepOf);
  const backwards = steps.toReversed();
  const computed = mapping.computed === undefined ? null : computedOf(mapping.computed);
  const ignoresCase = field.ignoreCase || (field.type.kind !== 'text' && field.type.kind !== 'choice');
  return {
    field,
    computed,
    parts: mapping.computed?.kind === 'parts' ? (computed?.natives ?? []) : null,
    isBlind: mapping.direction === 'out' && mapping.transforms.some((step) => isLossy(step, ignoresCase)),
    fillsOnly: mapping.writes === 'ifEmpty',
    isPlain: mapping.transforms.length === 0 && mapping.computed === undefined,
    hasCodes: mapping.transforms.some(({ kind }) => CODED.has(kind)),
    refersTo: field.type.kind === 'reference' ? placeOf(field.type.to, mapping) : null,
    native: mapping.native,
    direction: mapping.direction,
    whenMissing: mapping.whenMissing,
    get: steps.length === 0 ? canonicalise : (native) => through(steps, 'get', native, canonicalise),
    put: steps.length === 0 ? (value) => value : (value) => through(backwards, 'put', value, (last) => last),
  };
}

function placeOf(sync: string, { refersTo: side = EVERYWHERE, refersBy }: MappingDefinition): Place {
  return refersBy === undefined ? { sync, side } : { sync, side, by: refersBy.field };
}

function through<T>(
  steps: readonly ReturnType<typeof stepOf>[],
  way: 'get' | 'put',
  start: NativeValue,
  finish: (last: NativeValue) => T | InvalidValue,
): T | InvalidValue {
  let value = start;
  for (const step of steps) {
    const next = step[way](value);
    if (next instanceof InvalidValue) return next;
    value = next;
  }
  return finish(value);
}
