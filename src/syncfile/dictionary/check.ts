/** Whether a dictionary is good in itself: rules that can be read, types that are whole, examples that keep the rules. */
import { OWN_VALUE, compileRules, violationOf } from '../../engine/rules.ts';
import { InvalidValue, type FieldType } from '../../engine/value.ts';
import { compileExpression } from '../../lib/cel/expression.ts';
import { complain } from '../../lib/yaml/complaints.ts';
import type { Findings } from '../../lib/yaml/findings.ts';
import type { Path } from '../../lib/yaml/places.ts';
import { suggest } from '../../lib/yaml/suggest.ts';
import { goldenOf } from '../define-steps.ts';
import { fieldType } from '../define-type.ts';
import { boundOf, fieldRules, readType } from './entry.ts';
import type { EntityEntry, FieldEntry, RuleEntry } from './shape.ts';

export function checkEntity(name: string, entity: EntityEntry, findings: Findings): void {
  const path = ['entities', name];
  const known = Object.keys(entity.fields);
  for (const [field, entry] of Object.entries(entity.fields))
    checkEntry(field, entry, entity, [...path, 'fields', field], findings);
  for (const [index, rule] of (entity.rules ?? []).entries()) {
    const place = [...path, 'rules', index, 'must'];
    const names = checkRule(rule, known, place, findings);
    if (names !== null && names.length === 0)
      findings.atValue(place, 'the rule names no field', 'Name the fields that it is about.');
  }
}

function checkEntry(
  field: string,
  entry: FieldEntry,
  entity: EntityEntry,
  path: Path,
  findings: Findings,
): void {
  const read = readType(entry);
  if (!read.success) {
    const isChoice = entry.type === 'choice' && entry.values === undefined;
    if (isChoice)
      findings.atKey([...path, 'values'], '`values` is missing', 'List the values and what each means.');
    else complain(findings, read.error.issues, { ...entry } as never, path);
    return;
  }
  const type = fieldType(read.data);
  const known = [...Object.keys(entity.fields), OWN_VALUE];
  for (const [index, rule] of (entry.rules ?? []).entries())
    checkRule(rule, known, [...path, 'rules', index, 'must'], findings);
  checkBounds(entry, type, path, findings);
  if (!findings.under(path)) checkExamples(field, entry, type, entity, path, findings);
}

/** The names that the rule reads, or null with the reason reported why it cannot be read. */
function checkRule(
  { must }: RuleEntry,
  known: readonly string[],
  path: Path,
  findings: Findings,
): readonly string[] | null {
  const compiled = compileExpression(must);
  if (compiled.kind === 'bad') {
    findings.inText(path, compiled.offset, compiled.message, compiled.fix);
    return null;
  }
  for (const name of compiled.names) {
    if (known.includes(name)) continue;
    findings.atValue(path, `the entity has no field \`${name}\``, suggest(name, known));
  }
  return compiled.names;
}

const ORDERED: readonly FieldType['kind'][] = ['integer', 'decimal', 'date', 'time', 'instant'];

function checkBounds(entry: FieldEntry, type: FieldType, path: Path, findings: Findings): void {
  for (const key of ['min', 'max'] as const) {
    const written = entry[key];
    if (written === undefined) continue;
    const isOrdered = ORDERED.includes(type.kind) || (type.kind === 'money' && type.currency !== undefined);
    if (!isOrdered)
      findings.atKey([...path, key], `values of type ${entry.type} have no order`, `Remove \`${key}\`.`);
    else if (boundOf(type, written) === null)
      findings.atValue([...path, key], `this is no value of type ${entry.type}`, 'Write one that is.');
  }
}

/** What the dictionary shows as good must be good. Rules over several fields cannot be tried on one. */
function checkExamples(
  field: string,
  entry: FieldEntry,
  type: FieldType,
  entity: EntityEntry,
  path: Path,
  findings: Findings,
): void {
  const alone = fieldRules(field, entry, type, entity).filter(
    (rule) => rule.kind !== 'expression' || readsOnly(rule.text, field),
  );
  const rules = compileRules(alone, new Map([[field, type]]));
  for (const [index, example] of (entry.examples ?? []).entries()) {
    const place = [...path, 'examples', index];
    const golden = goldenOf(type, example);
    if (golden instanceof InvalidValue)
      findings.atValue(place, `this is no value of the field: ${golden.reason}`, 'Write one that is.');
    else {
      const violation = violationOf(rules, field, { [field]: golden });
      if (violation !== null)
        findings.atValue(
          place,
          `the example breaks a rule: ${violation.says}`,
          'Correct the example or the rule.',
        );
    }
  }
}

function readsOnly(text: string, field: string): boolean {
  const compiled = compileExpression(text);
  return (
    compiled.kind === 'expression' && compiled.names.every((name) => name === OWN_VALUE || name === field)
  );
}
