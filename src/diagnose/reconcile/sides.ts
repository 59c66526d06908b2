/** A reconciliation of some sides of a sync, all at once: each is another system. Nobody else compares them meanwhile. */
import { ConnectorFailure } from '../../connector/failure.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Random } from '../../lib/random.ts';
import { keepSides, leaveSides, takeSide } from '../../store/reconciling.ts';
import type { SideRuntime } from '../../worker/runtime.ts';
import type { SideBudget } from './budget.ts';
import { compareByDigests } from './digests.ts';
import type { Reconciled } from './look.ts';
import type { ReadOptions } from './reader.ts';
import { reconcileSide } from './reconcile.ts';
import type { ReconciledSide } from './tally.ts';

/** A side whose holder was silent for so long may be taken by another. */
const LEASE_MS = 120_000;
const SIGN_OF_LIFE_MS = LEASE_MS / 6;

export interface SidesOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** How many records of a side were compared so far. */
  readonly onProgress: (side: string, seen: number) => void;
}

/** In the order of `sides`. Waits for every side, and throws what the first connector that failed has thrown. */
export async function reconcileSides(
  sync: Reconciled,
  sides: readonly SideRuntime[],
  options: SidesOptions & { readonly budgetOf?: (side: SideRuntime) => SideBudget },
): Promise<readonly ReconciledSide[]> {
  const ended = await reconcileEach(sync, sides, options, (side) => ({
    runId: options.ids.next(),
    budget: options.budgetOf?.(side) ?? null,
    from: null,
    // Whoever asked for it waits, so it does not rest; and who was killed asks again.
    keep: () => Promise.resolve(),
  }));
  return ended.flatMap((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value ?? [];
  });
}

/** What is told of each side alone. */
export type SideOptions = Pick<ReadOptions, 'runId' | 'budget' | 'from' | 'keep'>;

/** The same, with what became of each side. Throws `trueup.reconciling` when somebody else is at one of them. */
export async function reconcileEach(
  sync: Reconciled,
  sides: readonly SideRuntime[],
  options: SidesOptions,
  optionsOf: (side: SideRuntime) => SideOptions,
): Promise<readonly PromiseSettledResult<ReconciledSide | null>[]> {
  const { clock, random, onProgress } = options;
  const holder = options.ids.next();
  await takeSides(sync, sides, holder);
  const ended = new AbortController();
  const lost = new AbortController();
  const signs = signsOfLife(sync, sides.length, holder, clock, ended.signal, lost);
  const signal = AbortSignal.any([options.signal, lost.signal]);
  try {
    const each = sides.map((side) => ({ side, own: optionsOf(side) }));
    // What has come half way goes on as it began.
    const fresh = each.filter(({ own }) => own.from === null).map(({ side }) => side);
    const compared = await compareByDigests(sync, fresh, random, signal);
    return await Promise.allSettled(
      each.map(({ side, own }) => {
        const { name } = side.model;
        return reconcileSide(sync, side, {
          ...own,
          random,
          compared: compared.get(name) ?? null,
          signal,
          onProgress: (seen) => {
            onProgress(name, seen);
          },
        });
      }),
    );
  } finally {
    ended.abort();
    await signs;
    await sync.transaction((tx) => leaveSides(tx, sync.syncKey, holder));
  }
}

/** All of them, or none. */
function takeSides(sync: Reconciled, sides: readonly SideRuntime[], holder: string): Promise<void> {
  const { syncKey, transaction } = sync;
  // In one order for everybody, so that two who want several do not wait for each other.
  const names = sides.map(({ model }) => model.name).toSorted();
  return transaction(async (tx) => {
    for (const name of names) {
      const other = await takeSide(tx, syncKey, name, holder, LEASE_MS);
      if (other !== null) throw underWay(name, other.heldSinceMs);
    }
  });
}

function underWay(side: string, sinceMs: number): ConnectorFailure {
  return new ConnectorFailure({
    kind: 'transient',
    code: 'trueup.reconciling',
    message: `${side} is being compared already, since ${new Date(sinceMs).toISOString()}`,
    advice: 'Wait until that has ended; its report is kept. What was killed is given up after two minutes.',
  });
}

async function signsOfLife(
  { syncKey, transaction }: Reconciled,
  sides: number,
  holder: string,
  clock: Clock,
  ended: AbortSignal,
  lost: AbortController,
): Promise<void> {
  for (;;) {
    await clock.sleep(SIGN_OF_LIFE_MS, ended);
    if (ended.aborted) return;
    // While the store cannot be reached nothing can be compared either; the lease outlasts a few of these.
    const held = await transaction((tx) => keepSides(tx, syncKey, holder, LEASE_MS)).catch(() => sides);
    if (held < sides) lost.abort(underWayElsewhere());
  }
}

function underWayElsewhere(): ConnectorFailure {
  return new ConnectorFailure({
    kind: 'transient',
    code: 'trueup.reconciling',
    message: 'the store was out of reach for so long that another may compare the side by now',
  });
}
