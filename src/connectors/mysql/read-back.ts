import type { NativeValue } from '../../engine/value.ts';
import type { Applied } from './apply.ts';
import type { Cells, Transaction } from './client.ts';
import { identifier } from './codec.ts';
import { idOf, keyIsOneOf, keyLiterals } from './key.ts';
import { recordReader, selectList } from './row.ts';
import type { Table } from './table.ts';

const KEYS_PER_STATEMENT_MAX = 500;

export interface PresentRow {
  readonly id: string;
  readonly cells: Cells;
  readonly fields: ReadonlyMap<string, NativeValue>;
}

/** What the written records hold now: triggers, defaults and rounding have had their say. A deleted record has no row. */
export async function readBack(
  transaction: Transaction,
  table: Table,
  applied: readonly Applied[],
): Promise<ReadonlyMap<Applied, PresentRow>> {
  const toRecord = recordReader(
    table,
    table.columns.map(({ name }) => name),
    null,
  );
  const keyed = applied.flatMap((one) =>
    one.kind === 'written' && one.key !== null ? [{ one, key: one.key }] : [],
  );
  const present = new Map<Applied, PresentRow>();
  for (let from = 0; from < keyed.length; from += KEYS_PER_STATEMENT_MAX) {
    const chunk = keyed.slice(from, from + KEYS_PER_STATEMENT_MAX);
    const rows = await select(
      transaction,
      table,
      chunk.map(({ key }) => key),
    );
    const byKey = new Map(
      rows.map((cells) => [keyText(keyLiterals(table, idOf(table, cells)) ?? []), cells]),
    );
    for (const { one, key } of chunk) {
      // A key that the server spells in another way than it was given (`007`, a shorter date) is asked for by itself.
      const cells = byKey.get(keyText(key)) ?? (await select(transaction, table, [key]))[0];
      if (cells === undefined) continue;
      const { id, fields } = toRecord(cells);
      present.set(one, { id, cells, fields });
    }
  }
  return present;
}

function select(
  transaction: Transaction,
  table: Table,
  keys: readonly (readonly string[])[],
): Promise<readonly Cells[]> {
  return transaction.read(
    `select ${selectList(table)} from ${identifier(table.name)} where ${keyIsOneOf(table, keys)}`,
  );
}

function keyText(literals: readonly string[]): string {
  return JSON.stringify(literals);
}
