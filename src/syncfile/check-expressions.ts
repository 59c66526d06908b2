/** Expressions and templates: that they can be read, what they may name, and which way they go. */
import { fieldsOfTemplate } from '../engine/computed.ts';
import { VALUE_NAME } from '../engine/transforms/expressions.ts';
import { patternOf } from '../engine/transforms/joined.ts';
import { compileExpression } from '../lib/cel/expression.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
import type { MappingDraft, SideDraft } from './draft.ts';

export function checkFilter(side: SideDraft, findings: Findings): void {
  if (side.filter === null) return;
  const path = [...side.path, 'filter'];
  const names = namesIn(side.filter, path, findings);
  if (names !== null && names.length === 0)
    findings.atValue(path, 'the filter names no field of this side', 'Remove it, or name a field.');
}

export function checkComputed({ shape, path, direction }: MappingDraft, findings: Findings): void {
  const given = (['template', 'expression'] as const).filter((key) => shape[key] !== undefined);
  const [key, other] = given;
  if (key === undefined) return;
  if (other !== undefined) {
    findings.atKey([...path, other], 'a mapping takes one of template, expression, not both', 'Keep one.');
    return;
  }
  const text = shape[key] ?? '';
  const place = [...path, key];
  if (direction === 'both' && key === 'expression') {
    const message = `\`${key}\` computes a value, and nothing leads back from it`;
    findings.atKey(place, message, 'Say which way it goes: `direction: in` or `direction: out`.');
    return;
  }
  if (direction !== 'out' && shape.field !== undefined) {
    const message = `\`${key}\` names the fields it reads, and \`field\` names another one`;
    findings.atKey([...path, 'field'], message, 'Remove `field`.');
  }
  if (direction === 'both') {
    checkJoined(shape, path, findings);
    return;
  }
  const names = key === 'template' ? fieldsOfTemplate(text) : namesIn(text, place, findings);
  if (names === null) return;
  if (direction === 'out') checkOwnValue(key, names, place, findings);
  else if (names.length === 0)
    findings.atValue(place, `the ${key} names no field of this side`, 'Name one, or remove the mapping.');
}

/** What cannot be told apart again must not be joined: every part is named once, with something between. */
function checkJoined(shape: MappingDraft['shape'], path: Path, findings: Findings): void {
  const place = [...path, 'template'];
  const { names, marks } = patternOf(shape.template ?? '');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (names.length < 2)
    findings.atValue(place, 'a template that goes both ways names two fields or more', GO_ONE_WAY);
  else if (twice !== undefined)
    findings.atValue(place, `\`${twice}\` is named twice, and two parts may differ`, 'Name each field once.');
  else if (marks.slice(1).includes(''))
    findings.atValue(
      place,
      'two fields touch, and nothing tells where one ends',
      `Put a sign between. Or: ${GO_ONE_WAY}`,
    );
  for (const key of ['rest', 'alone'] as const) {
    const name = shape[key];
    if (name === undefined || names.includes(name)) continue;
    findings.atValue([...path, key], `the template has no field \`${name}\``, suggest(name, names));
  }
  const besides = BESIDE_JOINED.filter((key) => shape[key] !== undefined);
  for (const key of besides)
    findings.atKey(
      [...path, key],
      `\`${key}\` is about one field, and the template is of several`,
      `Remove \`${key}\`.`,
    );
}

const GO_ONE_WAY = 'Let this side only give the value: `direction: in`.';
const BESIDE_JOINED = [
  ...(['values', 'as', 'prefix', 'case', 'trim', 'part', 'max_length', 'separator', 'null_as'] as const),
  ...(['when_missing', 'number_format', 'date_format', 'local_time'] as const),
];

/** What is written is computed from the one value that is owed: another one may not even be known then. */
function checkOwnValue(key: string, names: readonly string[], path: Path, findings: Findings): void {
  const foreign = names.filter((name) => name !== VALUE_NAME);
  if (foreign.length > 0) {
    const message = `a ${key} that is written knows only \`${VALUE_NAME}\`, and this one names ${listed(foreign)}`;
    const fix = `Compute it where it is read: \`direction: in\` at the side that gives it, and map the result here.`;
    findings.atValue(path, message, fix);
  } else if (names.length === 0) {
    findings.atValue(path, `the ${key} does not name \`${VALUE_NAME}\``, `Name \`${VALUE_NAME}\` in it.`);
  }
}

/** The names in an expression, or null with the reason reported, at the very sign, why it cannot be read. */
function namesIn(text: string, path: Path, findings: Findings): readonly string[] | null {
  const compiled = compileExpression(text);
  if (compiled.kind === 'expression') return compiled.names;
  findings.inText(path, compiled.offset, compiled.message, compiled.fix);
  return null;
}
