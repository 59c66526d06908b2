/**
 * Finds among things that are not linked everywhere those that may be one: by blocks of records that share something telling,
 * so that the work grows with the records and not with their pairs. It suggests; a person decides.
 */
import { folded } from '../lib/standards/fold.ts';
import {
  isName,
  lastDigits,
  likenessOf,
  nameWords,
  prepare,
  tellingFields,
  weightOf,
  type Likeness,
  type Prepared,
} from './likeness.ts';
import type { FieldDefinition } from './model.ts';
import { isEmpty, sameValue, type Value, type Values } from './value.ts';

/** A thing and where it has records. */
export interface Candidate {
  readonly identityId: string;
  readonly sides: readonly string[];
  readonly values: Values;
}

/** Two things that may be one. `inner`: both have a record at one side, so that side holds it twice. */
export interface Suggestion {
  readonly left: string;
  readonly right: string;
  readonly likeness: Likeness;
  readonly kind: 'match' | 'inner';
}

/** What a first match found, and what it did not look into. */
export interface FirstMatch {
  /** The best first; of things that are alike to several, every pair. */
  readonly suggestions: readonly Suggestion[];
  /** Things with more than one good match elsewhere. */
  readonly ambiguous: number;
  /** Blocks that were too large to be looked into: what they share tells nothing. */
  readonly blocksSkipped: number;
  readonly compared: number;
}

export interface Bounds {
  /** Fields of which two different values tell two things apart, however alike they are: what every key goes by. */
  readonly apartBy?: readonly string[];
  readonly scoreMin: number;
  readonly blockMax: number;
  readonly suggestionsMax: number;
}

/** What a search goes by where nothing else is said. */
export const BOUNDS: Bounds = { scoreMin: 0.75, blockMax: 60, suggestionsMax: 200_000 };

/** Pure: the same candidates give the same suggestions. */
export function firstMatch(
  fields: readonly FieldDefinition[],
  candidates: readonly Candidate[],
  bounds: Bounds = BOUNDS,
): FirstMatch {
  const steps = firstMatchSteps(fields, candidates, bounds);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** After so much of the work, a few milliseconds of it, whoever does it may see to something else. */
const STEP = 2_000;

/** The same, a step at a time: of a hundred thousand candidates the whole takes seconds, and others wait for the thread. */
export function* firstMatchSteps(
  fields: readonly FieldDefinition[],
  candidates: readonly Candidate[],
  bounds: Bounds = BOUNDS,
): Generator<void, FirstMatch> {
  const { pairs, blocksSkipped } = yield* pairsOf(fields, candidates, bounds.blockMax);
  const telling = tellingFields(fields);
  const prepared: Prepared[] = [];
  for (const { values } of candidates) {
    prepared.push(prepare(telling, values));
    if (prepared.length % STEP === 0) yield;
  }
  const namesakes = namesakesOf(telling, prepared);
  const found: Suggestion[] = [];
  let compared = 0;
  for (const pair of pairs) {
    compared += 1;
    if (compared % STEP === 0) yield;
    const [one, other] = [Math.floor(pair / PAIR_BASE), pair % PAIR_BASE];
    const [left, right] = [candidates[one], candidates[other]];
    const [here, there] = [prepared[one], prepared[other]];
    if (left === undefined || right === undefined || here === undefined || there === undefined) continue;
    if (bounds.apartBy?.some((name) => isApart(left.values[name], right.values[name])) === true) continue;
    const full = likenessOf(telling, here, there);
    if (full === null) continue;
    const isSure = isTelling(full);
    const likeness = isSure ? full : { ...full, score: full.score * BY_NAME_ALONE };
    if (likeness.score < bounds.scoreMin) continue;
    if (!isSure && Math.max(namesakes(here), namesakes(there)) > NAMESAKES_MAX) continue;
    const kind = left.sides.some((side) => right.sides.includes(side)) ? 'inner' : 'match';
    found.push({ left: left.identityId, right: right.identityId, likeness, kind });
  }
  const suggestions = found
    .toSorted((one, other) => other.likeness.score - one.likeness.score)
    .slice(0, bounds.suggestionsMax);
  const counts = new Map<string, number>();
  for (const { left, right, kind } of suggestions) {
    if (kind === 'inner') continue;
    for (const identityId of [left, right]) counts.set(identityId, (counts.get(identityId) ?? 0) + 1);
  }
  const ambiguous = [...counts.values()].filter((number) => number > 1).length;
  return { suggestions, ambiguous, blocksSkipped, compared: pairs.size };
}

function isApart(left: Value | undefined, right: Value | undefined): boolean {
  return !isEmpty(left) && !isEmpty(right) && !sameValue(left, right);
}

/** A field that hardly two things share agrees; without one, a name is only evidence where few bear it. */
const TELLING_WEIGHT = 5;
const TELLING_LIKENESS = 0.85;
const NAMESAKES_MAX = 2;
/** What is alike by its name, and what many share, counts for less. */
const BY_NAME_ALONE = 0.85;

function isTelling({ fields }: Likeness): boolean {
  return fields.some(({ weight, likeness }) => weight >= TELLING_WEIGHT && likeness >= TELLING_LIKENESS);
}

/** How many candidates bear the name of one, itself included. */
function namesakesOf(
  fields: readonly FieldDefinition[],
  prepared: readonly Prepared[],
): (one: Prepared) => number {
  const place = fields.findIndex(({ name, type }) => type.kind === 'text' && isName(name));
  const nameOf = ({ parts }: Prepared): string => parts[place]?.sorted ?? '';
  const counts = new Map<string, number>();
  for (const one of prepared) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1);
  return (one) => counts.get(nameOf(one)) ?? 0;
}

/** Pairs are one number each: two places below this. */
const PAIR_BASE = 2 ** 26;

function* pairsOf(
  fields: readonly FieldDefinition[],
  candidates: readonly Candidate[],
  blockMax: number,
): Generator<void, { readonly pairs: ReadonlySet<number>; readonly blocksSkipped: number }> {
  const blocks = new Map<string, number[] | null>();
  let blocksSkipped = 0;
  for (const [index, { values }] of candidates.entries()) {
    if (index % STEP === 0) yield;
    for (const key of blockKeys(fields, values)) {
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, [index]);
      else if (block !== null && block.length < blockMax) block.push(index);
      else if (block !== null) {
        blocksSkipped += 1;
        blocks.set(key, null);
      }
    }
  }
  const pairs = new Set<number>();
  let looked = 0;
  for (const block of blocks.values()) {
    looked += 1;
    if (looked % STEP === 0) yield;
    for (const [place, left] of (block ?? []).entries())
      for (const right of (block ?? []).slice(place + 1)) pairs.add(left * PAIR_BASE + right);
  }
  return { pairs, blocksSkipped };
}

const NAME_BEGIN = 4;
const WORDS_MAX = 4;

/** What a record shares with those that are worth comparing with it. Two typing errors do not change all of it. */
export function blockKeys(fields: readonly FieldDefinition[], values: Values): readonly string[] {
  const keys = new Set<string>();
  const other = secondKey(fields, values);
  for (const { name, type } of fields) {
    const value = values[name];
    if (isEmpty(value)) continue;
    const text = String(value);
    if (type.kind === 'email') {
      keys.add(`e ${text.toLowerCase()}`);
      keys.add(`l ${text.toLowerCase().split('@')[0] ?? ''}`);
    } else if (type.kind === 'phone') keys.add(`p ${lastDigits(text)}`);
    else if (type.kind === 'uuid' || type.kind === 'url' || type.kind === 'salesforceId')
      keys.add(`${name} ${text}`);
    else if (type.kind === 'text' && isName(name)) {
      const words = nameWords(text).slice(0, WORDS_MAX);
      keys.add(`n ${words.toSorted().join(' ')}`);
      if (other !== '') for (const word of words) keys.add(`w ${word.slice(0, NAME_BEGIN)} ${other}`);
    }
  }
  return [...keys];
}

/** The begin of something that is no name, such as the city: it splits the blocks of frequent names. */
function secondKey(fields: readonly FieldDefinition[], values: Values): string {
  const field = fields.find(
    (known) =>
      known.type.kind === 'text' &&
      !isName(known.name) &&
      weightOf(known) > 0 &&
      !isEmpty(values[known.name]),
  );
  return field === undefined ? '' : folded(String(values[field.name])).slice(0, NAME_BEGIN);
}
