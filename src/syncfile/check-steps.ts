/** The steps of a mapping: that they fit the field, one another, and the way the mapping goes. */
import { must } from '../lib/assert.ts';
import { hasCountryNames } from '../lib/standards/countries.ts';
import { currencyDigits } from '../lib/standards/currencies.ts';
import { isPhoneRegion } from '../lib/standards/phones.ts';
import { subdivisionCodes } from '../lib/standards/subdivisions.ts';
import { timeZoneOf } from '../lib/standards/time-zones.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import { listed, suggest } from '../lib/yaml/suggest.ts';
import { spellingOf, SPELLINGS } from './define-steps.ts';
import { fieldType } from './define-type.ts';
import type { FieldDraft, MappingDraft } from './draft.ts';
import type { FieldShape } from './shape-field.ts';
import type { MappingShape } from './shape-mapping.ts';

type Type = FieldShape['type'];
type StepKey = keyof MappingShape;

const WORDS: readonly Type[] = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'email',
  'uuid',
  'choice',
  'country',
  'subdivision',
  'currency',
  'time_zone',
];

/** How a side can spell a value, and which types that leads to. A mapping takes one of them. */
const SPELLED: ReadonlyMap<StepKey, readonly Type[]> = new Map<StepKey, readonly Type[]>([
  ['values', WORDS],
  ['minor_units', ['integer', 'decimal', 'money']],
  ['number_format', ['integer', 'decimal', 'money']],
  ['percent', ['integer', 'decimal']],
  ['unix', ['instant']],
  ['date_format', ['date']],
  ['local_time', ['instant']],
  ['separator', ['set']],
  ['case', ['text', 'email', 'uuid', 'choice']],
  ['as', ['phone', 'country', 'subdivision', 'salesforce_id']],
  ['part', ['text']],
]);

/** What can be said besides. */
const BESIDES: ReadonlyMap<StepKey, readonly Type[]> = new Map<StepKey, readonly Type[]>([
  ['round', ['decimal', 'money']],
  ['trim', ['text']],
  ['max_length', ['text', 'url', 'html']],
]);

export function checkSteps(field: FieldDraft, mapping: MappingDraft, findings: Findings): void {
  const { shape, path } = mapping;
  const given = [...SPELLED.keys()].filter((key) => shape[key] !== undefined);
  if (given.length > 1) {
    findings.atKey(
      [...path, given[1] ?? ''],
      `a mapping takes one of ${listed(given)}, not both`,
      'Keep the one that says how the side spells the value.',
    );
  }
  const besides = [...BESIDES.keys()].filter((key) => shape[key] !== undefined);
  for (const key of [...given.slice(0, 1), ...besides])
    checkType(field, mapping, key, SPELLED.get(key) ?? BESIDES.get(key), findings);
  const { type } = field.shape;
  if (shape.prefix !== undefined && (type === 'set' || type === 'json')) {
    const message = `a prefix stands before text, and \`${field.name}\` is of type ${type}`;
    findings.atKey([...path, 'prefix'], message, 'Remove `prefix`.');
  }
  if (shape.template !== undefined && mapping.direction === 'both')
    checkType(field, mapping, 'template', ['text'], findings);
  checkOneWayKeys(mapping, findings);
  checkCompanions(mapping, findings);
  checkCase(field, mapping, findings);
  checkSpelling(field, mapping, findings);
  checkZone(mapping, findings);
}

function checkType(
  field: FieldDraft,
  { path }: MappingDraft,
  key: StepKey,
  allowed: readonly Type[] | undefined,
  findings: Findings,
): void {
  const types = must(allowed, 'every step names its types');
  const { type } = field.shape;
  if (types.includes(type)) {
    const isMixed = field.shape.type === 'money' && field.shape.currency === undefined;
    if (!isMixed) return;
    const message = `\`${key}\` spells an amount, and \`${field.name}\` holds amounts with their currencies`;
    findings.atKey([...path, key], message, 'Give the field a `currency`, or map amount and currency apart.');
    return;
  }
  const message = `\`${key}\` gives ${listed(types)}, and \`${field.name}\` is of type ${type}`;
  findings.atKey([...path, key], message, `Remove \`${key}\`, or give the field another type.`);
}

const GIVES_ONLY = 'Let this side only give the value: `direction: in`.';
const RECEIVES_ONLY = 'Let this side only receive the value: `direction: out`.';

function checkOneWayKeys({ shape, path, direction }: MappingDraft, findings: Findings): void {
  if (shape.otherwise !== undefined && shape.values === undefined) {
    findings.atKey([...path, 'otherwise'], '`otherwise` belongs to `values`', 'Add `values`, or remove it.');
  } else if (shape.otherwise !== undefined && direction === 'both') {
    const message = '`otherwise` cannot be written back: nothing tells which value it stood for';
    findings.atKey([...path, 'otherwise'], message, GIVES_ONLY);
  }
  if (shape.when_missing !== undefined && direction === 'in') {
    const message = '`when_missing` is what is written, and nothing is written here (direction: in)';
    findings.atKey([...path, 'when_missing'], message, 'Remove it, or let the side receive the value.');
  }
  if (shape.default !== undefined && direction !== 'in') {
    const message =
      '`default` cannot be written back: nothing tells it from the same value entered by a person';
    findings.atKey([...path, 'default'], message, GIVES_ONLY);
  }
  if (shape.part !== undefined && direction !== 'in') {
    const message = '`part` cannot be written back: the other parts would be lost';
    findings.atKey([...path, 'part'], message, GIVES_ONLY);
  }
  if (shape.round !== undefined && direction !== 'out') {
    const message = '`round` loses digits, which a value that is read back would miss';
    findings.atKey([...path, 'round'], message, `${RECEIVES_ONLY} Or give the field a \`scale\`.`);
  }
  if (shape.too_long === 'cut' && direction !== 'out') {
    const message = '`too_long: cut` loses the rest, which a value that is read back would miss';
    findings.atKey([...path, 'too_long'], message, `${RECEIVES_ONLY} Or write \`too_long: refuse\`.`);
  }
  if (shape.write === 'never' && direction !== 'in') {
    const message = `\`write: never\` contradicts \`direction: ${direction}\``;
    findings.atKey([...path, 'write'], message, 'Keep one of the two.');
  }
  if (shape.write !== undefined && shape.write !== 'never' && direction === 'in') {
    const message = `\`write: ${shape.write}\` contradicts \`direction: in\`, which never writes`;
    findings.atKey([...path, 'write'], message, 'Keep one of the two.');
  }
}

/** Keys that say something about another key. */
function checkCompanions({ shape, path, direction }: MappingDraft, findings: Findings): void {
  for (const key of ['rest', 'alone'] as const) {
    if (shape[key] === undefined || (shape.template !== undefined && direction === 'both')) continue;
    const message = `\`${key}\` belongs to a \`template\` that goes both ways`;
    findings.atKey([...path, key], message, 'Add one, or remove it.');
  }
  for (const key of ['count', 'too_long'] as const) {
    if (shape[key] === undefined || shape.max_length !== undefined) continue;
    findings.atKey([...path, key], `\`${key}\` belongs to \`max_length\``, 'Add `max_length`, or remove it.');
  }
}

function checkCase(field: FieldDraft, { shape, path, direction }: MappingDraft, findings: Findings): void {
  const isCounted = field.shape.type === 'text' && field.shape.ignore_case !== true;
  if (shape.case === undefined || direction !== 'both' || !isCounted) return;
  const message = `\`case: ${shape.case}\` loses the case of \`${field.name}\`, where case counts`;
  findings.atKey(
    [...path, 'case'],
    message,
    'Give the field `ignore_case: true`, or the mapping a direction.',
  );
}

function checkSpelling(field: FieldDraft, { shape, path }: MappingDraft, findings: Findings): void {
  if (shape.as === undefined) return;
  const type = fieldType(field.shape);
  const step = spellingOf(shape.as, type);
  const known = SPELLINGS.get(type.kind) ?? [];
  if (step === null && known.length > 0) {
    const message = `\`${field.name}\` cannot be spelled \`${shape.as}\``;
    findings.atValue([...path, 'as'], message, suggest(shape.as, known));
  } else if (step?.kind === 'countryName' && !hasCountryNames(step.language)) {
    const message = `the names of countries are not known in \`${step.language}\``;
    findings.atValue([...path, 'as'], message, 'Write the two letters of a language: name:de.');
  }
}

function checkZone({ shape, path }: MappingDraft, findings: Findings): void {
  if (shape.local_time === undefined || timeZoneOf(shape.local_time.zone) !== null) return;
  findings.atValue(
    [...path, 'local_time', 'zone'],
    `there is no time zone \`${shape.local_time.zone}\``,
    'Name one of the IANA database, such as Europe/Berlin.',
  );
}

/** Codes that a field's type is told and that nobody has. */
export function checkTypeCodes({ shape, path }: FieldDraft, findings: Findings): void {
  if (shape.type === 'phone' && shape.region !== undefined && !isPhoneRegion(shape.region))
    findings.atValue([...path, 'region'], `\`${shape.region}\` is no country with telephones`);
  if (shape.type === 'subdivision' && subdivisionCodes(shape.country).length === 0)
    findings.atValue([...path, 'country'], `no subdivisions are known of \`${shape.country}\``);
  if (shape.type === 'money' && shape.currency !== undefined && currencyDigits(shape.currency) === null)
    findings.atValue([...path, 'currency'], `there is no currency \`${shape.currency}\``);
  for (const [index, language] of (shape.type === 'country' ? (shape.languages ?? []) : []).entries()) {
    if (hasCountryNames(language)) continue;
    const message = `the names of countries are not known in \`${language}\``;
    findings.atValue([...path, 'languages', index], message, 'Remove it.');
  }
}
