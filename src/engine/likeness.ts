/** How much two records look like one thing, field by field, and why: for suggestions to a person, never for a decision. */
import { folded } from '../lib/standards/fold.ts';
import type { FieldDefinition } from './model.ts';
import { isEmpty, type Value, type Values } from './value.ts';

/** One field that both records have, compared. */
export interface FieldLikeness {
  readonly field: string;
  /** 0: nothing alike, 1: the same. */
  readonly likeness: number;
  /** How much the field tells: a telephone number tells more than a city. */
  readonly weight: number;
}

export interface Likeness {
  /** 0 to 1. */
  readonly score: number;
  readonly fields: readonly FieldLikeness[];
}

/** How much agreement of a field tells. What many records share tells little. */
export function weightOf({ name, type }: FieldDefinition): number {
  switch (type.kind) {
    case 'email':
    case 'uuid':
      return 6;
    case 'phone':
    case 'salesforceId':
      return 5;
    case 'url':
      return 3;
    case 'text':
      return isName(name) ? 4 : 1.5;
    case 'date':
      return 2;
    case 'integer':
    case 'decimal':
    case 'money':
    case 'instant':
    case 'time':
      return 0.5;
    case 'country':
    case 'subdivision':
    case 'currency':
    case 'timeZone':
    case 'choice':
    case 'boolean':
      return 0.3;
    case 'set':
    case 'json':
    case 'html':
    case 'reference':
      return 0;
  }
}

/** Fields that are called like a name are compared as names: in any order of words, without forms of companies. */
export function isName(field: string): boolean {
  return /name|company|firm|title/.test(field);
}

/** A record made ready to be compared with many: per field the text to compare, folded once. */
export interface Prepared {
  readonly parts: readonly (Part | null)[];
}

interface Part {
  readonly text: string;
  /** The same with its words in the order of the alphabet; only of names. */
  readonly sorted: string;
}

/** Fields that tell something, in the order in which `prepare` keeps their parts. */
export function tellingFields(fields: readonly FieldDefinition[]): readonly FieldDefinition[] {
  return fields.filter((field) => weightOf(field) > 0);
}

/** `fields` are those of `tellingFields`. */
export function prepare(fields: readonly FieldDefinition[], values: Values): Prepared {
  return { parts: fields.map((field) => partOf(field, values[field.name])) };
}

function partOf({ name, type }: FieldDefinition, value: Value | undefined): Part | null {
  if (isEmpty(value)) return null;
  const text = String(value);
  if (type.kind === 'email') return { text: text.toLowerCase(), sorted: '' };
  if (type.kind === 'phone') return { text: lastDigits(text), sorted: '' };
  if (type.kind === 'url') return { text: text.replace(/\/$/, ''), sorted: '' };
  if (type.kind !== 'text') return { text, sorted: '' };
  if (!isName(name)) return { text: folded(text), sorted: '' };
  const words = nameWords(text);
  return { text: words.join(' '), sorted: words.toSorted().join(' ') };
}

/** Of fields that only one of them has nothing is said. Null where they have nothing to compare. */
export function likenessOf(
  fields: readonly FieldDefinition[],
  left: Prepared,
  right: Prepared,
): Likeness | null {
  const compared: FieldLikeness[] = [];
  let [sum, weights] = [0, 0];
  for (const [index, field] of fields.entries()) {
    const [one, other] = [left.parts[index], right.parts[index]];
    if (one == null || other == null) continue;
    const weight = weightOf(field);
    const likeness = partsAlike(field, one, other);
    compared.push({ field: field.name, likeness, weight });
    sum += likeness * weight;
    weights += weight;
  }
  if (weights === 0) return null;
  // One field alone is no evidence, however well it agrees: the first few points are for having compared at all.
  return { score: sum / (weights + DOUBT), fields: compared };
}

/** What a comparison must outweigh. */
const DOUBT = 0.6;

/** Below these two texts count as different: many different ones are that much alike. */
const EMAILS_ALIKE_MIN = 0.96;
const NAMES_ALIKE_MIN = 0.85;
const TEXTS_ALIKE_MIN = 0.88;

function partsAlike({ name, type }: FieldDefinition, left: Part, right: Part): number {
  if (left.text === right.text) return 1;
  switch (type.kind) {
    case 'email':
      return emailsAlike(left.text, right.text);
    case 'date':
      return sameDigits(left.text, right.text) ? 0.7 : 0;
    case 'text':
      return textsAlike(name, left, right);
    default:
      return 0;
  }
}

/** Addresses of one company are alike in most letters, and those of namesakes in all but a digit. */
function emailsAlike(left: string, right: string): number {
  if (left.replaceAll(/\D/g, '') !== right.replaceAll(/\D/g, '')) return 0;
  return jaroWinkler(left, right) >= EMAILS_ALIKE_MIN ? 0.85 : 0;
}

const PHONE_DIGITS = 8;

/** The end of a number, which is the same with and without the codes of country and town. */
export function lastDigits(phone: string): string {
  return phone.replaceAll(/\D/g, '').slice(-PHONE_DIGITS);
}

/** A day and a month that were taken for each other. */
function sameDigits(left: string, right: string): boolean {
  return [...left].toSorted().join('') === [...right].toSorted().join('');
}

function textsAlike(field: string, left: Part, right: Part): number {
  if (!isName(field)) {
    const alike = jaroWinkler(left.text, right.text);
    return alike >= TEXTS_ALIKE_MIN ? alike : 0;
  }
  const alike = Math.max(
    jaroWinkler(left.text, right.text),
    jaroWinkler(left.sorted, right.sorted),
    slipLikeness(left.text, right.text),
  );
  return alike >= NAMES_ALIKE_MIN ? alike : 0;
}

/**
 * For texts that differ by one slip of the keyboard, a letter left out, added, changed, or in its neighbour's place: the share
 * of letters that are right. Else 0. Jaro's measure is fooled where the letter comes again later in the name.
 */
export function slipLikeness(left: string, right: string): number {
  const [shorter, longer] = left.length <= right.length ? [left, right] : [right, left];
  let begin = 0;
  while (begin < shorter.length && shorter[begin] === longer[begin]) begin += 1;
  let end = 0;
  while (end < shorter.length - begin && shorter.at(-1 - end) === longer.at(-1 - end)) end += 1;
  const [ours, theirs] = [
    shorter.slice(begin, shorter.length - end),
    longer.slice(begin, longer.length - end),
  ];
  const isSwap = ours.length === 2 && theirs === `${ours[1] ?? ''}${ours[0] ?? ''}`;
  return theirs.length <= 1 || isSwap ? 1 - 1 / Math.max(1, longer.length) : 0;
}

const COMPANY_FORMS: ReadonlySet<string> = new Set(
  'gmbh ag kg ohg ug mbh co inc llc ltd limited corp corporation company plc sa sarl sas srl spa bv nv ab as oy the und and'.split(
    ' ',
  ),
);

/** The words of a name that tell it from others, folded. */
export function nameWords(name: string): readonly string[] {
  const words = folded(name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  const telling = words.filter((word) => !COMPANY_FORMS.has(word));
  return telling.length === 0 ? words : telling;
}

const PREFIX_MAX = 4;
const PREFIX_SHARE = 0.1;

/** Jaro's likeness of two texts with Winkler's bonus for a common begin: 0 to 1. Counts UTF-16 units. */
export function jaroWinkler(left: string, right: string): number {
  if (left === right) return 1;
  const reach = Math.max(0, Math.floor(Math.max(left.length, right.length) / 2) - 1);
  const [ours, theirs] = [new Uint8Array(left.length), new Uint8Array(right.length)];
  let common = 0;
  for (let index = 0; index < left.length; index += 1) {
    const end = Math.min(right.length - 1, index + reach);
    for (let place = Math.max(0, index - reach); place <= end; place += 1) {
      if (theirs[place] === 1 || left.charCodeAt(index) !== right.charCodeAt(place)) continue;
      [ours[index], theirs[place]] = [1, 1];
      common += 1;
      break;
    }
  }
  if (common === 0) return 0;
  let [swapped, place] = [0, 0];
  for (let index = 0; index < left.length; index += 1) {
    if (ours[index] !== 1) continue;
    while (theirs[place] !== 1) place += 1;
    if (left.charCodeAt(index) !== right.charCodeAt(place)) swapped += 0.5;
    place += 1;
  }
  const jaro = (common / left.length + common / right.length + (common - swapped) / common) / 3;
  let prefix = 0;
  while (prefix < PREFIX_MAX && prefix < left.length && left[prefix] === right[prefix]) prefix += 1;
  return jaro + prefix * PREFIX_SHARE * (1 - jaro);
}

/** The score in words that somebody can check against the two records; quotes no value. */
export function explainLikeness({ score, fields }: Likeness): string {
  const named = (from: number, to: number): string =>
    fields
      .filter(({ likeness }) => likeness >= from && likeness < to)
      .map(({ field }) => field)
      .join(', ');
  const [same, alike, different] = [named(1, 2), named(0.01, 1), named(0, 0.01)];
  const parts = [
    ...(same === '' ? [] : [`same ${same}`]),
    ...(alike === '' ? [] : [`nearly the same ${alike}`]),
    ...(different === '' ? [] : [`different ${different}`]),
  ];
  return `${String(Math.round(score * 100))} of 100: ${parts.join('; ')}`;
}
