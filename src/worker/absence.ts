/** What proves that a record which a look did not show is gone: an answer that is wrong for a moment says the same. */
import type { DeleteEvidence } from '../engine/state.ts';
import { isSaidEmptied } from './emptied.ts';
import { lookTogether } from './look-together.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

/**
 * Which of these absent records are certainly deleted. A second look after the system's read lag must agree, and show a control
 * record that is known to be there, which `gone` are not; only where somebody has said that the side was emptied on purpose may
 * there be none.
 */
export async function proveAbsent(
  runtime: SyncRuntime,
  side: SideRuntime,
  doubtful: readonly string[],
  gone: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DeleteEvidence>> {
  const proved = new Map<string, DeleteEvidence>();
  if (doubtful.length === 0) return proved;
  const { name } = side.model;
  const { control, isSaid } = await runtime.transaction(async (tx) => ({
    control: await tx.controlRecord(name, [...doubtful, ...gone]),
    isSaid: await isSaidEmptied(tx, name),
  }));
  if (control === null && !isSaid) return proved;
  await runtime.clock.sleep(side.card.readLagMs, signal);
  const beside = control === null ? [] : [control];
  // One place of every look is the control record's.
  const besideMax = Math.max(1, side.card.getBatchMax - beside.length);
  for (let start = 0; start < doubtful.length; start += besideMax) {
    const asked = doubtful.slice(start, start + besideMax);
    const again = await lookTogether(side, [...asked, ...beside]);
    const isShown = again[asked.length]?.kind === 'found';
    if (!isShown && !isSaid) return proved;
    for (const [index, recordId] of asked.entries())
      if (again[index]?.kind === 'absent') proved.set(recordId, isShown ? 'lookup' : 'person');
  }
  return proved;
}
