/** Connections as they are set up, and what their systems still allow them. */
import type { ConnectionRow } from './control.ts';
import type { Tx } from './database.ts';

export async function allConnections(tx: Tx): Promise<readonly ConnectionRow[]> {
  return tx.query<{ name: string; system: string; settings: ConnectionRow['settings'] }>(
    'select name, system, settings from connections order by name',
  );
}

/** A bucket as it was left by whoever took from it last. */
export interface LimitRow {
  readonly connectionKey: string;
  readonly limitName: string;
  readonly unitsMax: number;
  readonly units: number;
  readonly pausedUntilMs: number;
}

export async function connectionLimits(tx: Tx): Promise<readonly LimitRow[]> {
  const rows = await tx.query<{
    connection_key: string;
    limit_name: string;
    units_max: number;
    units: number;
    paused_until_ms: number;
  }>(
    'select connection_key, limit_name, units_max, units, paused_until_ms from budgets order by connection_key, limit_name',
  );
  return rows.map((row) => ({
    connectionKey: row.connection_key,
    limitName: row.limit_name,
    unitsMax: row.units_max,
    units: row.units,
    pausedUntilMs: row.paused_until_ms,
  }));
}

/** The names of stored secrets, and when each was stored last. */
export async function secretsChanged(
  tx: Tx,
): Promise<readonly { readonly name: string; readonly changedMs: number }[]> {
  const rows = await tx.query<{ name: string; changed_ms: number }>(
    'select name, extract(epoch from changed_at)::float8 * 1000 as changed_ms from secrets order by name',
  );
  return rows.map(({ name, changed_ms: changedMs }) => ({ name, changedMs }));
}
