/** Puts what the two stores give side by side: the same rows in the same shape, with times that can be compared. */
import pg from 'pg';

import type { Dump } from '../memory-store.ts';
import type { Columns } from './real-store.ts';
import { HOUR_MS, MINUTE_MS } from './step.ts';

const DAY_MS = 24 * HOUR_MS;

/**
 * The value with every time near the present told in whole minutes from it: the clocks of the two stores are not the same
 * one, and no sequence takes half a minute. Times that were given to the store are far from the present, and stay exact.
 */
export function relative(value: unknown, nowMs: number): unknown {
  if (Array.isArray(value)) return value.map((element) => relative(element, nowMs));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name.endsWith('Ms') && typeof member === 'number'
        ? relativeTime(member, nowMs)
        : relative(member, nowMs),
    ]),
  );
}

function relativeTime(ms: number, nowMs: number): number | string {
  return Math.abs(ms - nowMs) < DAY_MS ? `now ${String(Math.round((ms - nowMs) / MINUTE_MS) + 0)} min` : ms;
}

/** What of an error the two must agree on: its class, and PostgreSQL's code. */
export function errorText(error: unknown): string {
  if (error instanceof pg.DatabaseError) return `SQL ${error.code ?? ''}`;
  return error instanceof Error ? error.name : String(error);
}

type Tables = Readonly<Record<string, readonly Columns[]>>;

/** The dump in the columns of the real tables. */
export function inColumns(dump: Dump): Tables {
  return {
    plans: dump.plans.map(({ approved, ...row }) => ({
      ...row,
      approvedAtMs: approved?.atMs ?? null,
      approvedBy: approved?.by ?? null,
    })),
    streams: dump.streams.map((row) => ({ ...row })),
    hints: dump.hints.map((row) => ({ ...row })),
    identities: dump.identities.map(({ id, ...row }) => ({ identityId: id, ...row })),
    links: dump.links.map(({ linked, ...row }) => ({
      lookedAtMs: null,
      accounted: null,
      agreed: null,
      sent: null,
      ...linked?.link,
      ...row,
      identityId: linked?.identityId ?? null,
    })),
    match_keys: dump.matchKeys.map(({ key, identityId }) => ({ matchKey: key, identityId })),
    unlinked_keys: dump.unlinkedKeys.map(({ key, ...row }) => ({ ...row, matchKey: key })),
    writes: dump.writes.map((row) => ({ ...row })),
    attempts: dump.attempts.map((row) => ({ ...row })),
    holds: dump.holds.map(({ closed, ...row }) => ({
      ...row,
      closedAtMs: closed?.atMs ?? null,
      closedBy: closed?.by ?? null,
      resolution: closed?.resolution ?? null,
    })),
    waits: dump.waits.map((row) => ({ ...row })),
    guard_windows: dump.guardWindows.map((row) => ({ ...row })),
    runs: dump.runs.map((row) => ({ ...row, kind: 'sweep' })),
    sightings: dump.sightings.map((row) => ({ ...row })),
    decisions: dump.decisions.map((row) => ({ ...row })),
    journal: dump.journal.map((row) => ({ ...row })),
  };
}

/** The rows of both in one order, their times made comparable. The hour of a guard's window is the same by itself. */
export function comparable(tables: Tables, nowMs: number): unknown {
  return Object.fromEntries(
    Object.entries(tables).map(([table, rows]) => [
      table,
      rows
        .map(({ windowStartMs: _hour, ...row }) => relative(row, nowMs))
        .map((row) => [JSON.stringify(inKeyOrder(row)), row] as const)
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([, row]) => row),
    ]),
  );
}

function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, inKeyOrder(member)]));
}
