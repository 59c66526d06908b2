/** Builders for tests of the engine: small models, identities that are in step, looks at a side. All of it is frozen. */
import { newIdentity } from '../../src/engine/merge.ts';
import {
  compileSync,
  type DeletePolicy,
  type Direction,
  type FieldDefinition,
  type FieldPolicy,
  type Resolver,
  type SideDefinition,
  type SyncModel,
} from '../../src/engine/model.ts';
import type { Bundle, Edit, Link, Observation, OpenWrite } from '../../src/engine/state.ts';
import { linkAt } from '../../src/engine/state.ts';
import type { NativeValue, Values } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';

/** The instant at which everything that `inStep` builds was last looked at. */
export const START_MS = 100;

export const HOLD: FieldPolicy = { owners: [], resolve: [{ kind: 'hold' }] };
export const FILL: FieldPolicy = { owners: [], resolve: [{ kind: 'fill' }] };
export const SET: FieldPolicy = { owners: [], resolve: [{ kind: 'set' }] };

/** The certainly later edit wins; where that cannot be told, what `otherwise` says. */
export function latest(...otherwise: readonly Resolver[]): FieldPolicy {
  return { owners: [], resolve: [{ kind: 'latest' }, ...otherwise] };
}

export function ranked(...sides: readonly string[]): FieldPolicy {
  return { owners: [], resolve: [{ kind: 'priority', sides }] };
}

export function ownedBy(side: string, ...resolve: readonly Resolver[]): FieldPolicy {
  return { owners: [{ side }], resolve };
}

export interface SideShape {
  readonly creates?: boolean;
  readonly deletes?: boolean;
  /** `both` where nothing is said. */
  readonly directions?: Readonly<Record<string, Direction>>;
  readonly unmapped?: readonly string[];
  /** Fields that are written only where the record has no value. */
  readonly fills?: readonly string[];
  readonly whenMissing?: Readonly<Record<string, NativeValue>>;
}

export interface ModelShape {
  /** What sets a field apart from an optional text that is held on conflict. */
  readonly fields: Readonly<Record<string, Partial<FieldDefinition>>>;
  /** `crm` and `erp` where nothing is said. */
  readonly sides?: Readonly<Record<string, SideShape>>;
  readonly match?: readonly (readonly string[])[];
  readonly deletes?: Partial<DeletePolicy>;
}

/** Sides call their fields as the entity does. */
export function modelOf(shape: ModelShape): SyncModel {
  const names = Object.keys(shape.fields);
  const sides = Object.entries(shape.sides ?? { crm: {}, erp: {} });
  return compileSync({
    name: 'things',
    entity: 'Thing',
    fields: names.map((name) => ({
      name,
      type: { kind: 'text' },
      required: false,
      ignoreCase: false,
      policy: HOLD,
      ...shape.fields[name],
    })),
    sides: sides.map(([name, side]) => sideOf(name, names, side)),
    match: shape.match ?? [],
    deletes: {
      mode: 'propagate',
      from: sides.map(([name]) => name),
      againstEdit: 'hold',
      ...shape.deletes,
    },
    guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
  });
}

function sideOf(name: string, fields: readonly string[], shape: SideShape): SideDefinition {
  const mapped = fields.filter((field) => shape.unmapped?.includes(field) !== true);
  return {
    name,
    connection: name,
    collection: 'things',
    fields: mapped.map((field) => {
      const whenMissing = shape.whenMissing?.[field];
      const direction = shape.directions?.[field] ?? 'both';
      const fills = shape.fills?.includes(field) === true ? { writes: 'ifEmpty' as const } : {};
      const mapping = { field, native: field, direction, transforms: [], ...fills };
      return whenMissing === undefined ? mapping : { ...mapping, whenMissing };
    }),
    creates: shape.creates ?? true,
    deletes: shape.deletes ?? true,
    where: [],
  };
}

/** An identity whose records hold the golden values at every side, as the first side gave them. */
export function inStep(model: SyncModel, values: Values): Bundle {
  const first = must(model.sides[0], 'a sync has sides');
  const edit: Edit = { seq: 1, side: first.name, fromMs: null, untilMs: START_MS, rule: 'first' };
  const edits = Object.fromEntries(Object.keys(values).map((name) => [name, edit]));
  const links = model.sides.map((side): Link => {
    const mapped = Object.entries(values).filter(([name]) => side.lensOf.has(name));
    return {
      side: side.name,
      recordId: recordAt(side.name),
      status: 'live',
      version: versionAt(side.name, START_MS),
      asOfMs: START_MS,
      lookedAtMs: START_MS,
      accounted: Object.fromEntries(mapped),
      agreed: Object.fromEntries(mapped.map(([name]) => [name, 1])),
      sent: [],
    };
  });
  const identity = { ...newIdentity('i1'), seq: 1, golden: values, edits };
  return deepFreeze({ identity, links, writes: [], holds: [] });
}

/** The id of the one record that a side holds in these tests. */
export function recordAt(side: string): string {
  return `${side}-record`;
}

export function versionAt(side: string, ms: number): string {
  return `${side}@${String(ms)}`;
}

/** What a look that began at `readBeganMs` showed of the side's record. */
export function seen(
  side: string,
  readBeganMs: number,
  values: Values,
  change: Partial<Observation> = {},
): Observation {
  const version = versionAt(side, readBeganMs);
  const readEndedMs = readBeganMs;
  return deepFreeze({ side, recordId: recordAt(side), version, values, readBeganMs, readEndedMs, ...change });
}

/** The bundle with its link to the side changed, or without it. */
export function relinked(bundle: Bundle, side: string, change: Partial<Link> | null): Bundle {
  const others = bundle.links.filter((link) => link.side !== side);
  const link = must(linkAt(bundle, side), 'only what is linked can be linked otherwise');
  return deepFreeze({ ...bundle, links: change === null ? others : [...others, { ...link, ...change }] });
}

/** The bundle with a write on its way to the side. */
export function writing(bundle: Bundle, side: string, change: Partial<OpenWrite> = {}): Bundle {
  const write: OpenWrite = {
    side,
    kind: 'update',
    state: 'sent',
    body: {},
    seq: bundle.identity.seq,
    ...change,
  };
  return deepFreeze({ ...bundle, writes: [write] });
}

/** Whoever changes what it was given is caught at once. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
