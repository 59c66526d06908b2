/**
 * Computes match keys and names of everything that is known anew, after a revision has changed the rules. A sync does it before
 * anything else: a record that is met is looked for by keys that are all there.
 */
import { held } from '../engine/existence.ts';
import { matchKeys } from '../engine/match.ts';
import type { SyncModel } from '../engine/model.ts';
import type { NewHold } from '../engine/state.ts';
import type { MatchKey, StoredBundle, SyncTx } from '../store/contract.ts';
import type { Name } from '../store/reference-contract.ts';
import { Batch, emptySave } from './batch.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import { callAt } from './moves.ts';
import type { SyncRuntime } from './runtime.ts';
import { referrersTo } from './waits.ts';

const CLEARED_MAX = 20_000;

/** Until all is as the rules say, or the signal aborts; at once where nothing has changed. A worker that stops is continued. */
export async function rekey(runtime: SyncRuntime, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) if (await runtime.transaction((tx) => rekeySome(runtime, tx))) return;
}

/** True when nothing is left to be done. */
async function rekeySome(runtime: SyncRuntime, tx: SyncTx): Promise<boolean> {
  const places = await namedPlaces(runtime, tx);
  const state = await tx.keying(JSON.stringify({ match: runtime.model.match, names: places }));
  if (state.kind === 'current') return true;
  if (state.kind === 'clearing') {
    await tx.clearKeys(CLEARED_MAX);
    return false;
  }
  const ids = await tx.identitiesAfter(state.after, PAGE_RECORDS_MAX);
  const bundles = [...(await tx.lockBundles(ids)).values()];
  await giveKeys(runtime, tx, bundles);
  await giveNames(runtime, tx, places, bundles);
  await tx.moveKeying(ids.at(-1) ?? null);
  return ids.length === 0;
}

interface NamedPlace {
  readonly at: string;
  readonly by: string;
}

/** Where, and by which of their fields, others name the things of this sync. */
async function namedPlaces(runtime: SyncRuntime, tx: SyncTx): Promise<readonly NamedPlace[]> {
  const referrers = await referrersTo(runtime, tx);
  const places = referrers.flatMap(({ at, by }) => (by === undefined ? [] : [{ at, by }]));
  const texts = new Set(places.map((place) => JSON.stringify(place)));
  return [...texts].toSorted().map((text) => JSON.parse(text) as NamedPlace);
}

/** What would have the key of another waits for a person to say whether the two are one; it keeps the rest of its keys. */
async function giveKeys(runtime: SyncRuntime, tx: SyncTx, bundles: readonly StoredBundle[]): Promise<void> {
  const wanted = bundles.flatMap(({ identity: { id, golden, tombstone } }) =>
    tombstone === null ? matchKeys(runtime.model, golden).map((key) => ({ key, identityId: id })) : [],
  );
  const owners = new Map(await tx.identitiesByKey(wanted.map(({ key }) => key)));
  const free: MatchKey[] = [];
  const clashing = new Set<string>();
  for (const { key, identityId } of wanted) {
    const owner = owners.get(key);
    if (owner === undefined) {
      owners.set(key, identityId);
      free.push({ key, identityId });
    } else if (owner !== identityId) clashing.add(identityId);
  }
  await tx.save({ ...emptySave(), newKeys: free });
  const batch = new Batch(runtime, tx);
  for (const bundle of bundles) {
    if (!clashing.has(bundle.identity.id)) continue;
    batch.load(bundle);
    const hold = clashOf(runtime.model, bundle);
    const story = { identityId: bundle.identity.id, side: hold.side, recordId: null };
    batch.apply(held(bundle, hold), { ...story, kind: 'held', body: { reason: hold.reason } });
  }
  await batch.store();
}

function clashOf({ match }: SyncModel, { identity: { golden, edits } }: StoredBundle): NewHold {
  const fields = [...new Set(match.flat())].filter((name) => golden[name] !== undefined);
  const seen = Object.fromEntries(fields.map((name) => [name, golden[name] ?? null]));
  return { field: null, reason: 'ambiguousMatch', seen, side: edits[fields[0] ?? '']?.side ?? '' };
}

async function giveNames(
  { name: sync }: SyncRuntime,
  tx: SyncTx,
  places: readonly NamedPlace[],
  bundles: readonly StoredBundle[],
): Promise<void> {
  for (const { at: side, by } of places) {
    const names = bundles.flatMap((bundle): readonly Name[] => {
      const name = callAt({ sync, side, by }, bundle);
      return name === null ? [] : [{ side, field: by, name, identityId: bundle.identity.id }];
    });
    await tx.saveNames([], names);
    await tx.wakeReaders(
      { sync, side, by },
      names.map(({ name }) => name),
    );
  }
}
