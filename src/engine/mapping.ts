/** From a system's record to the entity's values, and back. */
import { canonicaliserOf } from './canonical.ts';
import type { Condition, FieldLens, SideModel } from './model.ts';
import { InvalidValue, type NativeValue, type Value, type Values } from './value.ts';

/** A field that cannot be read or written as the mapping says. Names the place, never the value. */
export interface FieldProblem {
  readonly field: string;
  readonly native: string;
  readonly code: string;
  readonly reason: string;
}

export type Reading =
  | { readonly kind: 'values'; readonly values: Values }
  | { readonly kind: 'excluded' }
  /** `readable`: what could be read all the same. It says whose the record may be, and no more; references say nothing of that. */
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[]; readonly readable: Values };

/** Reads every mapped field. A record is taken whole or not at all: half a record would merge as if it were all. */
export function readRecord(side: SideModel, natives: ReadonlyMap<string, NativeValue>): Reading {
  const part = takesPart(side, natives);
  if (part instanceof InvalidValue) {
    const read = readFields(side, natives);
    const readable = read.kind === 'values' ? withoutReferences(side, read.values) : read.readable;
    return { kind: 'invalid', problems: [filterProblem(side, part)], readable };
  }
  return part ? readFields(side, natives) : { kind: 'excluded' };
}

/** Whether the record meets the conditions of its side; the failure where the filter cannot say. */
export function takesPart(
  { where, filter }: SideModel,
  natives: ReadonlyMap<string, NativeValue>,
): boolean | InvalidValue {
  if (where.length > 0 && !where.every((condition) => meets(condition, natives))) return false;
  return filter === null ? true : filter.admits(natives);
}

function readFields(
  side: SideModel,
  natives: ReadonlyMap<string, NativeValue>,
): Exclude<Reading, { readonly kind: 'excluded' }> {
  const values: Record<string, Value | undefined> = { ...side.blank };
  let [problems, isWhole]: [FieldProblem[] | null, boolean] = [null, true];
  for (const lens of side.lenses) {
    const native = nativeOf(lens, natives);
    if (native === undefined) {
      isWhole = false;
      continue;
    }
    const value = native instanceof InvalidValue ? native : lens.get(native);
    if (value instanceof InvalidValue) {
      problems ??= [];
      problems.push({ field: lens.field.name, native: lens.native, code: value.code, reason: value.reason });
    } else values[lens.field.name] = value;
  }
  if (problems !== null)
    return { kind: 'invalid', problems, readable: withoutReferences(side, onlyGiven(values)) };
  return { kind: 'values', values: isWhole ? (values as Values) : onlyGiven(values) };
}

/** Undefined where the record says nothing, and where what it says is not compared. */
function nativeOf(
  { isBlind, computed, native }: FieldLens,
  natives: ReadonlyMap<string, NativeValue>,
): NativeValue | InvalidValue | undefined {
  if (isBlind) return undefined;
  return computed === null ? natives.get(native) : computed.read(natives);
}

/** A field without a value has no key. */
function onlyGiven(values: Readonly<Record<string, Value | undefined>>): Values {
  const given: Record<string, Value> = {};
  for (const name in values) {
    const value = values[name];
    if (value !== undefined) given[name] = value;
  }
  return given;
}

function withoutReferences({ references }: SideModel, values: Values): Values {
  const names = new Set(references.map(({ field }) => field.name));
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(name)));
}

/** Whether such a record takes part nobody can tell, so it waits by name instead of silently taking none. */
function filterProblem({ filter }: SideModel, { code, reason }: InvalidValue): FieldProblem {
  return { field: 'filter', native: filter?.natives.join(', ') ?? '', code, reason };
}

function meets(condition: Condition, natives: ReadonlyMap<string, NativeValue>): boolean {
  return condition.in.includes(conditionText(natives.get(condition.native) ?? null)) !== condition.negated;
}

const structureText = canonicaliserOf({ kind: 'json' });

/** What a condition compares. Null stands for "no value"; a structure that has no text meets nothing but a negation. */
function conditionText(native: NativeValue): string | null {
  if (native === null || native === '') return null;
  if (typeof native !== 'object') return String(native);
  const text = structureText(native);
  return typeof text === 'string' ? text : '';
}

/** A patch as the side spells it, or every field of it that has no spelling there. */
export type Rendering =
  | { readonly kind: 'natives'; readonly natives: ReadonlyMap<string, NativeValue> }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

/** A value of several fields is written to all of them together. */
function spread(parts: readonly string[], value: NativeValue, natives: Map<string, NativeValue>): void {
  const given = value as Readonly<Record<string, NativeValue>> | null;
  for (const name of parts) natives.set(name, given?.[name] ?? null);
}

/** Spells a patch the side's way. For a create, fields without a value take their `whenMissing`. */
export function renderBody(side: SideModel, body: Values, isCreate: boolean): Rendering {
  const natives = new Map<string, NativeValue>();
  const problems: FieldProblem[] = [];
  for (const lens of side.lenses) {
    if (lens.direction === 'in') continue;
    const value = body[lens.field.name];
    if (isCreate && (value === undefined || value === null) && lens.whenMissing !== undefined) {
      natives.set(lens.native, lens.whenMissing);
      continue;
    }
    if (value === undefined) continue;
    const native = lens.put(value);
    if (native instanceof InvalidValue) {
      problems.push({
        field: lens.field.name,
        native: lens.native,
        code: native.code,
        reason: native.reason,
      });
    } else if (lens.parts === null) natives.set(lens.native, native);
    else spread(lens.parts, native, natives);
  }
  return problems.length === 0 ? { kind: 'natives', natives } : { kind: 'invalid', problems };
}
