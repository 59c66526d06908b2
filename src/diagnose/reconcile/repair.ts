/**
 * Turns drift into a plan: takes in what the records hold, opens the writes that are owed and lost, and seals all of it to be looked
 * at and approved as a whole. It writes to no system, in a live sync neither.
 */
import { bodyOf } from '../../engine/plan.ts';
import type { Difference } from '../../engine/reconcile.ts';
import type { WriteKind } from '../../engine/state.ts';
import type { Values } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { readBundles } from '../../store/bundles.ts';
import type { StoredBundle } from '../../store/contract.ts';
import { sealPlan, type PlanRow } from '../../store/plans.ts';
import { plannedOf, storedRecords } from '../../store/reconciliations.ts';
import { Batch } from '../../worker/batch.ts';
import { PAGE_RECORDS_MAX } from '../../worker/limits.ts';
import { lookAt } from '../../worker/look.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import { settleWaits } from '../../worker/settle-waits.ts';
import type { Reconciled } from './look.ts';
import type { Finding } from './tally.ts';

const SAMPLES_PER_GROUP = 3;

/** Writes of one kind to one side that mend differences of one class. */
export interface RepairGroup {
  readonly side: string;
  readonly kind: WriteKind;
  readonly because: Difference['kind'];
  readonly count: number;
  readonly samples: readonly { readonly identityId: string; readonly values: Values }[];
}

/** What a repair would do. All counts are of differences; one may need several writes, or none. */
export interface Repair {
  readonly plan: PlanRow;
  readonly groups: readonly RepairGroup[];
  /** A person must decide: see the holds. */
  readonly questions: number;
  /** Nothing is to be written: taking it in was enough, or what it needs is on its way. */
  readonly takenIn: number;
}

export interface RepairOptions {
  readonly revision: number;
  readonly signal: AbortSignal;
  readonly onProgress: (looked: number) => void;
}

/** Of all drift among the findings. Throws what a connector throws; what was taken in by then stays. */
export async function planRepair(
  sync: Reconciled,
  live: SyncRuntime,
  findings: readonly Finding[],
  { revision, signal, onProgress }: RepairOptions,
): Promise<Repair> {
  // What it opens waits to be approved, whatever the workers may do by themselves.
  const runtime: SyncRuntime = { ...live, mode: 'observe' };
  const drift = findings.filter(({ difference }) => difference.explanation === null);
  await lookAtAll(runtime, drift, signal, onProgress);
  await settleWaits(runtime);
  const identities = await identitiesOf(sync, drift);
  const ids = [...new Set(identities.values())];
  for (const some of chunked(ids)) {
    signal.throwIfAborted();
    await planAgain(runtime, some);
  }
  return sync.transaction(async (tx) => {
    const planned = await plannedOf(tx, sync.syncKey, ids);
    const bundles = await readBundles(tx, sync.syncKey, ids);
    const plan = await sealPlan(tx, sync.syncKey, revision);
    return { plan, ...outcomes(runtime, drift, identities, planned, bundles) };
  });
}

async function lookAtAll(
  runtime: SyncRuntime,
  drift: readonly Finding[],
  signal: AbortSignal,
  onProgress: (looked: number) => void,
): Promise<void> {
  let looked = 0;
  for (const [name, own] of Map.groupBy(drift, ({ side }) => side)) {
    const side = runtime.sides.get(name);
    // The sync may have another revision by now.
    if (side === undefined) continue;
    for (const ids of chunked(own.flatMap(({ recordId }) => recordId ?? []))) {
      signal.throwIfAborted();
      await lookAt(runtime, side, ids, signal);
      looked += ids.length;
      onProgress(looked);
    }
  }
}

/** Whose each difference is, by now: the look may have made an identity of a record, or found another for it. */
async function identitiesOf(
  { syncKey, transaction }: Reconciled,
  drift: readonly Finding[],
): Promise<ReadonlyMap<Finding, string>> {
  const found = new Map<Finding, string>();
  for (const [side, own] of Map.groupBy(drift, (finding) => finding.side)) {
    const ids = own.flatMap(({ recordId }) => recordId ?? []);
    const records = await transaction((tx) => storedRecords(tx, syncKey, side, ids));
    for (const finding of own) {
      const identityId = records.get(finding.recordId ?? '')?.identityId ?? finding.identityId;
      if (identityId !== null) found.set(finding, identityId);
    }
  }
  return found;
}

/** Opens what is owed and has no open write, as nobody has changed anything that would have made a worker do so. */
function planAgain(runtime: SyncRuntime, identityIds: readonly string[]): Promise<unknown> {
  return runtime.transaction(async (tx) => {
    const batch = new Batch(runtime, tx);
    for (const bundle of (await tx.lockBundles(identityIds)).values()) {
      batch.load(bundle);
      batch.put({ ...bundle });
    }
    return batch.store();
  });
}

function outcomes(
  { model }: SyncRuntime,
  drift: readonly Finding[],
  identities: ReadonlyMap<Finding, string>,
  planned: Awaited<ReturnType<typeof plannedOf>>,
  bundles: ReadonlyMap<string, StoredBundle>,
): Pick<Repair, 'groups' | 'questions' | 'takenIn'> {
  const groups = new Map<string, RepairGroup>();
  const told = new Set<string>();
  let [questions, takenIn] = [0, 0];
  for (const finding of drift) {
    const identityId = identities.get(finding) ?? '';
    const bundle = bundles.get(identityId);
    const writes = planned.filter((write) => write.identityId === identityId);
    // A record without an identity waits for somebody to say whose it is.
    if (writes.length === 0 && (bundle === undefined || bundle.holds.length > 0)) questions += 1;
    else if (writes.length === 0) takenIn += 1;
    for (const { side, kind } of writes) {
      if (bundle === undefined || told.has(`${identityId} ${side}`)) continue;
      told.add(`${identityId} ${side}`);
      const because = finding.difference.kind;
      const key = [side, kind, because].join(' ');
      const group = groups.get(key) ?? { side, kind, because, count: 0, samples: [] };
      const values = bodyOf(must(model.sideOf.get(side), 'a write goes to a side'), bundle, kind);
      const isRoom = group.samples.length < SAMPLES_PER_GROUP;
      const samples = isRoom ? [...group.samples, { identityId, values }] : group.samples;
      groups.set(key, { ...group, count: group.count + 1, samples });
    }
  }
  return { groups: [...groups.values()], questions, takenIn };
}

function* chunked(ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += PAGE_RECORDS_MAX)
    yield ids.slice(start, start + PAGE_RECORDS_MAX);
}
