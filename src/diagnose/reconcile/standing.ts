/** How the schedule of a sync's reconciliation stands. */
import type { ReconcileSchedule } from '../../engine/model.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { sideStandings, type SideStanding } from '../../store/reconciling.ts';
import { slotAfter } from './slots.ts';

export interface Standing {
  /** Null without a schedule. */
  readonly schedule: { readonly says: string; readonly nextMs: number } | null;
  /** Sides that are being compared, or rest until they are gone on with. */
  readonly underWay: readonly SideStanding[];
}

export async function standingOf(
  tx: Tx,
  { syncKey, definition: { reconcile } }: Pick<SyncRow, 'syncKey' | 'definition'>,
): Promise<Standing> {
  const sides = await sideStandings(tx, syncKey);
  return {
    schedule:
      reconcile === undefined
        ? null
        : { says: scheduleText(reconcile), nextMs: slotAfter(reconcile, tx.nowMs) },
    underWay: sides.filter(({ comparedSinceMs, restsUntilMs }) => (comparedSinceMs ?? restsUntilMs) !== null),
  };
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const two = (value: number): string => String(value).padStart(2, '0');

/** `every week, Sunday at 02:30 UTC`. */
export function scheduleText({ everyHours, atMinute, weekday }: ReconcileSchedule): string {
  const at = `${two(Math.floor(atMinute / 60))}:${two(atMinute % 60)} UTC`;
  if (everyHours === 168) return `every week, ${WEEKDAYS[weekday] ?? ''} at ${at}`;
  if (everyHours === 24) return `every day at ${at}`;
  return everyHours === 1 ? `every hour, as at ${at}` : `every ${String(everyHours)} hours, as at ${at}`;
}
