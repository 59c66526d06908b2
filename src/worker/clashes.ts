/**
 * Records that have got the keys of other things. Looked at alone each of them is a question for a person; looked at together it
 * shows that they have changed places. So none of them is looked at alone: who claims the hint of one claims those of the others
 * too. What cannot be looked up, or not be taken in, keeps its hint, which brings them together again.
 */
import { matchKeys } from '../engine/match.ts';
import type { SyncModel } from '../engine/model.ts';
import { sameValue } from '../engine/value.ts';
import type { HintRow, SyncTx } from '../store/contract.ts';
import { CLASH_ROUNDS_MAX, HINT_LEASE_MS, PAGE_RECORDS_MAX } from './limits.ts';
import type { SyncRuntime } from './runtime.ts';

/** Claims due hints of the side, and with each that has got another thing's key those of the records that it may have changed places with. */
export async function claimTogether(
  { model }: SyncRuntime,
  tx: SyncTx,
  side: string,
  countMax: number,
): Promise<readonly HintRow[]> {
  const hints = await tx.claimHints(side, countMax, HINT_LEASE_MS);
  const recordIds = hints.map(({ recordId }) => recordId);
  const others = await othersInTheRing(model, tx, side, recordIds);
  return [...hints, ...(await tx.claimRecords(side, others, HINT_LEASE_MS))];
}

/** From each record to those that have the keys which it has got: where these come back to it, all can have what they have got. */
async function othersInTheRing(
  model: SyncModel,
  tx: SyncTx,
  side: string,
  recordIds: readonly string[],
): Promise<readonly string[]> {
  const own = new Set(recordIds);
  const others = new Set<string>();
  let border = await tx.clashesAt(side, recordIds);
  for (let round = 0; border.length > 0 && round < CLASH_ROUNDS_MAX; round += 1) {
    const keys = border.flatMap(({ values }) => matchKeys(model, values));
    const owners = await tx.identitiesByKey([...new Set(keys)]);
    const found = await tx.clashesOf(side, [...new Set(owners.values())]);
    const isMet = (recordId: string): boolean => own.has(recordId) || others.has(recordId);
    border = found.filter(({ recordId }) => !isMet(recordId)).slice(0, PAGE_RECORDS_MAX - others.size);
    for (const { recordId } of border) others.add(recordId);
  }
  return [...others];
}

/** A record that is held for keys of other things, and the keys that its thing would have by it. */
export interface HeldForKeys {
  readonly side: string;
  readonly recordId: string;
  readonly keys: readonly string[];
  /** It had been hidden, or could not be read. */
  readonly isBack: boolean;
}

/** Those that were not held before, or for other keys, or could not be looked at: together with others they may fit now. */
export async function newClashes(
  model: SyncModel,
  tx: SyncTx,
  held: readonly HeldForKeys[],
): Promise<readonly HeldForKeys[]> {
  const news: HeldForKeys[] = [];
  for (const [side, some] of Map.groupBy(held, (one) => one.side)) {
    const known = await tx.clashesAt(
      side,
      some.map(({ recordId }) => recordId),
    );
    const keysOf = new Map(known.map(({ recordId, values }) => [recordId, matchKeys(model, values)]));
    const isKnown = ({ recordId, keys }: HeldForKeys): boolean =>
      sameValue(keysOf.get(recordId) ?? null, keys);
    news.push(...some.filter((one) => one.isBack || !isKnown(one)));
  }
  return news;
}
