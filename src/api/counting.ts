/** Keeps the counts of the overview fresh enough without making anybody wait for them. */
import type { SyncRow } from '../store/control.ts';
import { countNow, lastCounted, type Counted } from '../store/counted.ts';
import type { ApiHost } from './host.ts';

/** Counts younger than this are shown as they are. */
const FRESH_MS = 1_000;
/** After a count, this many times as long is rested: counting takes a twentieth of a core at most. */
const REST_FACTOR = 20;
/** A count that takes no longer is made while the page waits. */
const QUICK_MS = 150;

export interface Counting {
  /** The counts of syncs, by sync key. One that was never counted is counted first. */
  of(workspaceNo: number, syncs: readonly SyncRow[]): Promise<ReadonlyMap<string, Counted>>;
}

export function createCounting(host: ApiHost): Counting {
  const running = new Map<string, Promise<Counted>>();

  const count = (workspaceNo: number, sync: SyncRow): Promise<Counted> => {
    const known = running.get(sync.syncKey);
    if (known !== undefined) return known;
    const sides = sync.definition.sides.map((side) => side.name);
    const started = host.database
      .transaction(workspaceNo, (tx) => countNow(tx, sync.syncKey, sides, () => host.clock.monotonicMs()))
      .finally(() => running.delete(sync.syncKey));
    running.set(sync.syncKey, started);
    return started;
  };

  return {
    of: async (workspaceNo, syncs) => {
      const [last, nowMs] = await Promise.all([
        host.database.transaction(workspaceNo, (tx) =>
          lastCounted(
            tx,
            syncs.map(({ syncKey }) => syncKey),
          ),
        ),
        host.database.nowMs(),
      ]);
      const found = new Map<string, Counted>();
      for (const sync of syncs) {
        const known = last.get(sync.syncKey);
        const isFresh =
          known !== undefined && nowMs - known.countedMs < Math.max(FRESH_MS, known.tookMs * REST_FACTOR);
        if (known !== undefined && (isFresh || known.tookMs > QUICK_MS)) found.set(sync.syncKey, known);
        if (isFresh) continue;
        const counted = count(workspaceNo, sync);
        if (known === undefined || known.tookMs <= QUICK_MS) found.set(sync.syncKey, await counted);
        // Nobody waits for it: that it failed shows in `countedAt`, and the next page tries again.
        else counted.catch(() => host.log.warn({ sync: sync.name }, 'the records could not be counted'));
      }
      return found;
    },
  };
}
