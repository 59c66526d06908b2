/** The times of a schedule. Pure: the same schedule has the same times for everybody. */
import type { ReconcileSchedule } from '../../engine/model.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The first of January 1970 was a Thursday. */
const FIRST_WEEKDAY = 4;

/** The last of its times that is not after `nowMs`. */
export function slotBefore(schedule: ReconcileSchedule, nowMs: number): number {
  const everyMs = schedule.everyHours * HOUR_MS;
  const days = schedule.everyHours > 24 ? (schedule.weekday - FIRST_WEEKDAY + 7) % 7 : 0;
  const anchorMs = days * DAY_MS + schedule.atMinute * MINUTE_MS;
  return anchorMs + Math.floor((nowMs - anchorMs) / everyMs) * everyMs;
}

export function slotAfter(schedule: ReconcileSchedule, nowMs: number): number {
  return slotBefore(schedule, nowMs) + schedule.everyHours * HOUR_MS;
}

/** When a reading that is spread goes on: at the same time of the next day, or of the next slot where that comes sooner. */
export function nextStretch(schedule: ReconcileSchedule, nowMs: number): number {
  return slotAfter({ ...schedule, everyHours: Math.min(24, schedule.everyHours) }, nowMs);
}
