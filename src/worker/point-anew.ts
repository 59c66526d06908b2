/** Points identities anew whose references have moved, as their own sync's work. */
import type { ReferenceLens, SyncModel } from '../engine/model.ts';
import { pointed, type Calls } from '../engine/point.ts';
import { idsIn, type Translate } from '../engine/references.ts';
import { linkAt, type Bundle } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { StoredBundle, SyncTx } from '../store/contract.ts';
import type { Wait } from '../store/reference-contract.ts';
import { Batch } from './batch.ts';
import { callsThere, thingsCalled } from './references.ts';
import type { SyncRuntime } from './runtime.ts';

type Point = Extract<Wait, { readonly kind: 'point' }>;

/** Points the locked identities anew, in the caller's transaction; returns the sides that now have something to deliver. */
export async function pointAnew(
  runtime: SyncRuntime,
  tx: SyncTx,
  points: readonly Point[],
  bundles: ReadonlyMap<string, StoredBundle>,
): Promise<ReadonlySet<string>> {
  const batch = new Batch(runtime, tx);
  const all = [...new Set(points.map(({ identityId }) => identityId))];
  const given = all.map((id) => must(bundles.get(id), 'what is pointed anew is locked'));
  const calls = await callsOf(runtime.model, tx, given, becomeIn(points));
  for (const bundle of given) {
    batch.load(bundle);
    const next = pointed(runtime.model, bundle, calls);
    if (next === bundle) continue;
    batch.put(next);
    if (next.identity === bundle.identity) continue;
    batch.note({ identityId: bundle.identity.id, side: '', recordId: null, kind: 'pointed', body: {} });
  }
  return batch.store();
}

/** What is gone and has become another: a point from a thing to itself says only that it is called otherwise. */
function becomeIn(points: readonly Point[]): ReadonlyMap<string, string> {
  const moved = points.filter(({ fromId, toId }) => fromId !== toId);
  return new Map(moved.map(({ fromId, toId }) => [fromId, toId]));
}

/** Two questions per place, however many bundles refer there. */
async function callsOf(
  model: SyncModel,
  tx: SyncTx,
  bundles: readonly Bundle[],
  becomeOf: ReadonlyMap<string, string>,
): Promise<Calls> {
  const things = new Map<ReferenceLens, Translate>();
  const calls = new Map<ReferenceLens, Translate>();
  for (const side of model.sides) {
    if (side.references.length === 0) continue;
    const links = bundles.flatMap((bundle) => linkAt(bundle, side.name) ?? []);
    const said = links.map(({ called = {} }) => called);
    const identityOf = await thingsCalled(tx, side, said);
    const callNow = await callsThere(tx, side, [
      ...links.map(({ accounted }) => accounted),
      ...side.references.flatMap((lens) => {
        const { name } = lens.field;
        const found = said.flatMap((called) =>
          idsIn(called[name]).flatMap((word) => identityOf(lens, word) ?? []),
        );
        return [...found, ...becomeOf.values()].map((id): Values => ({ [name]: id }));
      }),
    ]);
    for (const lens of side.references) {
      things.set(lens, identityOf);
      calls.set(lens, callNow);
    }
  }
  return {
    identityOf: (lens, word) => things.get(lens)?.(lens, word),
    callNow: (lens, id) => calls.get(lens)?.(lens, id),
    becomeOf,
  };
}
