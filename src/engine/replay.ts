/**
 * Runs what the journal tells of one identity through an edited mapping, and names every value that would have been another.
 * The journal keeps values as the mapping of its time understood them, so each is spelled as the side had it, and read anew.
 * What a person or a policy ruled is taken as it was ruled.
 */
import { canonicalJson, type Json } from '../lib/json.ts';
import type { FieldLens, SyncDefinition, SyncModel } from './model.ts';
import { InvalidValue, sameValue, type NativeValue, type Value, type Values } from './value.ts';

/** The present sync and the edited one, and which of their mappings are not the same. */
interface EditedSync {
  readonly before: SyncModel;
  readonly after: SyncModel;
  /** By side, the fields that are mapped otherwise there, or are of another type. */
  readonly remapped: ReadonlyMap<string, ReadonlySet<string>>;
}

/** One entry of the journal, as far as values are concerned. */
export interface Happening {
  readonly atMs: number;
  readonly side: string;
  readonly recordId: string | null;
  readonly kind: 'read' | 'written' | 'ruled';
  /** What was read there, or written. */
  readonly values: Values;
  /** What of it became golden. */
  readonly golden: Values;
}

/** A value that would have been another. Undefined stands for none at all. */
export interface Difference {
  readonly kind: 'differs';
  readonly atMs: number;
  readonly side: string;
  readonly recordId: string | null;
  readonly field: string;
  readonly native: string;
  /** What was read is told as the field's value, what was written as the side spells it. */
  readonly way: 'read' | 'written';
  readonly was: NativeValue | undefined;
  readonly would: NativeValue | undefined;
  /** Why there would be none; null where there would be one. */
  readonly reason: string | null;
}

/** A value of which the journal does not hold what the edited mapping would read. */
export interface Untold {
  readonly kind: 'untold';
  readonly side: string;
  readonly field: string;
  readonly native: string;
}

/** A golden value as it became, and as it would have become; undefined where it could not have been read. */
interface Became {
  readonly was: Value;
  readonly would: Value | undefined;
}

/** What became golden in the happenings so far, by field. Begins empty for each identity. */
export type Replayed = Map<string, Became>;

/** Which mappings an edit touches: what is not among them reads and writes as it did. */
export function remappedBy(before: SyncDefinition, after: SyncDefinition): EditedSync['remapped'] {
  const retyped = new Set(
    before.fields
      .filter((field) => {
        const now = after.fields.find(({ name }) => name === field.name);
        return !isSame([now?.type, now?.ignoreCase], [field.type, field.ignoreCase]);
      })
      .map(({ name }) => name),
  );
  const names = new Set([...before.sides, ...after.sides].map(({ name }) => name));
  return new Map(
    [...names].map((name) => {
      const [old, now] = [before, after].map(
        ({ sides }) => sides.find((side) => side.name === name)?.fields ?? [],
      );
      const fields = new Set([...(old ?? []), ...(now ?? [])].map(({ field }) => field));
      const touched = [...fields].filter((field) => {
        const [was, is] = [old, now].map((known) => known?.find((mapping) => mapping.field === field));
        return retyped.has(field) || !isSame(was, is);
      });
      return [name, new Set(touched)];
    }),
  );
}

/** Definitions and native values are plain data. */
function isSame(left: unknown, right: unknown): boolean {
  return canonicalJson({ of: left } as Json) === canonicalJson({ of: right } as Json);
}

/** Of each happening in the order of time; `linked` are the sides where the identity has a record, with its id. */
export function* replay(
  edit: EditedSync,
  replayed: Replayed,
  linked: ReadonlyMap<string, string>,
  happening: Happening,
): Generator<Difference | Untold> {
  if (happening.kind === 'written') yield* rewritten(edit, replayed, happening);
  else {
    const { kind, side, values, golden } = happening;
    for (const field of new Set([...Object.keys(values), ...Object.keys(golden)])) {
      const value = (field in golden ? golden : values)[field] ?? null;
      const reading = kind === 'ruled' ? value : reread(edit, side, field, value);
      const difference = readDifference(edit, happening, field, value, reading);
      if (difference !== null) yield difference;
      const would = reading instanceof InvalidValue ? undefined : reading === undefined ? value : reading;
      if (!(field in golden)) continue;
      const earlier = replayed.get(field)?.would ?? null;
      replayed.set(field, { was: value, would });
      // That there is no value was never owed to a side which never had one.
      if (would !== undefined && (would !== null || earlier !== null))
        yield* newlyWritten(edit, linked, happening, field, would);
    }
  }
}

/** The value as the edited mapping would have read it; undefined where the journal cannot say what stood there. */
function reread(
  { before, after, remapped }: EditedSync,
  side: string,
  field: string,
  value: Value,
): Value | InvalidValue | undefined {
  if (remapped.get(side)?.has(field) !== true) return value;
  const [old, now] = [before, after].map((model) => model.sideOf.get(side)?.lensOf.get(field));
  if (now === undefined || now.direction === 'out') return NOT_READ;
  if (old === undefined || now.native !== old.native || now.computed !== null || old.computed !== null)
    return undefined;
  const native = old.put(value);
  if (native instanceof InvalidValue) return undefined;
  const back = old.get(native);
  if (back instanceof InvalidValue || !old.field.same(back, value)) return undefined;
  return now.get(native);
}

const NOT_READ = new InvalidValue('not_read', 'it is not read there any more');

function readDifference(
  { before, after }: EditedSync,
  { atMs, side, recordId }: Happening,
  field: string,
  was: Value,
  reading: Value | InvalidValue | undefined,
): Difference | Untold | null {
  const lens = after.sideOf.get(side)?.lensOf.get(field) ?? before.sideOf.get(side)?.lensOf.get(field);
  const native = lens?.native ?? '';
  if (reading === undefined) return { kind: 'untold', side, field, native };
  const place = { kind: 'differs', atMs, side, recordId, field, native, way: 'read', was } as const;
  if (reading instanceof InvalidValue) return { ...place, would: undefined, reason: reading.reason };
  if (sameValue(was, reading) || lens?.field.same(was, reading) === true) return null;
  return { ...place, would: reading, reason: null };
}

function* rewritten(
  { before, after }: EditedSync,
  replayed: Replayed,
  { atMs, side, recordId, values }: Happening,
): Generator<Difference> {
  for (const [field, value] of Object.entries(values)) {
    const became = replayed.get(field);
    const would = became !== undefined && sameValue(became.was, value) ? became.would : value;
    const old = writingLens(before, side, field);
    const now = writingLens(after, side, field);
    const was = old?.put(value);
    if (was instanceof InvalidValue) continue;
    const place = { kind: 'differs', atMs, side, recordId, field, way: 'written', was } as const;
    const native = now?.native ?? old?.native ?? '';
    if (now === undefined || would === undefined) {
      const reason = now === undefined ? 'it is not written there any more' : 'it could not have been read';
      if (was !== undefined) yield { ...place, native, would: undefined, reason };
      continue;
    }
    const spelled = now.put(would);
    if (spelled instanceof InvalidValue) yield { ...place, native, would: undefined, reason: spelled.reason };
    else if (native !== old?.native || !isSame(spelled, was))
      yield { ...place, native, would: spelled, reason: null };
  }
}

/** Sides that received nothing of the field would have been told of the change. */
function* newlyWritten(
  { before, after }: EditedSync,
  linked: ReadonlyMap<string, string>,
  { atMs, side: from }: Happening,
  field: string,
  value: Value,
): Generator<Difference> {
  for (const [side, recordId] of linked) {
    const now = writingLens(after, side, field);
    if (side === from || now === undefined || writingLens(before, side, field) !== undefined) continue;
    const spelled = now.put(value);
    const isRefused = spelled instanceof InvalidValue;
    yield {
      kind: 'differs',
      atMs,
      side,
      recordId,
      field,
      native: now.native,
      way: 'written',
      was: undefined,
      would: isRefused ? undefined : spelled,
      reason: isRefused ? spelled.reason : null,
    };
  }
}

function writingLens(model: SyncModel, side: string, field: string): FieldLens | undefined {
  const lens = model.sideOf.get(side)?.lensOf.get(field);
  return lens?.direction === 'in' ? undefined : lens;
}
