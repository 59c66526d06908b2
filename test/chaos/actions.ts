/** The seeded plan of a run: what is done to workers and to PostgreSQL, one after another, until time is up. */
import { systemClock } from '../../src/lib/clock.ts';
import type { Random } from '../../src/lib/random.ts';
import type { Fleet } from './fleet.ts';
import type { Office } from './office.ts';
import type { ChaosPostgres } from './postgres.ts';

/** Longer than the leases of src/worker/limits.ts, so that others have taken over what the sleeper believes to hold. */
const FROZEN_MIN_MS = 32_000;
const FROZEN_SPREAD_MS = 25_000;
const GAP_MIN_MS = 800;
const GAP_SPREAD_MS = 3_500;
const DOWN_MAX_MS = 3_000;
const TERMINATED_SHARE = 0.5;

const ACTIONS = ['kill', 'freeze', 'exhaust', 'terminate', 'crashStore', 'sweep'] as const;
type Action = (typeof ACTIONS)[number];

/** Of a hundred actions. */
const SHARES: Readonly<Record<Action, number>> = {
  kill: 50,
  freeze: 13,
  exhaust: 13,
  terminate: 10,
  crashStore: 6,
  sweep: 8,
};

export interface Stage {
  readonly random: Random;
  readonly fleet: Fleet;
  readonly office: Office;
  readonly postgres: ChaosPostgres;
  /** Aborts when the run is over, or was broken off. */
  readonly signal: AbortSignal;
  readonly counts: Map<string, number>;
}

/** Does one thing after another until `untilMs` of the monotonic clock. */
export async function wreak(stage: Stage, untilMs: number): Promise<void> {
  const { random, signal } = stage;
  while (!signal.aborted && systemClock.monotonicMs() < untilMs) {
    const gapMs = GAP_MIN_MS + random.fraction() * GAP_SPREAD_MS;
    await systemClock.sleep(Math.min(gapMs, untilMs - systemClock.monotonicMs()), signal);
    if (!signal.aborted) await act(stage, draw(random));
  }
}

function draw(random: Random): Action {
  let at = random.fraction() * 100;
  for (const action of ACTIONS) {
    at -= SHARES[action];
    if (at < 0) return action;
  }
  return 'kill';
}

async function act(stage: Stage, action: Action): Promise<void> {
  const { random, fleet, office, signal, counts } = stage;
  counts.set(action, (counts.get(action) ?? 0) + 1);
  switch (action) {
    case 'kill':
      await fleet.kill();
      break;
    case 'freeze': {
      const thaw = fleet.freeze();
      if (thaw === null) break;
      const forMs = FROZEN_MIN_MS + random.fraction() * FROZEN_SPREAD_MS;
      systemClock.sleep(forMs, signal).then(thaw, thaw);
      break;
    }
    case 'exhaust':
      fleet.exhaust();
      break;
    case 'terminate':
      await office.terminateBackends(TERMINATED_SHARE);
      break;
    case 'crashStore':
      await crashStore(stage);
      break;
    case 'sweep':
      await office.wakeSweeps();
      break;
  }
}

/** The store is gone in the middle of whatever it does; `whileDown` is done before it comes back. */
export async function crashStore(
  { postgres, random, signal }: Pick<Stage, 'postgres' | 'random' | 'signal'>,
  whileDown: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await postgres.stopImmediately();
  await whileDown();
  await systemClock.sleep(random.fraction() * DOWN_MAX_MS, signal);
  await postgres.start();
}
