/** What an entry of the dictionary comes down to: a type, and rules that the engine runs. */
import { OWN_VALUE, type ValueRule } from '../../engine/rules.ts';
import { InvalidValue, type FieldType } from '../../engine/value.ts';
import { compileExpression } from '../../lib/cel/expression.ts';
import { goldenOf } from '../define-steps.ts';
import { fieldType } from '../define-type.ts';
import { typedField } from '../shape-field.ts';
import type { EntityEntry, FieldEntry, RuleEntry } from './shape.ts';

type TypeReading = ReturnType<typeof typedField.safeParse>;

/** The type as a sync file would declare it, with what is wrong about it. */
export function readType(entry: FieldEntry): TypeReading {
  const { type, scale, country, currency, to, many } = entry;
  const options = entry.values === undefined ? undefined : Object.keys(entry.values);
  return typedField.safeParse({
    type,
    ...(type === 'text' && entry.max_length !== undefined ? { max_length: entry.max_length } : {}),
    ...(scale === undefined ? {} : { scale }),
    ...(country === undefined ? {} : { country }),
    ...(currency === undefined ? {} : { currency }),
    ...(to === undefined ? {} : { to }),
    ...(many === undefined ? {} : { many }),
    ...(options !== undefined && (type === 'choice' || type === 'set') ? { options } : {}),
  });
}

/** Null for an entry whose type cannot be read; the checks have said so. */
export function typeOf(entry: FieldEntry): FieldType | null {
  const read = readType(entry);
  return read.success ? fieldType(read.data) : null;
}

/** The canonical spelling of a bound, or null where there is none or it is no value of the type. */
export function boundOf(type: FieldType, written: string | number | undefined): string | null {
  if (written === undefined) return null;
  const golden = goldenOf(type, written);
  return golden instanceof InvalidValue || typeof golden !== 'string' ? null : golden;
}

/** The rules of one field by itself, in the order in which they are told. `type` is that of the values. */
export function fieldRules(
  field: string,
  entry: FieldEntry,
  type: FieldType,
  entity: EntityEntry,
): readonly ValueRule[] {
  const onViolation = entry.on_violation ?? entity.on_violation ?? 'hold';
  const base = { field, onViolation } as const;
  const rules: ValueRule[] = [];
  if (entry.required === true) rules.push({ ...base, kind: 'required' });
  if (entry.values !== undefined) rules.push({ ...base, kind: 'allowed', values: Object.keys(entry.values) });
  if (entry.format !== undefined) rules.push({ ...base, kind: 'format', format: entry.format });
  if (entry.max_length !== undefined) rules.push({ ...base, kind: 'length', max: entry.max_length });
  const [min, max] = [boundOf(type, entry.min), boundOf(type, entry.max)];
  if (min !== null || max !== null) {
    const bounds = { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) };
    rules.push({ ...base, kind: 'range', ...bounds });
  }
  for (const rule of entry.rules ?? []) rules.push(expressionRule(field, rule, onViolation, false));
  return rules;
}

/** A rule on the record as a whole judges every field that it reads, so that whichever of them moves is stopped. */
export function recordRules({
  rules = [],
  on_violation: onViolation = 'hold',
}: EntityEntry): readonly ValueRule[] {
  return rules.flatMap((rule) =>
    namesIn(rule).map((field) => expressionRule(field, rule, onViolation, true)),
  );
}

/** The fields that a rule reads, the field's own value left out. */
export function namesIn({ must }: RuleEntry): readonly string[] {
  const compiled = compileExpression(must);
  return compiled.kind === 'bad' ? [] : compiled.names.filter((name) => name !== OWN_VALUE);
}

function expressionRule(
  field: string,
  rule: RuleEntry,
  otherwise: ValueRule['onViolation'],
  ofRecord: boolean,
): ValueRule {
  const { must: text, says } = rule;
  return { field, onViolation: rule.on_violation ?? otherwise, kind: 'expression', text, says, ofRecord };
}
