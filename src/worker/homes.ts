/** Whose a record is: its link says so, its keys lead there, or it is a create of ours that has landed. */
import { matchKeys, matchOf } from '../engine/match.ts';
import { isEmpty, type Values } from '../engine/value.ts';
import type { OpenCreate, SyncTx } from '../store/contract.ts';
import type { Batch } from './batch.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import type { SightingPage } from './sighting.ts';
import type { Reading, Sorted } from './sort.ts';

/** How long a record waits that may turn out to be a create of ours whose answer is still on its way. */
const POSSIBLY_OURS_WAIT_MS = 1_000;
const OPEN_CREATES_MAX = 20_000;

/** The identity each reading belongs to: its link's, a match, a create of ours that landed, or none yet. */
export async function findHomes(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  page: SightingPage,
  sorted: Sorted,
  batch: Batch,
): Promise<Map<string, string>> {
  const homes = new Map<string, string>();
  const strangers: Reading[] = [];
  for (const reading of sorted.readings) {
    if (reading.linkedTo !== null) homes.set(reading.recordId, reading.linkedTo);
    else strangers.push(reading);
  }
  if (strangers.length === 0) return homes;
  const keysOf = new Map(strangers.map((reading) => [reading, matchKeys(runtime.model, reading.values)]));
  const keys = [...keysOf.values()].flat();
  const identityByKey = await tx.identitiesByKey(keys);
  batch.noteFreeKeys(keys.filter((key) => !identityByKey.has(key)));
  const creates = side.model.creates ? await tx.openCreates(page.side, OPEN_CREATES_MAX) : [];
  for (const reading of strangers) {
    const match = matchOf(keysOf.get(reading) ?? [], identityByKey);
    if (match.kind === 'one') homes.set(reading.recordId, match.identityId);
    else if (match.kind === 'several')
      park(page, sorted, reading, 'trueup.ambiguous_match', 'its keys lead to several identities');
    else if (creates.length === 0 || !findCreate(side, sorted, reading, creates, homes)) {
      // What was deleted under this id may have come back.
      if (reading.known?.identityId != null) homes.set(reading.recordId, reading.known.identityId);
    }
  }
  return homes;
}

/**
 * The echo of a create can arrive before its answer; nothing but its content tells it from somebody's new record. False
 * when it is certainly none of ours.
 */
function findCreate(
  side: SideRuntime,
  sorted: Sorted,
  reading: Reading,
  creates: readonly OpenCreate[],
  homes: Map<string, string>,
): boolean {
  const alike = creates.filter(({ body }) => sharesValue(side, body, reading.values));
  const equal = alike.filter(({ body }) => holdsAll(side, body, reading.values));
  const [only, ...others] = equal;
  if (only !== undefined && others.length === 0) homes.set(reading.recordId, only.identityId);
  else if (alike.length > 0) {
    sorted.readings.splice(sorted.readings.indexOf(reading), 1);
    sorted.hints.push({ recordId: reading.recordId, kind: 'changed', dueInMs: POSSIBLY_OURS_WAIT_MS });
  }
  return alike.length > 0;
}

function sharesValue(side: SideRuntime, body: Values, values: Values): boolean {
  return side.model.lenses.some(
    ({ field }) => !isEmpty(body[field.name]) && field.same(body[field.name], values[field.name]),
  );
}

function holdsAll(side: SideRuntime, body: Values, values: Values): boolean {
  return side.model.lenses.every(
    ({ field, isBlind }) =>
      isBlind || body[field.name] === undefined || field.same(body[field.name], values[field.name]),
  );
}

function park(page: SightingPage, sorted: Sorted, reading: Reading, code: string, message: string): void {
  sorted.readings.splice(sorted.readings.indexOf(reading), 1);
  const failure = {
    kind: 'invalid',
    code,
    message,
    advice: 'Decide which identity the record belongs to, or correct its keys.',
  };
  const { recordId, version } = reading;
  sorted.unlinked.push({ recordId, status: 'parked', version, asOfMs: page.readBeganMs, failure });
}
