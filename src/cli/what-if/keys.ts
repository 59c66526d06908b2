/** Tries changed match keys on everything that is known, and on the links of the past: what they would join, ask, and leave apart. */
import { isDeepStrictEqual } from 'node:util';

import { compileSync, type SyncDefinition, type SyncModel } from '../../engine/model.ts';
import { NewKeys, wouldNotLink } from '../../engine/re-match.ts';
import type { Value, Values } from '../../engine/value.ts';
import { counted } from '../../lib/counted.ts';
import type { Installation } from '../../server.ts';
import { readBundles } from '../../store/bundles.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { recordsNow, type PagedEntry } from '../../store/journal-pages.ts';
import { identityPage, type IdentityAt } from '../../store/matches.ts';
import type { CommandContext } from '../command.ts';
import { count, instant } from '../output.ts';

/** What would be otherwise, in counts, with a few of each. */
export interface KeyTally {
  things: number;
  /** Whether that is every thing. */
  isWhole: boolean;
  /** Things that would have been one with another: linked by themselves. */
  linked: number;
  /** The same, and some side has a record of both, so that a person would be asked. */
  asked: number;
  /** Records linked since the moment that is asked about whose keys would have led to no other record of their thing. */
  apart: number;
  readonly pairs: readonly string[];
  readonly apartExamples: string[];
}

const THINGS_PER_PAGE = 2_000;
const THINGS_MAX = 1_000_000;
const EXAMPLES_MAX = 10;

/** Null where the match keys are as they were. `isOver` is asked after each page: true ends the walk with what has been found by then. */
export async function tryKeys(
  installation: Installation,
  { syncKey, definition }: SyncRow,
  edited: SyncDefinition,
  signal: AbortSignal,
  isOver: () => boolean,
): Promise<KeyTally | null> {
  if (isDeepStrictEqual(definition.match, edited.match)) return null;
  const [old, now] = [new NewKeys(compileSync(definition)), new NewKeys(compileSync(edited))];
  const found: { readonly left: string; readonly right: string; readonly twice: string | null }[] = [];
  const tally = { things: 0, linked: 0, asked: 0 };
  let after: string | null = null;
  do {
    signal.throwIfAborted();
    const from: string | null = after;
    const page: readonly IdentityAt[] = await installation.transaction((tx) =>
      identityPage(tx, syncKey, from, THINGS_PER_PAGE),
    );
    for (const thing of page) {
      // What has one key by the rules of now is asked about already.
      const isAsked = old.add(thing) !== null;
      const pair = now.add(thing);
      if (pair === null || isAsked) continue;
      if (pair.twice === null) tally.linked += 1;
      else tally.asked += 1;
      if (found.length < EXAMPLES_MAX) found.push(pair);
    }
    tally.things += page.length;
    after = page.length < THINGS_PER_PAGE ? null : (page.at(-1)?.identityId ?? null);
  } while (after !== null && tally.things < THINGS_MAX && !isOver());
  const ids = found.flatMap(({ left, right }) => [left, right]);
  const records = await installation.transaction((tx) => recordsNow(tx, syncKey, ids));
  const named = (id: string): string => [...(records.get(id) ?? [])].map((one) => one.join(' ')).join(', ');
  const pairs = found.map(
    ({ left, right, twice }) =>
      `${named(left)}  and  ${named(right)}${twice === null ? '' : ` (both at ${twice})`}`,
  );
  return { ...tally, isWhole: after === null, pairs, apart: 0, apartExamples: [] };
}

/** Goes through the links of the past, entry by entry: each identity's together and in the order of time. */
export class PastLinks {
  readonly #before: SyncModel;
  readonly #after: SyncModel;
  readonly #tally: KeyTally;
  #identityId = '';
  #isCounted = false;
  /** What each record of the identity held by then, as far as the journal has told. */
  #held = new Map<string, Values>();

  constructor(before: SyncDefinition, after: SyncDefinition, tally: KeyTally) {
    this.#before = compileSync(before);
    this.#after = compileSync(after);
    this.#tally = tally;
  }

  /** `now`: what is accounted for at the identity's records. */
  add(entry: PagedEntry, now: ReadonlyMap<string, Values>): void {
    if (entry.identityId !== this.#identityId) {
      this.#identityId = entry.identityId;
      this.#isCounted = false;
      this.#held = new Map();
    }
    const { side, recordId, kind, atMs } = entry;
    const { values = {}, fields = {} } = entry.body as unknown as Body;
    if (kind === 'linked' && !this.#isCounted && !isBirth(values, fields)) {
      // What was linked before the moment that is asked about held about what it holds now.
      const known = this.#held.size === 0 ? now : this.#held;
      const others = [...known].flatMap(([other, held]) => (other === side ? [] : [held]));
      this.#isCounted = wouldNotLink(this.#before, this.#after, values, others);
      if (this.#isCounted) this.#count(`${instant(atMs)} ${side} ${recordId ?? '?'}`);
    }
    const golden = Object.fromEntries(Object.entries(fields).map(([field, [, after]]) => [field, after]));
    if (side !== '') this.#held.set(side, { ...this.#held.get(side), ...values, ...golden });
  }

  #count(example: string): void {
    this.#tally.apart += 1;
    if (this.#tally.apartExamples.length < EXAMPLES_MAX) this.#tally.apartExamples.push(example);
  }
}

interface Body {
  readonly values?: Values;
  readonly fields?: Readonly<Record<string, readonly [before: Value, after: Value, rule: string]>>;
}

/** The first record of a thing: all that it held became golden. */
function isBirth(values: Values, fields: Body['fields'] = {}): boolean {
  const rules = Object.values(fields).map(([, , rule]) => rule);
  return rules.length >= Object.keys(values).length && rules.every((rule) => rule === 'first');
}

/** What is accounted for at the records of identities, by identity and side. */
export async function accountedNow(
  tx: Tx,
  syncKey: string,
  identityIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Values>>> {
  const bundles = await readBundles(tx, syncKey, identityIds);
  return new Map(
    [...bundles].map(([id, { links }]) => [
      id,
      new Map(
        links.filter(({ status }) => status === 'live').map(({ side, accounted }) => [side, accounted]),
      ),
    ]),
  );
}

export function tellKeys({ output }: CommandContext, tally: KeyTally, sinceMs: number | null): void {
  const { things, isWhole, linked, asked, apart, pairs, apartExamples } = tally;
  output.line(`  the edited match keys, tried on ${isWhole ? '' : 'the first '}${counted(things, 'thing')}:`);
  output.line(
    `    ${counted(linked, 'thing')} would be one with another, and of ${count(asked)} a person would be asked because some side has both`,
  );
  for (const pair of pairs) output.line(`      ${pair}`);
  if (sinceMs === null) return;
  output.line(`    ${counted(apart, 'record')} linked since ${instant(sinceMs)} would not have been`);
  for (const example of apartExamples) output.line(`      ${example}`);
}
