/** Stops a flood before it leaves: mass deletes and mass changes wait for a person who approves the exact set. */
import type { GuardLimits } from './model.ts';

/** What already went to a side in the running window, and how many records the side has. */
export interface Window {
  readonly deletes: number;
  readonly changes: number;
  readonly records: number;
}

export interface Demand {
  readonly deletes: number;
  readonly changes: number;
}

export interface GuardVerdict {
  readonly stopDeletes: boolean;
  readonly stopChanges: boolean;
}

/** A share of a handful of records is no flood: below these counts the shares do not apply. */
const DELETES_ALWAYS_ALLOWED = 3;
const CHANGES_ALWAYS_ALLOWED = 1_000;

/** Which kinds of write must wait because the window would see too many of them. */
export function guard(limits: GuardLimits, window: Window, demand: Demand): GuardVerdict {
  const deletesLimit = Math.min(
    limits.deletesMax,
    atLeast(DELETES_ALWAYS_ALLOWED, limits.deletesShareMax * window.records),
  );
  const changesLimit = atLeast(CHANGES_ALWAYS_ALLOWED, limits.changesShareMax * window.records);
  return {
    stopDeletes: demand.deletes > 0 && window.deletes + demand.deletes > deletesLimit,
    stopChanges: demand.changes > 0 && window.changes + demand.changes > changesLimit,
  };
}

function atLeast(floor: number, share: number): number {
  return Math.max(floor, Math.floor(share));
}
