/** What the data dictionary demands of values, and what becomes of one that breaks it on its way in. */
import { unreachable } from '../lib/assert.ts';
import { compileExpression, type Expression } from '../lib/cel/expression.ts';
import type { Json } from '../lib/json.ts';
import { compareDecimals } from './decimal.ts';
import { matchesFormat } from './format.ts';
import type { Bundle, OnViolation, OpenHold, Violation } from './state.ts';
import { isEmpty, sameValue, type FieldType, type Value, type Values } from './value.ts';

/** One demand on one field. An empty value breaks no rule but `required` and expressions over several fields. */
export type ValueRule = { readonly field: string; readonly onViolation: OnViolation } & (
  | { readonly kind: 'required' }
  | { readonly kind: 'allowed'; readonly values: readonly string[] }
  /** A pattern of `format.ts`. */
  | { readonly kind: 'format'; readonly format: string }
  | { readonly kind: 'length'; readonly max: number }
  /** Canonical values of the field's own type, both included. */
  | { readonly kind: 'range'; readonly min?: string; readonly max?: string }
  /** CEL over the fields of the entity; the field's own value is also called `value`. It holds when true. */
  | {
      readonly kind: 'expression';
      readonly text: string;
      readonly says: string;
      /** The rule is about the record as a whole, and also judges a field that is empty. */
      readonly ofRecord: boolean;
    }
);

interface Check {
  readonly onViolation: OnViolation;
  /** The breach, or null. */
  readonly broken: (value: Value, values: Values) => string | null;
}

/** Rules ready to run, by field. */
export type RuleModel = ReadonlyMap<string, readonly Check[]>;

/** Makes rules runnable. An expression that cannot be compiled is broken by every value; the checks have refused it. */
export function compileRules(rules: readonly ValueRule[], types: ReadonlyMap<string, FieldType>): RuleModel {
  const byField = new Map<string, Check[]>();
  for (const rule of rules) {
    const checks = byField.get(rule.field) ?? [];
    checks.push({ onViolation: rule.onViolation, broken: brokenBy(rule, types) });
    byField.set(rule.field, checks);
  }
  return byField;
}

const STRICTNESS: readonly OnViolation[] = ['flag', 'correct', 'hold'];

/** What of the dictionary the field's value breaks; the strictest of the broken rules decides. `values`: the whole record. */
export function violationOf(rules: RuleModel, field: string, values: Values): Violation | null {
  const checks = rules.get(field);
  const value = values[field];
  if (checks === undefined || value === undefined) return null;
  const sentences: string[] = [];
  let strictest = -1;
  for (const { onViolation, broken } of checks) {
    const says = broken(value, values);
    if (says === null) continue;
    strictest = Math.max(strictest, STRICTNESS.indexOf(onViolation));
    sentences.push(says);
  }
  const onViolation = STRICTNESS[strictest];
  return onViolation === undefined ? null : { field, onViolation, says: sentences.join('; ') };
}

/**
 * The holds that are still to be answered: one for a broken rule is settled when no record of the identity holds a value
 * any more that breaks it and is not golden.
 */
export function unsettled(rules: RuleModel, { identity, links, holds }: Bundle): readonly OpenHold[] {
  if (!holds.some(({ reason }) => reason === 'violation')) return holds;
  return holds.filter(({ reason, field }) => {
    if (reason !== 'violation' || field === null) return true;
    return links.some(({ status, accounted }) => {
      const value = accounted[field];
      if (status !== 'live' || value === undefined || sameValue(value, identity.golden[field])) return false;
      const violation = violationOf(rules, field, { ...identity.golden, ...accounted });
      return violation !== null && violation.onViolation !== 'flag';
    });
  });
}

function brokenBy(rule: ValueRule, types: ReadonlyMap<string, FieldType>): Check['broken'] {
  switch (rule.kind) {
    case 'required':
      return (value) => (isEmpty(value) ? 'it must not be empty' : null);
    case 'allowed': {
      const listed = rule.values.slice(0, 12).join(', ');
      return unlessEmpty((texts) =>
        texts.every((text) => rule.values.includes(text)) ? null : `it must be one of ${listed}`,
      );
    }
    case 'format':
      return unlessEmpty((texts) =>
        texts.every((text) => matchesFormat(rule.format, text)) ? null : `it must look like ${rule.format}`,
      );
    case 'length':
      return unlessEmpty((texts) =>
        texts.every((text) => [...text].length <= rule.max)
          ? null
          : `it must have at most ${String(rule.max)} characters`,
      );
    case 'range':
      return unlessEmpty((texts) =>
        texts.every((text) => isWithin(rule, text, types)) ? null : rangeText(rule),
      );
    case 'expression':
      return expressionCheck(rule, types);
    default:
      return unreachable(rule);
  }
}

/** Every element of a set by itself; other values as the one text they are. */
function unlessEmpty(broken: (texts: readonly string[]) => string | null): Check['broken'] {
  return (value) => {
    if (value === null || isEmpty(value)) return null;
    return broken(typeof value === 'object' ? value : [String(value)]);
  };
}

type Range = Extract<ValueRule, { readonly kind: 'range' }>;

const NUMBERS: ReadonlySet<FieldType['kind']> = new Set(['integer', 'decimal', 'money']);

/** Dates and moments in their canonical form are in the order of their texts. */
function isWithin({ field, min, max }: Range, text: string, types: ReadonlyMap<string, FieldType>): boolean {
  const isNumber = NUMBERS.has(types.get(field)?.kind ?? 'text');
  const compare = isNumber ? compareDecimals : compareTexts;
  return (min === undefined || compare(text, min) >= 0) && (max === undefined || compare(text, max) <= 0);
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function rangeText({ min, max }: Range): string {
  if (min === undefined) return `it must be at most ${max ?? ''}`;
  return max === undefined ? `it must be at least ${min}` : `it must be between ${min} and ${max}`;
}

type ExpressionRule = Extract<ValueRule, { readonly kind: 'expression' }>;

/** What the field's own value is called in a rule. */
export const OWN_VALUE = 'value';

function expressionCheck(rule: ExpressionRule, types: ReadonlyMap<string, FieldType>): Check['broken'] {
  const compiled = compileExpression(rule.text);
  if (compiled.kind === 'bad') return () => `the rule cannot be read: ${compiled.message}`;
  return (value, values) => {
    if (!rule.ofRecord && isEmpty(value)) return null;
    return judged(compiled, rule, (name) => {
      const field = name === OWN_VALUE && !rule.ofRecord ? rule.field : name;
      return asCel(types.get(field)?.kind, values[field]);
    });
  };
}

/** A rule that cannot be judged is not kept: nobody has seen that it is. */
function judged(
  compiled: Expression,
  { says }: ExpressionRule,
  valueOf: (name: string) => Json | undefined,
): string | null {
  const result = compiled.evaluate(valueOf);
  if (result.kind === 'failed') return `${says} (this could not be told: ${result.reason})`;
  return result.value === true ? null : says;
}

/** Numbers are compared as numbers; what a double cannot hold exactly is compared as the nearest one. */
function asCel(kind: FieldType['kind'] | undefined, value: Value | undefined): Json | undefined {
  const isNumber = kind === 'integer' || kind === 'decimal' || kind === 'money';
  if (!isNumber || typeof value !== 'string') return value;
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}
