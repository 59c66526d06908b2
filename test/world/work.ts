/** What there is to do in a world, read from the rows of its store. */
import type { Tables } from './store/rows.ts';
import type { SimulatedSystem } from './system.ts';
import type { Unit } from './workers.ts';

/** A unit of work, and the side that it is done at. */
export type Work = readonly [unit: Unit, side: string];

const CLAIMED = ['look', 'deliver', 'resolve'] as const satisfies readonly Unit[];

/** Whether there is anything to claim; a worker that asks in vain changes nothing, and costs as much as one that works. */
export function hasWork(tables: Tables, unit: Unit, side: string, nowMs: number): boolean {
  const { hintsBySide, writesBySide, writes } = tables;
  switch (unit) {
    case 'sweep':
      return isSweepDue(tables, side, nowMs);
    case 'reap':
      for (const { row } of writes.slots()) if (row?.state === 'sent') return true;
      return false;
    case 'look':
      for (const { row } of hintsBySide.slots(side)) if (row?.state === 'open') return true;
      return false;
    case 'resolve':
      for (const { row } of writesBySide.slots(side)) if (row?.state === 'unknown') return true;
      return false;
    case 'deliver':
      for (const { row } of writesBySide.slots(side))
        if (row?.state === 'queued' || row?.state === 'planned') return true;
      return false;
    case 'waits':
      return isWaitDue(tables, nowMs);
    case 'capture':
      return true;
  }
}

function isWaitDue({ waits }: Tables, nowMs: number): boolean {
  for (const { row } of waits.slots()) if (row !== null && row.dueAtMs <= nowMs) return true;
  return false;
}

function isSweepDue({ streams }: Tables, side: string, nowMs: number): boolean {
  for (const { row } of streams.slots())
    if (row?.kind === 'sweep' && row.side === side) return row.dueAtMs <= nowMs;
  return false;
}

/** All that waits to be begun: feeds that have not been read to their end, sweeps that are due, and what can be claimed. */
export function waitingWork(
  tables: Tables,
  systems: ReadonlyMap<string, SimulatedSystem>,
  nowMs: number,
): readonly Work[] {
  const waiting: Work[] = [];
  for (const { row } of tables.streams.slots()) {
    if (row === null) continue;
    if (row.kind === 'sweep' && row.dueAtMs <= nowMs) waiting.push(['sweep', row.side]);
    else if (row.kind === 'changes' && row.checkpoint !== systems.get(row.side)?.feedEnd)
      waiting.push(['capture', row.side]);
  }
  for (const unit of CLAIMED)
    for (const side of systems.keys()) if (hasWork(tables, unit, side, nowMs)) waiting.push([unit, side]);
  if (isWaitDue(tables, nowMs)) waiting.push(['waits', '']);
  for (const { row } of tables.writes.slots())
    if (row?.state === 'sent' && row.leaseUntilMs < nowMs) return [...waiting, ['reap', row.side]];
  return waiting;
}

/** A write has taken effect, nothing has happened at its side since, and what became of it is not recorded yet. */
export function hasJustLanded({ writes }: Tables, systems: ReadonlyMap<string, SimulatedSystem>): boolean {
  for (const { row } of writes.slots()) {
    if (row?.state !== 'sent' && row?.state !== 'unknown') continue;
    if (systems.get(row.side)?.records.entries.at(-1)?.write?.key === row.writeId) return true;
  }
  return false;
}

/** A person is asked about a thing. */
export function isSomebodyAsked({ holds }: Tables): boolean {
  for (const { row } of holds.slots()) if (row?.closed === null && row.identityId !== null) return true;
  return false;
}
