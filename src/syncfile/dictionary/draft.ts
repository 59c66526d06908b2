/** A first dictionary from what is known already: the sync file, what the systems say of their fields, and some records. */
import type { CollectionDescription, FieldDescription, SystemRecord } from '../../connector/contract.ts';
import {
  compileSync,
  type FieldDefinition,
  type SideDefinition,
  type SyncDefinition,
} from '../../engine/model.ts';
import { InvalidValue, isEmpty, type Value } from '../../engine/value.ts';

/** What was found out about one sync, by side. */
export interface SideFinds {
  readonly descriptions: ReadonlyMap<string, CollectionDescription>;
  readonly samples: ReadonlyMap<string, readonly SystemRecord[]>;
}

const EXAMPLES_MAX = 3;
const EXAMPLE_CHARS_MAX = 60;
/** Few different values in many records look like a list of allowed ones. */
const LIST_VALUES_MAX = 12;
const LIST_RECORDS_MIN = 50;

/** YAML. Nothing of a field that may be personal is quoted. Entities and fields in the order of the syncs. */
export function draftDictionary(
  syncs: readonly SyncDefinition[],
  finds: ReadonlyMap<string, SideFinds>,
): string {
  const lines = ['version: 1', 'entities:'];
  for (const entity of new Set(syncs.map((sync) => sync.entity))) {
    lines.push(`  ${quoted(entity)}:`, `    meaning: ${quoted('')} # what one of these is`, '    fields:');
    const done = new Set<string>();
    for (const sync of syncs.filter((known) => known.entity === entity)) {
      for (const field of sync.fields) {
        if (done.has(field.name)) continue;
        done.add(field.name);
        lines.push(...fieldLines(sync, field, finds.get(sync.name)));
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

interface Native {
  readonly side: SideDefinition;
  readonly description: FieldDescription;
}

function fieldLines(
  sync: SyncDefinition,
  field: FieldDefinition,
  finds: SideFinds | undefined,
): readonly string[] {
  const natives = nativesOf(sync, field, finds);
  const isPersonal = looksPersonal(field);
  const title = natives.map(({ description }) => description.title).find((text) => text !== undefined);
  const { type } = field;
  const owner = field.policy.owners.find(({ when }) => when === undefined)?.side;
  const isRequired = field.required || natives.some(({ description }) => description.required);
  const lengthMax = shortest(type.kind === 'text' ? type.lengthMax : undefined, natives);
  const lines = [
    ...(title === undefined || title === field.name ? [] : [`title: ${quoted(title)}`]),
    `meaning: ${quoted('')} # what it means, in a sentence`,
    `type: ${type.kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
    ...(type.kind === 'decimal' && type.scaleMax !== undefined ? [`scale: ${String(type.scaleMax)}`] : []),
    ...(type.kind === 'reference' ? [`to: ${type.to}`, ...(type.many === true ? ['many: true'] : [])] : []),
    ...(type.kind === 'subdivision' ? [`country: ${type.country}`] : []),
    ...(type.kind === 'money' && type.currency !== undefined ? [`currency: ${type.currency}`] : []),
    ...(owner === undefined ? [] : [`owner: ${owner}`]),
    ...(isRequired ? ['required: true'] : []),
    `sensitivity: ${isPersonal ? 'personal' : 'internal'} # public, internal, confidential or personal`,
    ...(lengthMax === undefined ? [] : [`max_length: ${String(lengthMax)}`]),
    ...valueLines(sync, field),
    ...sampleLines(sync, field, finds, isPersonal),
    'on_violation: hold # flag, hold or correct',
  ];
  return [`      ${field.name}:`, ...lines.map((line) => `        ${line}`)];
}

function nativesOf(
  sync: SyncDefinition,
  field: FieldDefinition,
  finds: SideFinds | undefined,
): readonly Native[] {
  return sync.sides.flatMap((side) => {
    const mapping = side.fields.find((known) => known.field === field.name);
    const fields = finds?.descriptions.get(side.name)?.fields ?? [];
    const description = fields.find(({ name }) => name === mapping?.native);
    return description === undefined || mapping?.computed !== undefined ? [] : [{ side, description }];
  });
}

/** What every side that keeps it as plain text has room for. Undefined where none sets a limit, or it is no text. */
function shortest(own: number | undefined, natives: readonly Native[]): number | undefined {
  const limits = natives.flatMap(({ description: { type } }) =>
    type.kind === 'text' && type.lengthMax !== undefined ? [type.lengthMax] : [],
  );
  const known = own === undefined ? limits : [own];
  return known.length === 0 ? undefined : Math.min(...known);
}

function valueLines(sync: SyncDefinition, { name, type }: FieldDefinition): readonly string[] {
  const options = type.kind === 'choice' || type.kind === 'set' ? (type.options ?? []) : [];
  if (options.length === 0) return [];
  return [
    'values:',
    ...options.map((option) => {
      const at = spellings(sync, name, option);
      const there = at.length === 0 ? '' : `, at: {${at.join(', ')}}`;
      return `  ${quoted(option)}: {meaning: ${quoted(`what ${option} means`)}${there}}`;
    }),
  ];
}

/** `erp: "B"` for every side whose value map spells the value otherwise. */
function spellings(sync: SyncDefinition, field: string, value: string): readonly string[] {
  return sync.sides.flatMap((side) => {
    const mapping = side.fields.find((known) => known.field === field);
    const step = mapping?.transforms.find(({ kind }) => kind === 'values');
    const native =
      step?.kind === 'values' ? step.pairs.find(([, golden]) => String(golden) === value)?.[0] : undefined;
    return native === undefined || String(native) === value
      ? []
      : [`${side.name}: ${JSON.stringify(native)}`];
  });
}

/** What is no example to anybody: structures, pages, and ids that mean something only to a system. */
const UNQUOTED: ReadonlySet<FieldDefinition['type']['kind']> = new Set(['json', 'html', 'reference']);

/** How the field is filled, and what it holds: as comments where a person must judge, as examples where nothing is personal. */
function sampleLines(
  sync: SyncDefinition,
  field: FieldDefinition,
  finds: SideFinds | undefined,
  isPersonal: boolean,
): readonly string[] {
  const values = goldensOf(sync, field, finds);
  if (values.length === 0) return [];
  const filled = values.filter((value) => !isEmpty(value));
  const lines = [
    `# filled in ${String(filled.length)} of ${String(values.length)} records that were looked at`,
  ];
  if (isPersonal || UNQUOTED.has(field.type.kind)) return lines;
  const distinct = [...new Set(filled.flat().map(String))].filter((text) => text.length <= EXAMPLE_CHARS_MAX);
  const isList = distinct.length <= LIST_VALUES_MAX && filled.length >= LIST_RECORDS_MIN;
  if (isList && field.type.kind === 'text')
    lines.push(
      `# only these were seen, so it may be a list of allowed values: ${distinct.map(quoted).join(', ')}`,
    );
  if (distinct.length > 0 && field.type.kind !== 'set')
    lines.push(`examples: [${distinct.slice(0, EXAMPLES_MAX).map(quoted).join(', ')}]`);
  return lines;
}

function goldensOf(
  sync: SyncDefinition,
  field: FieldDefinition,
  finds: SideFinds | undefined,
): readonly Value[] {
  return compileSync(sync).sides.flatMap((side) => {
    const lens = side.lensOf.get(field.name);
    if (lens === undefined || lens.isBlind || lens.computed !== null) return [];
    return (finds?.samples.get(side.name) ?? []).flatMap((record) => {
      const native = record.fields.get(lens.native);
      const golden = native === undefined ? undefined : lens.get(native);
      return golden === undefined || golden instanceof InvalidValue ? [] : [golden];
    });
  });
}

const PERSONAL_WORDS =
  /(^|_)(name|first|last|surname|birth|birthday|street|address|city|zip|postcode|mail|email|phone|mobile|fax|iban|ssn|tax_id|gender|contact)(_|$|name)/;

/** By its type or its name; a person corrects it. In doubt it is personal. */
function looksPersonal({ name, type }: FieldDefinition): boolean {
  return type.kind === 'email' || type.kind === 'phone' || PERSONAL_WORDS.test(name);
}

function quoted(text: string): string {
  return /^[A-Za-z][A-Za-z0-9]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
