/** What information_schema tells of the tables of one database, brought into the shape that reading and writing need. */
import { escape } from 'mysql2';

import { nearestNames } from '../../lib/nearest.ts';
import type { Client, Cell, Cells } from './client.ts';
import { columnOf, type Column, type ColumnFacts } from './column.ts';
import { refuse } from './failures.ts';

const NEAREST_MAX = 5;

export interface Table {
  readonly name: string;
  readonly title: string | null;
  readonly columns: readonly Column[];
  /** The columns that identify a record: the primary key, else a unique one that is never null; empty: there is none. */
  readonly key: readonly Column[];
  /** Unique key's name → its columns, the primary key included, first. */
  readonly uniqueKeys: ReadonlyMap<string, readonly string[]>;
  readonly rowsEstimate: number | null;
  /** False for tables whose storage keeps no transactions (MyISAM) and for views: these are only read. */
  readonly isTransactional: boolean;
  readonly hasTriggers: boolean;
}

/** All tables of the database, or those of the given names that exist. */
export async function readTables(
  client: Client,
  database: string,
  names: readonly string[] | null,
  datetimeIsUtc: boolean,
): Promise<readonly Table[]> {
  const inTables = (column: string): string => {
    const which =
      names === null ? '' : ` and binary ${column} in (${names.map((name) => escape(name)).join(', ')})`;
    return `table_schema = ${escape(database)}${which}`;
  };
  if (names?.length === 0) return [];
  const tables = await client.read(
    `select t.table_name, t.table_comment, t.table_rows, e.transactions, t.table_type
     from information_schema.tables t left join information_schema.engines e on e.engine = t.engine
     where t.${inTables('t.table_name')} and t.table_type in ('BASE TABLE', 'VIEW') order by t.table_name`,
  );
  const columns = await client.read(
    `select table_name, column_name, data_type, column_type, is_nullable, column_default, extra,
       character_maximum_length, numeric_scale, datetime_precision, column_comment
     from information_schema.columns where ${inTables('table_name')} order by table_name, ordinal_position`,
  );
  const keys = await client.read(
    `select table_name, index_name, column_name, sub_part, nullable from information_schema.statistics
     where ${inTables('table_name')} and non_unique = 0 order by table_name, index_name = 'PRIMARY' desc, index_name, seq_in_index`,
  );
  const triggers = await client.read(
    `select distinct event_object_table from information_schema.triggers
     where event_object_schema = ${escape(database)}`,
  );
  const jsonColumns = await readJsonColumns(client, database);
  const columnsOf = groupByTable(columns);
  const keysOf = groupByTable(keys);
  const triggered = new Set(triggers.map(([table]) => String(table)));
  return tables.map((table) =>
    toTable(table, {
      columns: (columnsOf.get(String(table[0])) ?? []).map((row) =>
        columnOf(factsOf(row, jsonColumns), datetimeIsUtc),
      ),
      keyRows: keysOf.get(String(table[0])) ?? [],
      hasTriggers: triggered.has(String(table[0])),
    }),
  );
}

export async function unknownCollection(client: Client, database: string, wanted: string): Promise<Error> {
  const rows = await client.read(
    `select table_name from information_schema.tables where table_schema = ${escape(database)}`,
  );
  const near = nearestNames(
    wanted,
    rows.map(([name]) => String(name)),
    NEAREST_MAX,
  );
  const there = near.length === 0 ? 'the user sees no table there at all' : `there is ${near.join(', ')}`;
  return refuse(
    'config',
    'unknown_collection',
    `there is no table ${wanted} in the database ${database}; ${there}`,
    {
      advice: 'Correct the name in the sync. A table that the user has no rights on does not show.',
    },
  );
}

interface Parts {
  readonly columns: readonly Column[];
  readonly keyRows: readonly Cells[];
  readonly hasTriggers: boolean;
}

function toTable(
  [name, comment, rows, transactions, type]: Cells,
  { columns, keyRows, hasTriggers }: Parts,
): Table {
  const uniqueKeys = new Map<string, string[]>();
  const partial = new Set<string>();
  const nullable = new Set<string>();
  for (const [, index, column, prefix, isNullable] of keyRows) {
    uniqueKeys.set(String(index), [...(uniqueKeys.get(String(index)) ?? []), String(column)]);
    if (prefix !== null || column === null) partial.add(String(index));
    if (isNullable === 'YES') nullable.add(String(index));
  }
  // A key over the beginning of a text, or over an expression, is not a key over columns.
  for (const index of partial) uniqueKeys.delete(index);
  const [, keyNames = []] = [...uniqueKeys].find(([index]) => !nullable.has(index)) ?? [];
  const isView = type === 'VIEW';
  return {
    name: String(name),
    title: comment === '' || comment === null || isView ? null : String(comment),
    columns,
    key: columns
      .filter((column) => keyNames.includes(column.name))
      .toSorted((left, right) => keyNames.indexOf(left.name) - keyNames.indexOf(right.name)),
    uniqueKeys,
    rowsEstimate: rows === null || rows === undefined ? null : Number(rows),
    isTransactional: transactions === 'YES',
    hasTriggers,
  };
}

function factsOf(row: Cells, jsonColumns: ReadonlySet<string>): ColumnFacts {
  const [
    table,
    name,
    dataType,
    columnType,
    isNullable,
    defaultText,
    extra,
    characters,
    scale,
    fraction,
    comment,
  ] = row.map(textOf);
  return {
    name: name ?? '',
    dataType: (dataType ?? '').toLowerCase(),
    columnType: columnType ?? '',
    isNullable: isNullable === 'YES',
    defaultText: defaultText ?? null,
    extra: extra ?? '',
    charactersMax: characters ?? null,
    scale: scale ?? null,
    fractionDigits: fraction ?? null,
    comment: comment ?? '',
    isJsonText: jsonColumns.has(`${table ?? ''}\0${name ?? ''}`),
  };
}

/** MariaDB's `json` is longtext with the check `json_valid(column)`; MySQL has no such column in its check table. */
async function readJsonColumns(client: Client, database: string): Promise<ReadonlySet<string>> {
  const [[version] = ['']] = await client.read('select version()');
  if (!String(version).includes('MariaDB')) return new Set();
  const checks = await client.read(
    `select table_name, check_clause from information_schema.check_constraints
     where constraint_schema = ${escape(database)} and check_clause like 'json_valid(%'`,
  );
  return new Set(
    checks.flatMap(([table, clause]) => {
      const column = /^json_valid\(`(.+)`\)$/.exec(String(clause))?.[1];
      return column === undefined ? [] : [`${String(table)}\0${column}`];
    }),
  );
}

function groupByTable(rows: readonly Cells[]): ReadonlyMap<string, readonly Cells[]> {
  const groups = new Map<string, Cells[]>();
  for (const row of rows) {
    const group = groups.get(String(row[0])) ?? [];
    group.push(row);
    groups.set(String(row[0]), group);
  }
  return groups;
}

/** MySQL gives some texts of information_schema as bytes. */
function textOf(cell: Cell): string | null {
  return cell === null ? null : Buffer.isBuffer(cell) ? cell.toString('utf8') : String(cell);
}
