/** A mapping as it is edited in a form, and as the sync file says it. */
import type { Json, JsonObject } from '../../../lib/json.ts';

export interface MappingPlace {
  readonly sync: string;
  readonly side: string;
  readonly field: string;
}

/** `none`: the field is not kept at this side. */
export type Way = 'both' | 'in' | 'out' | 'none';

/** A key of the sync file beyond those that the form has fields for, or a code with what it means. */
export interface Row {
  readonly key: string;
  readonly value: string;
}

export interface MappingDraft {
  readonly native: string;
  readonly way: Way;
  readonly fillsOnly: boolean;
  /** What the side writes, and what it means; nothing is translated where there are none. */
  readonly codes: readonly Row[];
  readonly spelling: readonly Row[];
  /** What the form cannot say: kept as it is. */
  readonly kept: JsonObject;
}

/** How a side may spell a value: the keys of the sync file that hold one word, with what they say. */
export const SPELLINGS: readonly { readonly key: string; readonly label: string }[] = [
  { key: 'as', label: 'spelled as (national, alpha3, name:de, id15)' },
  { key: 'date_format', label: 'dates like DD.MM.YYYY' },
  { key: 'unix', label: 'seconds (s) or ms since 1970' },
  { key: 'number_format', label: 'the number 1234 as written there' },
  { key: 'minor_units', label: 'counted in units of 10^n: 2 for cents' },
  { key: 'percent', label: 'percent as sign or fraction' },
  { key: 'round', label: 'rounded to n places' },
  { key: 'case', label: 'in upper or lower case' },
  { key: 'prefix', label: 'begins there with' },
  { key: 'trim', label: 'outer blanks are not read (true)' },
  { key: 'max_length', label: 'at most n characters' },
  { key: 'too_long', label: 'longer: refuse or cut' },
  { key: 'separator', label: 'elements separated by' },
  { key: 'null_as', label: 'the word for no value' },
  { key: 'default', label: 'no value is read as' },
  { key: 'when_missing', label: 'a new record gets, without a value' },
  { key: 'otherwise', label: 'every other code means' },
  { key: 'template', label: 'several fields: {First} {Last}' },
  { key: 'rest', label: 'of a template, what stands between' },
  { key: 'alone', label: 'of a template, a text without that' },
  { key: 'expression', label: 'computed (CEL)' },
  { key: 'refers_to', label: 'side whose records are named' },
  { key: 'refers_by', label: 'field by which they are named' },
];
const SPELLING_KEYS: ReadonlySet<string> = new Set(SPELLINGS.map(({ key }) => key));

export const EMPTY_DRAFT: MappingDraft = {
  native: '',
  way: 'both',
  fillsOnly: false,
  codes: [],
  spelling: [],
  kept: {},
};

export function draftOf(said: JsonObject | null): MappingDraft {
  if (said === null) return EMPTY_DRAFT;
  const { field, direction, write, values, ...more } = said;
  const entries = Object.entries(more);
  const way = write === 'never' ? 'in' : direction === 'in' || direction === 'out' ? direction : 'both';
  return {
    native: typeof field === 'string' ? field : '',
    way,
    fillsOnly: write === 'if_empty',
    codes: typeof values === 'object' && values !== null ? Object.entries(values).map(rowOf) : [],
    spelling: entries.filter(isSpelling).map(rowOf),
    kept: Object.fromEntries(entries.filter((entry) => !isSpelling(entry))),
  };
}

/** Null: the field is not kept there. Rows that are not filled in yet say nothing. */
export function saidOf({ native, way, fillsOnly, codes, spelling, kept }: MappingDraft): JsonObject | null {
  if (way === 'none') return null;
  const filled = codes.filter(({ key, value }) => key !== '' && value !== '');
  return {
    ...(native === '' ? {} : { field: native }),
    ...(way === 'both' ? {} : { direction: way }),
    ...(fillsOnly && way !== 'in' ? { write: 'if_empty' } : {}),
    ...(filled.length === 0 ? {} : { values: fromRows(filled) }),
    ...fromRows(spelling.filter(({ key, value }) => key !== '' && value !== '')),
    ...kept,
  };
}

/** One word, under a key that the form knows. */
function isSpelling([key, value]: readonly [string, Json]): boolean {
  return SPELLING_KEYS.has(key) && typeof value !== 'object';
}

function rowOf([key, value]: readonly [string, Json]): Row {
  return { key, value: typeof value === 'string' ? value : JSON.stringify(value) };
}

function fromRows(rows: readonly Row[]): JsonObject {
  return Object.fromEntries(rows.map(({ key, value }) => [key, wordOf(value)]));
}

/** As YAML would take it without quotes: true, false and numbers that come back as they were typed. */
function wordOf(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && String(Number(text)) === text ? Number(text) : text;
}
