/** Making a plan, approving it, and stopping or starting a sync. */
import { audit } from '../../store/audit.ts';
import { findSync, setMode, type SyncMode, type SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { approvePlan, findPlan, sealPlan, type Approval } from '../../store/plans.ts';
import { observeAll } from '../../worker/rounds.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import type { Progress } from '../tasks.ts';
import { syncNamed } from './find.ts';

/** Reads every side completely, then seals what is planned. */
export async function makePlan(
  host: ApiHost,
  { workspaceNo, email }: Principal,
  sync: SyncRow,
  tell: Progress,
  signal: AbortSignal,
): Promise<void> {
  await host.work(workspaceNo).withSync(sync, async (runtime) => {
    const estimates = await estimatesOf(runtime);
    await observeAll(runtime, signal, {
      onSweep: ({ side, seen }) => tell(`reading ${side}`, seen, estimates.get(side) ?? null),
    });
  });
  if (signal.aborted) throw new ApiProblem('unavailable', { detail: 'the server is being stopped' });
  await host.database.transaction(workspaceNo, async (tx) => {
    const now = await findSync(tx, sync.name);
    if (now === null || now.revision !== sync.revision)
      throw new ApiProblem('conflict', { detail: 'the sync was changed while its sides were read' });
    const { hash, writes } = await sealPlan(tx, sync.syncKey, sync.revision);
    const detail = { sync: sync.name, writes };
    await audit(tx, workspaceNo, { by: email, action: 'plan.sealed', subject: hash, detail });
  });
}

async function estimatesOf(runtime: SyncRuntime): Promise<ReadonlyMap<string, number | null>> {
  const estimates = new Map<string, number | null>();
  for (const { session, model } of runtime.sides.values()) {
    const [description] = await session.describe([model.collection]);
    estimates.set(model.name, description?.recordsEstimate ?? null);
  }
  return estimates;
}

/** Lets exactly the plan go, and the sync with it. Throws `stale` when it is not the plan for what the sync says now. */
export async function approve(
  tx: Tx,
  { workspaceNo, email }: Principal,
  name: string,
  hash: string,
): Promise<Approval> {
  const sync = await syncNamed(tx, name);
  const plan = await findPlan(tx, sync.syncKey, hash);
  if (plan === null || plan.hash !== hash)
    throw new ApiProblem('stale', { detail: `${name} has no such plan`, advice: 'Make a new plan.' });
  if (plan.revision !== sync.revision)
    throw new ApiProblem('stale', {
      detail: `the plan was made for revision ${String(plan.revision)}, and the sync is at ${String(sync.revision)}`,
      advice: 'Make a new plan.',
    });
  const approval = await approvePlan(tx, sync.syncKey, plan, email);
  await setMode(tx, sync.syncKey, 'live');
  const detail = { sync: name, revision: plan.revision, ...approval };
  await audit(tx, workspaceNo, { by: email, action: 'plan.approved', subject: hash, detail });
  return approval;
}

/** Throws `conflict` when nothing of the sync's present revision was ever approved. */
export async function changeMode(
  tx: Tx,
  { workspaceNo, email }: Principal,
  name: string,
  mode: SyncMode,
): Promise<void> {
  const sync = await syncNamed(tx, name);
  if (mode === 'live' && sync.approvedUntilMs === 0)
    throw new ApiProblem('conflict', {
      detail: `no plan of ${name} has been approved at this revision`,
      advice: 'Make a plan and approve it: that starts the sync.',
    });
  await setMode(tx, sync.syncKey, mode);
  const detail = { from: sync.mode, to: mode };
  await audit(tx, workspaceNo, { by: email, action: 'sync.modeChanged', subject: name, detail });
}
