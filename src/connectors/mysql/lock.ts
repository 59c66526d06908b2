import type { Cells, Transaction } from './client.ts';
import { identifier } from './codec.ts';
import { isLockWait } from './failures.ts';
import { idOf, keyIsOneOf } from './key.ts';
import type { Prepared } from './prepare.ts';
import { selectList } from './row.ts';
import type { Table } from './table.ts';

const KEYS_PER_STATEMENT_MAX = 500;

export interface LockedRows {
  /** Record id → its row, which nobody else can change until the transaction ends. */
  readonly rows: ReadonlyMap<string, Cells>;
  /** Records that somebody else holds locked. */
  readonly busy: ReadonlySet<string>;
}

/**
 * Locks the records that are to be updated or deleted. What somebody else holds is skipped first and then waited for once,
 * all together, so that one locked record costs the batch seconds at most, and not its other records.
 */
export async function lockRows(
  transaction: Transaction,
  table: Table,
  prepared: readonly Prepared[],
): Promise<LockedRows> {
  const keys = new Map(
    prepared.flatMap((one) =>
      one.kind === 'update' || one.kind === 'delete' ? [[one.id, one.key] as const] : [],
    ),
  );
  const rows = await select(transaction, table, [...keys.values()], 'for update skip locked');
  const missing = [...keys].filter(([id]) => !rows.has(id));
  const skipped = await select(
    transaction,
    table,
    missing.map(([, key]) => key),
    '',
  );
  const waited = missing.filter(([id]) => skipped.has(id));
  try {
    const late = await select(
      transaction,
      table,
      waited.map(([, key]) => key),
      'for update',
    );
    return { rows: new Map([...rows, ...late]), busy: new Set() };
  } catch (error) {
    if (!isLockWait(error)) throw error;
    return { rows, busy: new Set(waited.map(([id]) => id)) };
  }
}

async function select(
  transaction: Transaction,
  table: Table,
  keys: readonly (readonly string[])[],
  locking: string,
): Promise<ReadonlyMap<string, Cells>> {
  const found = new Map<string, Cells>();
  for (let from = 0; from < keys.length; from += KEYS_PER_STATEMENT_MAX) {
    const chunk = keys.slice(from, from + KEYS_PER_STATEMENT_MAX);
    const sql = `select ${selectList(table)} from ${identifier(table.name)} where ${keyIsOneOf(table, chunk)} ${locking}`;
    for (const cells of await transaction.read(sql)) found.set(idOf(table, cells), cells);
  }
  return found;
}
