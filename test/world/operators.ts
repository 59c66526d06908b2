/** What people do at Trueup: they decide what they are asked, let go what a guard has stopped, approve plans, change policies. */
import type { HoldRow } from '../../src/store/holds.ts';
import { SIDE_EMPTIED } from '../../src/worker/emptied.ts';
import { ChoiceRefused, resolveHold, type HoldChoice } from '../../src/worker/holds.ts';
import type { SyncRuntime } from '../../src/worker/runtime.ts';
import { reviseModel } from './shape.ts';
import type { SimulatedWorker } from './workers.ts';
import type { World } from './world.ts';

/**
 * What an operator does after a restore (`trueup recover`): everything is read again before anything is written, and
 * what is owed then is approved as a plan.
 */
export async function recover(worlds: readonly World[]): Promise<void> {
  const [first] = worlds;
  if (first === undefined) return;
  const { scheduler, faults } = first;
  for (const world of worlds) {
    await world.direct((tx) => tx.beginRevision([...world.systems.keys()]));
    for (const worker of world.workers) worker.observe(true);
  }
  const rates = faults.heal();
  // Nothing of another sync stands still for ever either.
  scheduler.thawAll();
  for (let round = 0; round < 4; round += 1) {
    await first.cycle(['reap', 'sweep', 'capture', 'look', 'waits', 'resolve']);
    scheduler.advance(40_000);
  }
  for (const world of worlds) await goLive(world);
  faults.begin(rates);
}

async function goLive(world: World): Promise<void> {
  const { workers, store, violations } = world;
  for (const worker of workers) worker.observe(false);
  for (const { state, side, kind, firstSentAtMs } of store.tables.writes.rows())
    if (state === 'queued' && firstSentAtMs === null)
      violations.push(`I24: a ${kind} at ${side} may leave, and nobody has approved the plan`);
  await approve(world);
  world.isRecovering = false;
}

/** Whoever approves a plan has seen how many deletes it holds. */
async function approve(world: World): Promise<void> {
  const writes = world.store.tables.writes.rows();
  if (writes.some(({ state, kind }) => state === 'planned' && kind === 'delete')) world.released += 1;
  await world.direct(async (tx) => tx.approvePlan(await tx.sealPlan(), 'a person'));
}

/** What an observing worker planned after the plan was approved waits for the next approval. */
export async function approvePlanned(worlds: readonly World[]): Promise<void> {
  for (const world of worlds)
    if (world.store.tables.writes.rows().some(({ state }) => state === 'planned')) await approve(world);
}

/** Somebody changes the policies: a new revision, observed until its plan is approved. */
export async function revise(world: World): Promise<void> {
  world.model = reviseModel(world.tape, world.shape.definition);
  for (const worker of world.workers) worker.use(world.model);
  await recover([world]);
}

/** Somebody lets go one set of what the guard has stopped. */
export async function release(world: World): Promise<boolean> {
  const [set] = await world.direct((tx) => tx.heldWrites());
  if (set === undefined) return false;
  const count = await world.direct((tx) => tx.releaseHeld(set.side, set.kind, set.hash));
  if (count !== null) world.released += 1;
  return count !== null;
}

/** Somebody says of a side whose sweep found no records that this was meant. */
export async function sayEmptied(world: World): Promise<boolean> {
  const stream = world.store.tables.streams.rows().find(({ failure }) => failure?.code === SIDE_EMPTIED);
  if (stream === undefined) return false;
  await world.direct((tx) => tx.sayEmptied(stream.side));
  return true;
}

/** A person decides about the oldest open hold, if there is one. */
export async function decide(world: World): Promise<boolean> {
  const open = await world.direct((tx) => tx.openHolds(null, 100));
  // Nobody has a record made a second time without looking for the first.
  const holds = open.filter(({ identityId, reason }) => identityId !== null && !NEEDS_A_LOOK.has(reason));
  const [first] = holds;
  const [worker] = world.workers;
  if (first === undefined || worker === undefined) return false;
  const choices = choicesFor(first, [...world.systems.keys()]);
  const choice = choices[world.tape.pick('people', choices.length)] ?? { kind: 'keep' };
  try {
    await world.through(resolveHold(undisturbed(world, worker), first, choice, 'a person'));
  } catch (error) {
    if (!(error instanceof ChoiceRefused)) throw error;
    // That the golden value stays can always be said.
    if (choice.kind === 'keep')
      world.violations.push(`I12: the answer to a hold (${first.reason}) was refused: ${error.message}`);
    return false;
  }
  world.decided.push({ hold: first, choice, order: world.order });
  const { row } = world.store.tables.holds.get(first.holdId) ?? { row: null };
  if (row?.closed === null)
    world.violations.push(`I12: a person has answered a hold (${first.reason}), and it is still open`);
  return true;
}

function undisturbed({ store }: World, { runtime }: SimulatedWorker): SyncRuntime {
  return { ...runtime, transaction: (action) => store.transaction(action) };
}

/** What only a look into the systems can answer, and an act there. */
const NEEDS_A_LOOK: ReadonlySet<string> = new Set([
  'createOutcomeUnknown',
  'duplicateRecord',
  'ambiguousMatch',
]);

function choicesFor(hold: HoldRow, sides: readonly string[]): readonly HoldChoice[] {
  if (hold.field === null) return [{ kind: 'delete' }, { kind: 'revive' }];
  return [{ kind: 'keep' }, ...sides.map((side) => ({ kind: 'take', side }) as const)];
}
