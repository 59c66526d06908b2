/**
 * Things that come to be called something, are called otherwise than before, or become another: their names are kept, who waits
 * for them hears of it, and who refers to them is pointed anew.
 */
import { matchText } from '../engine/match.ts';
import { EVERYWHERE, type Place } from '../engine/model.ts';
import type { Referrer } from '../engine/references.ts';
import { linkAt, type Bundle } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { StoredBundle, SyncTx } from '../store/contract.ts';
import type { Move, Name } from '../store/reference-contract.ts';
import type { SyncRuntime } from './runtime.ts';

/** An identity before and after a batch. */
export interface Changed {
  readonly before: StoredBundle | null;
  readonly now: Bundle;
}

/** What a batch changes about what its things are called, at every place that others name them at. */
export async function noteCalls(
  { name: sync }: SyncRuntime,
  tx: SyncTx,
  referrers: readonly Referrer[],
  changed: readonly Changed[],
): Promise<void> {
  const places = Map.groupBy(referrers, ({ at, by }) => JSON.stringify([at, by ?? null]));
  for (const here of places.values()) {
    const { at: side, by } = must(here[0], 'a group is not empty');
    await noteCallsAt(tx, by === undefined ? { sync, side } : { sync, side, by }, here, changed);
  }
}

interface Called {
  readonly identityId: string;
  readonly call: string;
}

async function noteCallsAt(
  tx: SyncTx,
  place: Place,
  referrers: readonly Referrer[],
  changed: readonly Changed[],
): Promise<void> {
  const [freed, brought, moves]: [Called[], Called[], Move[]] = [[], [], []];
  for (const { before, now } of changed) {
    const identityId = now.identity.id;
    const was = before === null ? null : callAt(place, before);
    const is = callAt(place, now);
    if (was === is) continue;
    if (was !== null) freed.push({ identityId, call: was });
    if (is !== null) brought.push({ identityId, call: is });
    // Who is new is referred to by nobody yet.
    if (is !== null && before !== null) moves.push({ fromId: identityId, toId: identityId });
  }
  const { side, by } = place;
  if (by !== undefined) {
    const named = ({ identityId, call: name }: Called): Name => ({ side, field: by, name, identityId });
    await tx.saveNames(freed.map(named), brought.map(named));
  }
  // A name that one of several has given away may name one thing now.
  const calls = by === undefined ? brought : [...freed, ...brought];
  await tx.wakeReaders(
    place,
    calls.map(({ call }) => call),
  );
  await tx.wakeWriters(
    place,
    brought.map(({ identityId }) => identityId),
  );
  for (const referrer of referrers) await tx.notePoints(referrer, moves);
}

/** What the thing is called there, as it is compared; null where it is not there, or has no name. */
export function callAt({ side, by }: Place, bundle: Bundle): string | null {
  const link = linkAt(bundle, side);
  if (by === undefined) return link?.status === 'live' ? link.recordId : null;
  const values: Values | undefined =
    side === EVERYWHERE
      ? bundle.identity.tombstone === null
        ? bundle.identity.golden
        : undefined
      : link?.status === 'live'
        ? link.accounted
        : undefined;
  const name = matchText(values?.[by]);
  return name === '' ? null : name;
}
