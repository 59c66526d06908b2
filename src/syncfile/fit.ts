/** Whether a field of the entity and a field of a system can hold each other's values, after the steps of the mapping. */
import type { FieldDescription } from '../connector/contract.ts';
import type { FieldDefinition, MappingDefinition } from '../engine/model.ts';
import type { Transform } from '../engine/transforms/step.ts';
import type { FieldType } from '../engine/value.ts';
import { listed } from '../lib/yaml/suggest.ts';

export interface Misfit {
  readonly message: string;
  readonly fix: string;
}

type Kind = FieldType['kind'];

const SCALARS: readonly Kind[] = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'time',
  'instant',
  'email',
  'uuid',
  'choice',
  'phone',
  'country',
  'subdivision',
  'currency',
  'money',
  'timeZone',
  'url',
  'html',
  'salesforceId',
];

/** What keeps the id of a record. */
const RECORD_IDS: readonly Kind[] = ['integer', 'text', 'uuid', 'salesforceId'];

/** From which native types a field without steps can be read. Text can spell anything; what it spells is seen in use. */
const READ_FROM: Readonly<Record<Kind, readonly Kind[]>> = {
  text: [...SCALARS, 'json'],
  integer: ['integer', 'decimal', 'text', 'choice'],
  decimal: ['decimal', 'integer', 'text', 'choice'],
  boolean: ['boolean', 'integer', 'text', 'choice'],
  date: ['date', 'text'],
  time: ['time', 'text'],
  instant: ['instant', 'text'],
  email: ['email', 'text'],
  uuid: ['uuid', 'text'],
  choice: ['choice', 'text', 'integer', 'boolean'],
  set: ['set', 'json'],
  json: ['json', 'text', 'set', ...SCALARS],
  phone: ['phone', 'text', 'integer'],
  country: ['country', 'text', 'integer', 'choice'],
  subdivision: ['subdivision', 'text', 'choice'],
  currency: ['currency', 'text', 'integer', 'choice'],
  money: ['money', 'decimal', 'integer', 'text'],
  timeZone: ['timeZone', 'text', 'choice'],
  url: ['url', 'text'],
  html: ['html', 'text'],
  salesforceId: ['salesforceId', 'text'],
  reference: RECORD_IDS,
};

/** Into which native types every value of a field without steps can be written. */
const WRITTEN_TO: Readonly<Record<Kind, readonly Kind[]>> = {
  text: ['text'],
  integer: ['integer', 'decimal', 'text'],
  decimal: ['decimal', 'text'],
  boolean: ['boolean', 'text'],
  date: ['date', 'text'],
  time: ['time', 'text'],
  instant: ['instant', 'text'],
  email: ['email', 'text'],
  uuid: ['uuid', 'text'],
  choice: ['choice', 'text'],
  set: ['set', 'json'],
  json: ['json', 'text'],
  phone: ['phone', 'text'],
  country: ['country', 'text', 'choice'],
  subdivision: ['subdivision', 'text', 'choice'],
  currency: ['currency', 'text', 'choice'],
  money: ['money', 'decimal', 'text'],
  timeZone: ['timeZone', 'text', 'choice'],
  url: ['url', 'text'],
  html: ['html', 'text'],
  salesforceId: ['salesforceId', 'text'],
  reference: RECORD_IDS,
};

/** What stands in the way, or null. The first reason only: the others change with it. */
export function misfit(
  { type, ...rest }: FieldDefinition,
  mapping: MappingDefinition,
  native: FieldDescription,
): Misfit | null {
  const field = { ...rest, type: mapping.refersBy?.type ?? type };
  return (
    kindMisfit(field, mapping, native) ??
    optionsMisfit(field, mapping, native) ??
    sizeMisfit(field, mapping, native)
  );
}

function kindMisfit(
  field: FieldDefinition,
  mapping: MappingDefinition,
  native: FieldDescription,
): Misfit | null {
  const allowed = allowedKinds(field.type, mapping);
  if (allowed.includes(native.type.kind)) return null;
  const way = mapping.direction === 'in' ? 'be read from' : 'be kept in';
  return {
    message: `${described(field, mapping)} cannot ${way} \`${native.name}\`, which is of type ${typeName(native.type.kind)}`,
    fix: `Map it to a field of type ${listed(allowed.map(typeName))}, or say with a step how the values are spelled there.`,
  };
}

function allowedKinds(type: FieldType, mapping: MappingDefinition): readonly Kind[] {
  const step = spellingOf(mapping);
  if (step !== null) return keptBy(step);
  if (type.kind === 'reference' && type.many === true) return READ_FROM.set;
  const [read, written] = [READ_FROM[type.kind], WRITTEN_TO[type.kind]];
  if (mapping.direction === 'in') return read;
  return mapping.direction === 'out' ? written : written.filter((kind) => read.includes(kind));
}

/** The step that says how the side spells its values: the last that is taken on the way there. Null for none. */
function spellingOf({ transforms }: MappingDefinition): Transform | null {
  return transforms.find((step) => keptBy(step).length > 0) ?? null;
}

/** What a side may keep its values in, when they are spelled like that. Empty for steps that change no spelling. */
function keptBy(step: Transform): readonly Kind[] {
  switch (step.kind) {
    case 'values':
    case 'expression':
      return SCALARS;
    case 'minorUnits':
    case 'unixTime':
      return ['integer', 'decimal', 'text'];
    case 'percent':
      return step.as === 'fraction' ? ['decimal', 'text'] : ['text'];
    case 'dateFormat':
    case 'localTime':
    case 'numberFormat':
    case 'separator':
    case 'prefix':
    case 'part':
    case 'template':
    case 'joined':
      return ['text'];
    case 'phoneFormat':
      return ['text', 'phone', 'integer'];
    case 'countryFormat':
    case 'countryName':
      return ['text', 'country', 'integer', 'choice'];
    case 'subdivisionFormat':
      return ['text', 'subdivision', 'choice'];
    case 'case':
      return ['text', 'choice', 'email', 'uuid'];
    case 'shortId':
      return ['text', 'salesforceId'];
    case 'trim':
    case 'length':
    case 'round':
    case 'nullAs':
    case 'default':
      return [];
  }
}

function described(field: FieldDefinition, { transforms }: MappingDefinition): string {
  const steps = transforms.length === 0 ? '' : ', as the mapping spells it,';
  return `\`${field.name}\` (${typeName(field.type.kind)})${steps}`;
}

/** The type as sync files call it: `salesforce_id`. */
function typeName(kind: Kind): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Words that one of the two does not know. */
function optionsMisfit(
  field: FieldDefinition,
  mapping: MappingDefinition,
  native: FieldDescription,
): Misfit | null {
  const theirs = optionsOf(native.type);
  const values = mapping.transforms.find((step) => step.kind === 'values');
  if (theirs === null) return null;
  const ours = values === undefined ? optionsOf(field.type) : values.pairs.map(([word]) => String(word));
  if (ours === null || mapping.transforms.some((step) => step.kind !== 'values')) return null;
  const unwritable = mapping.direction === 'in' ? [] : ours.filter((word) => !theirs.includes(word));
  if (unwritable.length > 0) {
    const message = `\`${native.name}\` has no option ${listed(unwritable)}`;
    return { message, fix: `It has: ${listed(theirs)}. Say with \`values\` which of them is meant.` };
  }
  const isTotal = values?.otherwise !== undefined || mapping.direction === 'out';
  const unread = isTotal ? [] : theirs.filter((word) => !ours.includes(word));
  if (unread.length === 0) return null;
  const message = `\`${native.name}\` may hold ${listed(unread)}, which \`${field.name}\` does not know`;
  return {
    message,
    fix:
      values === undefined
        ? 'Add it to the options, or say with `values` what it means.'
        : 'Say in `values` what it means.',
  };
}

function optionsOf(type: FieldType): readonly string[] | null {
  return type.kind === 'choice' || type.kind === 'set' ? (type.options ?? null) : null;
}

/** Only what the field promises is compared: a text without `max_length` promises nothing. */
function sizeMisfit(
  { name, type }: FieldDefinition,
  mapping: MappingDefinition,
  native: FieldDescription,
): Misfit | null {
  if (mapping.direction === 'in') return null;
  const [step] = mapping.transforms;
  if (
    type.kind === 'text' &&
    native.type.kind === 'text' &&
    native.type.lengthMax !== undefined &&
    type.lengthMax !== undefined
  ) {
    const prefixLength = step?.kind === 'prefix' ? step.text.length : 0;
    const limit = mapping.transforms.find(({ kind }) => kind === 'length');
    const written = limit?.kind === 'length' ? limit.max : type.lengthMax + prefixLength;
    if (written <= native.type.lengthMax) return null;
    const fits = native.type.lengthMax - prefixLength;
    return {
      message: `\`${name}\` may have ${String(type.lengthMax)} characters, and \`${native.name}\` keeps ${String(native.type.lengthMax)}`,
      fix: `Give \`${name}\` \`max_length: ${String(Math.max(1, fits))}\`, or widen \`${native.name}\`.`,
    };
  }
  if (type.kind === 'choice') return longOption(type.options, mapping, native);
  if (type.kind !== 'decimal' || type.scaleMax === undefined) return null;
  const places = type.scaleMax - (step?.kind === 'minorUnits' ? step.places : 0);
  const kept =
    native.type.kind === 'integer' ? 0 : native.type.kind === 'decimal' ? native.type.scaleMax : undefined;
  if (kept === undefined || places <= kept) return null;
  return {
    message: `\`${name}\` may have ${String(type.scaleMax)} decimals, and \`${native.name}\` cannot keep them all`,
    fix: `Give \`${name}\` \`scale: ${String(kept + type.scaleMax - places)}\`, or another field at this side.`,
  };
}

function longOption(
  options: readonly string[],
  { transforms }: MappingDefinition,
  native: FieldDescription,
): Misfit | null {
  const lengthMax = native.type.kind === 'text' ? native.type.lengthMax : undefined;
  const tooLong = options.filter((option) => lengthMax !== undefined && option.length > lengthMax);
  if (transforms.length > 0 || tooLong.length === 0) return null;
  const message = `\`${native.name}\` keeps ${String(lengthMax)} characters, too few for ${listed(tooLong)}`;
  return { message, fix: 'Say with `values` how the side spells it.' };
}
