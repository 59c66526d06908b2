/** Systems whose reads lag behind what was written: every read shows a moment of the last `readLagMs`, and no one says which. */
import type { NewHint } from '../store/contract.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

/** Store-clock instant before which nothing of a read that begins now can be. */
export async function readBeganMs(runtime: SyncRuntime, side: SideRuntime): Promise<number> {
  return (await runtime.nowMs()) - side.card.readLagMs;
}

/** A look before the lag is over may show the record as it was before what the hint tells of. */
export function afterLag(side: SideRuntime, hints: readonly NewHint[]): readonly NewHint[] {
  const lagMs = side.card.readLagMs;
  if (lagMs === 0) return hints;
  return hints.map((hint) => ({ ...hint, dueInMs: Math.max(lagMs, hint.dueInMs ?? 0) }));
}
