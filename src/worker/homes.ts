/** Whose a record is: its link says so, its keys lead there, or it is a create of ours that has landed. */
import { fieldsOf, saidKey } from '../engine/between.ts';
import { awaitsKey, lateKeys, matchKeys, matchOf, type Match } from '../engine/match.ts';
import { holdsAll, sharesMost, sharesValue } from '../engine/resemblance.ts';
import { linkAt, type Bundle } from '../engine/state.ts';
import type { OpenCreate, Past, SyncTx } from '../store/contract.ts';
import type { Move } from '../store/reference-contract.ts';
import type { Batch } from './batch.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import type { Reading, Sorted } from './sort.ts';

/** How long a record waits that may turn out to be a create of ours whose answer is still on its way. */
const POSSIBLY_OURS_WAIT_MS = 1_000;
const OPEN_CREATES_MAX = 20_000;

/** Where the records of a page belong, as far as can be told before anything is locked. */
export interface Homes {
  /** Record id → identity. Who has none here is a thing not met before. */
  readonly of: Map<string, string>;
  /** Records whose keys led to an identity, or to several: to be confirmed once those are locked. */
  readonly matches: Matched[];
  /** Record id → creates of ours that may have made it. */
  readonly made: Map<string, readonly OpenCreate[]>;
  /** Records that creates of ours may have made of something else than their keys say: nothing but what they hold tells. */
  readonly echoes: Set<string>;
  /** Record id → identity, of linked records with a key, by what they refer to, that leads elsewhere. */
  readonly late: Map<string, string>;
  /** Record id → what it was when it was deleted, of records without a key that have come back to a thing that lives on. */
  readonly pasts: Map<string, Past>;
  /** What has turned out to be another thing. */
  readonly moves: Move[];
  /** Record id → identities one of whose records has a key of this one, though the identity itself has not. */
  readonly said: Map<string, readonly string[]>;
  /** Records that lead to one thing more by now than when they were looked for: they are looked for once more. */
  readonly unsure: Set<string>;
}

interface Matched {
  readonly reading: Reading;
  readonly keys: readonly string[];
  readonly identityIds: readonly string[];
}

/** The identity each reading belongs to: its link's, a match, a create of ours that landed, or none yet. */
export async function findHomes(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  page: SightingPage,
  sorted: Sorted,
  batch: Batch,
): Promise<Homes> {
  const homes: Homes = {
    of: new Map(),
    matches: [],
    made: new Map(),
    echoes: new Set(),
    late: new Map(),
    pasts: new Map(),
    moves: [],
    said: new Map(),
    unsure: new Set(),
  };
  const strangers: Reading[] = [];
  for (const reading of sorted.readings) {
    if (reading.linkedTo !== null) homes.of.set(reading.recordId, reading.linkedTo);
    else strangers.push(reading);
  }
  await findLate(runtime, tx, sorted, homes);
  if (strangers.length === 0) return homes;
  const keysOf = new Map(strangers.map((reading) => [reading, matchKeys(runtime.model, reading.values)]));
  const keys = [...keysOf.values()].flat();
  const isMixed = runtime.model.match.length > 1 && (mayMix(runtime, page) || strangers.some(waited));
  const asked = isMixed ? [...keys, ...keys.map(saidKey)] : keys;
  const identityByKey = await tx.identitiesByKey(asked);
  batch.noteFreeKeys(keys.filter((key) => !identityByKey.has(key)));
  const creates = side.model.creates ? await tx.openCreates(page.side, OPEN_CREATES_MAX) : [];
  for (const reading of strangers) {
    const own = keysOf.get(reading) ?? [];
    const said = matchedIn(matchOf(own.map(saidKey), identityByKey));
    if (said.length > 0) homes.said.set(reading.recordId, said);
    const leads = matchOf(own, identityByKey);
    // What waits goes on when no other record says any more what it says: until then its keys do not agree.
    const all = leads.kind === 'one' && waited(reading) ? [...own, ...own.map(saidKey)] : own;
    const match = matchOf(all, identityByKey);
    if (match.kind !== 'none') homes.matches.push({ reading, keys: all, identityIds: matchedIn(match) });
    if (match.kind === 'one') {
      homes.of.set(reading.recordId, match.identityId);
      const made = madeBy(side, creates, reading, match.identityId);
      if (made.some(({ identityId, isHeld }) => isHeld && identityId !== match.identityId))
        homes.echoes.add(reading.recordId);
      homes.made.set(reading.recordId, made);
    } else if (
      match.kind === 'none' &&
      (creates.length === 0 || !findCreate(side, page, sorted, reading, creates, homes))
    ) {
      // What was deleted under this id may have come back.
      if (reading.known?.identityId != null) homes.of.set(reading.recordId, reading.known.identityId);
      else if (own.length === 0) findPast(side, reading, homes);
    }
  }
  return homes;
}

/** Nothing but what it held tells a record without a key from another one that has got its id. */
function findPast({ model }: SideRuntime, { recordId, known, values }: Reading, homes: Homes): void {
  const past = known?.past ?? null;
  if (past === null || !sharesMost(model, past.accounted, values)) return;
  homes.of.set(recordId, past.identityId);
  homes.pasts.set(recordId, past);
}

/**
 * Whatever has led the record to its thing, another one may have had that key when its create was sent: what either has sent is
 * nobody's news.
 */
function madeBy(
  side: SideRuntime,
  creates: readonly OpenCreate[],
  { values }: Reading,
  home: string,
): readonly OpenCreate[] {
  return creates.filter(
    ({ identityId, body }) => identityId === home || sharesMost(side.model, body, values),
  );
}

/**
 * Whether what is read may show that. Only while a side is read for the first time: what comes later finds things as they are, and
 * takes nobody's record away.
 */
export function mayMix({ model }: SyncRuntime, { isFirst }: SightingPage): boolean {
  return isFirst === true && model.match.length > 1;
}

/** It was met before, and was nobody's: its keys were those of several things, or it was taken out of one. */
function waited({ known }: Reading): boolean {
  return known !== undefined && known.identityId === null;
}

/** Every identity that a record of the page may belong to. */
export function identitiesOf({ of, matches, late, said }: Homes): readonly string[] {
  return [
    ...of.values(),
    ...late.values(),
    ...[...said.values()].flat(),
    ...matches.flatMap(({ identityIds }) => identityIds),
  ];
}

/** What a record refers to may have become known only after it was linked: it may have been another thing all along. */
async function findLate(
  { model }: SyncRuntime,
  tx: SyncTx,
  { readings }: Sorted,
  { late }: Homes,
): Promise<void> {
  const keysOf = new Map(
    readings.flatMap((reading) => {
      const keys = reading.linkedTo === null ? [] : lateKeys(model, reading.values);
      return keys.length === 0 ? [] : [[reading, keys] as const];
    }),
  );
  if (keysOf.size === 0) return;
  const identityByKey = await tx.identitiesByKey([...keysOf.values()].flat());
  for (const [{ recordId, linkedTo }, keys] of keysOf) {
    const match = matchOf(keys, identityByKey);
    if (match.kind === 'one' && match.identityId !== linkedTo) late.set(recordId, match.identityId);
  }
}

/**
 * The thing that a record has turned out to be, now that what it refers to is known: one that is still there, still has the key,
 * and has no record at this side. Null where the record is no more in question, or that is no such thing.
 */
export function lateHome(
  { model }: SyncRuntime,
  batch: Batch,
  side: string,
  { recordId, values }: Reading,
  found: Bundle,
  { late }: Homes,
): Bundle | null {
  const other = batch.get(late.get(recordId) ?? '');
  if (other === undefined || other.identity.tombstone !== null || !awaitsKey(model, found)) return null;
  const keys = lateKeys(model, other.identity.golden);
  if (!lateKeys(model, values).some((key) => keys.includes(key))) return null;
  return (linkAt(other, side)?.status ?? 'gone') === 'gone' ? other : null;
}

/**
 * The identities are locked, so that their keys stay as they are now. A record whose keys led elsewhere before is looked at
 * again: parked by what is no longer so, it would wait for room that has been made already.
 */
export async function confirmMatches(
  runtime: SyncRuntime,
  tx: SyncTx,
  page: SightingPage,
  sorted: Sorted,
  { matches }: Homes,
  batch: Batch,
): Promise<void> {
  const unsure = matches.filter(({ keys, identityIds: [only = '', ...others] }) => {
    const found = batch.get(only)?.identity;
    // What was deleted meanwhile has given its keys away.
    if (found === undefined || found.tombstone !== null || others.length > 0) return true;
    return !matchKeys(runtime.model, found.golden).some((key) => keys.includes(key));
  });
  if (unsure.length === 0) return;
  const identityByKey = await tx.identitiesByKey(unsure.flatMap(({ keys }) => keys));
  for (const { reading, keys, identityIds } of unsure) {
    if (matchedIn(matchOf(keys, identityByKey)).join() !== identityIds.join()) {
      remove(sorted, reading);
      sorted.hints.push({ recordId: reading.recordId, kind: 'changed' });
    } else if (identityIds.length > 1)
      park(page, sorted, reading, whereTo(runtime, batch, keys, identityByKey), TO_SEVERAL);
  }
}

/** Where the keys of a record lead, by its fields and without their values. */
function whereTo(
  { model }: SyncRuntime,
  batch: Batch,
  keys: readonly string[],
  identityByKey: ReadonlyMap<string, string>,
): string {
  const ways = keys.flatMap((key) => {
    const bundle = batch.get(identityByKey.get(key) ?? '');
    if (bundle === undefined) return [];
    const link = bundle.links.find(({ status }) => status === 'live') ?? bundle.links[0];
    const to = link === undefined ? 'a thing without records' : `${link.side} ${link.recordId}`;
    return `its ${fieldsOf(model, key).join(' and ')} to ${to}`;
  });
  return `its keys lead to several things: ${ways.join(', ')}`;
}

function matchedIn(match: Match): readonly string[] {
  if (match.kind === 'several') return match.identityIds;
  return match.kind === 'one' ? [match.identityId] : [];
}

function remove(sorted: Sorted, reading: Reading): void {
  sorted.readings.splice(sorted.readings.indexOf(reading), 1);
}

/**
 * The echo of a create can arrive before its answer, or when the answer was lost; nothing but its content tells it from
 * somebody's new record. False when it is taken for none of ours.
 */
function findCreate(
  side: SideRuntime,
  page: SightingPage,
  sorted: Sorted,
  reading: Reading,
  creates: readonly OpenCreate[],
  homes: Homes,
): boolean {
  const { recordId, values } = reading;
  const alike = creates.filter(({ body, isHeld }) =>
    isHeld ? sharesMost(side.model, body, values) : sharesValue(side.model, body, values),
  );
  const [only, ...others] = alike.filter(({ body }) => holdsAll(side.model, body, values));
  if (only !== undefined && others.length === 0) {
    homes.of.set(recordId, only.identityId);
    homes.echoes.add(recordId);
    homes.made.set(recordId, [only]);
  } else if (alike.some(({ isHeld }) => !isHeld)) {
    remove(sorted, reading);
    sorted.hints.push({ recordId, kind: 'changed', dueInMs: POSSIBLY_OURS_WAIT_MS });
  } else if (alike.length > 0)
    park(page, sorted, reading, 'a create whose answer was lost may have made it', MADE_BY_US);
  return alike.length > 0;
}

const TO_SEVERAL =
  'Say whose it is (trueup holds belongs), or correct its keys in the system; where the things that they lead to are one, merge them there, or with: trueup match merge.';
const MADE_BY_US = 'Decide which identity the record belongs to, or correct its keys.';

function park(page: SightingPage, sorted: Sorted, reading: Reading, message: string, advice: string): void {
  remove(sorted, reading);
  const failure = { kind: 'invalid', code: 'trueup.ambiguous_match', message, advice };
  const { recordId, version, values } = reading;
  sorted.unlinked.push({ recordId, status: 'parked', version, asOfMs: page.readBeganMs, failure, values });
}
