/**
 * What other rules of the data dictionary and other conditions would have said of values and records of the past. Nothing is guessed: where
 * what they go by is not known, nobody can tell.
 */
import { canonicalJson, type Json } from '../lib/json.ts';
import { takesPart } from './mapping.ts';
import type { SideDefinition, SideModel, SyncDefinition, SyncModel } from './model.ts';
import { compileRules, violationOf, type RuleModel, type ValueRule } from './rules.ts';
import type { Violation } from './state.ts';
import { InvalidValue, type FieldType, type NativeValue, type Values } from './value.ts';

/** A rule that is new or says something else, and what must be known of a record before it can be asked. */
interface NewRule {
  readonly goesBy: readonly string[];
  readonly model: RuleModel;
}

/** The rules that an edit changes. */
export interface ChangedRules {
  /** By field. */
  readonly added: ReadonlyMap<string, readonly NewRule[]>;
  /** Fields that a rule is taken from. */
  readonly dropped: ReadonlySet<string>;
  readonly after: RuleModel;
}

/** What is in both is left out. */
export function changedRules(before: SyncDefinition, after: SyncDefinition): ChangedRules {
  const types = new Map(after.fields.map(({ name, type }) => [name, type]));
  const [old, now] = [before.rules ?? [], after.rules ?? []];
  const added = now.filter((rule) => !old.some((known) => isSame(known, rule)));
  const dropped = old.filter((rule) => !now.some((known) => isSame(known, rule)));
  const ready = added.map((rule) => ({ field: rule.field, rule: newRule(rule, types) }));
  return {
    added: new Map(
      [...Map.groupBy(ready, ({ field }) => field)].map(([field, some]) => [
        field,
        some.map(({ rule }) => rule),
      ]),
    ),
    dropped: new Set(dropped.map(({ field }) => field)),
    after: compileRules(now, types),
  };
}

function newRule(rule: ValueRule, types: ReadonlyMap<string, FieldType>): NewRule {
  const words = new Set(rule.kind === 'expression' ? rule.text.match(/[A-Za-z_]\w*/g) : []);
  const others = [...types.keys()].filter((name) => words.has(name));
  return { goesBy: [rule.field, ...others], model: compileRules([rule], types) };
}

/** What the new rules say of a field's value; `isTold`: everything that they go by is known. */
export function judgedBy(
  { added }: ChangedRules,
  field: string,
  values: Values,
): { readonly violations: readonly Violation[]; readonly isTold: boolean } {
  const rules = added.get(field) ?? [];
  const known = rules.filter(({ goesBy }) => goesBy.every((name) => values[name] !== undefined));
  const violations = known.flatMap(({ model }) => violationOf(model, field, values) ?? []);
  return { violations, isTold: known.length === rules.length };
}

/** The sides whose condition is another. A side that is new, or no more there, has no past or no future. */
export function changedConditions(before: SyncDefinition, after: SyncDefinition): ReadonlySet<string> {
  return new Set(
    after.sides.flatMap((side) => {
      const old = before.sides.find(({ name }) => name === side.name);
      return old === undefined || isSame(conditionOf(old), conditionOf(side)) ? [] : [side.name];
    }),
  );
}

function conditionOf({ where, filter }: SideDefinition): unknown {
  return { where, filter };
}

/** Whether a record that held these values would take part by the edited condition; null where that cannot be told. */
export function wouldTakePart(
  before: SyncModel,
  after: SyncModel,
  name: string,
  values: Values,
): boolean | null {
  const [old, now] = [before.sideOf.get(name), after.sideOf.get(name)];
  if (old === undefined || now === undefined) return null;
  const natives = new Map<string, NativeValue>();
  for (const native of conditionNatives(now)) {
    const value = nativeAsRead(old, native, values);
    if (value === undefined) return null;
    natives.set(native, value);
  }
  const part = takesPart(now, natives);
  return part instanceof InvalidValue ? null : part;
}

function conditionNatives({ where, filter }: SideModel): readonly string[] {
  return [...where.map(({ native }) => native), ...(filter?.natives ?? [])];
}

/** What the native field held, as the mapping of then read it; undefined where that does not tell. */
function nativeAsRead({ lenses }: SideModel, native: string, values: Values): NativeValue | undefined {
  const lens = lenses.find((one) => one.native === native && one.computed === null && one.refersTo === null);
  const value = lens === undefined ? undefined : values[lens.field.name];
  if (lens === undefined || value === undefined) return undefined;
  const spelled = lens.put(value);
  if (spelled instanceof InvalidValue) return undefined;
  const back = lens.get(spelled);
  return !(back instanceof InvalidValue) && lens.field.same(back, value) ? spelled : undefined;
}

function isSame(left: unknown, right: unknown): boolean {
  return canonicalJson({ of: left } as Json) === canonicalJson({ of: right } as Json);
}
