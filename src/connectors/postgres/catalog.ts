/** The tables of a database as reading, writing and describing them sees them. Remembered for half a minute. */
import { z } from 'zod';

import type { Clock } from '../../lib/clock.ts';
import { TABLE_NAMES, TABLES } from './catalog-sql.ts';
import { textIn, type Database } from './database.ts';
import { refuse } from './failures.ts';
import { nearestOf } from './nearest.ts';
import type { Settings } from './settings.ts';
import type { ColumnType } from './types.ts';

const REMEMBERED_MS = 30_000;
const VARIABLE_HEADER_BYTES = 4;
const CURSOR_COLUMNS = [
  'updated_at',
  'modified_at',
  'last_modified',
  'last_modified_at',
  'last_updated',
  'updated_on',
  'modified_on',
  'write_date',
  'updatedat',
  'modifiedat',
];

const TypeRow = z.object({
  oid: z.number(),
  sqlName: z.string(),
  base: z.string(),
  typmod: z.number(),
  options: z.array(z.string()).nullable(),
  element: z
    .object({ oid: z.number(), base: z.string(), options: z.array(z.string()).nullable() })
    .nullable(),
});
const TableRow = z.object({
  oid: z.string(),
  schema: z.string(),
  relation: z.string(),
  partitioned: z.boolean(),
  persistence: z.string(),
  replicaIdentity: z.string(),
  rowSecurity: z.boolean(),
  can: z.object({ select: z.boolean(), insert: z.boolean(), update: z.boolean(), delete: z.boolean() }),
  recordsEstimate: z.number().nullable(),
  changedByTriggers: z.boolean(),
  key: z.array(z.string()).nullable(),
  keyIsImmediate: z.boolean().nullable(),
  uniques: z.array(
    z.object({
      name: z.string(),
      partial: z.boolean(),
      primary: z.boolean(),
      columns: z.array(z.string()).nullable(),
    }),
  ),
  constraints: z.array(z.object({ name: z.string(), columns: z.array(z.string()).nullable() })),
  columns: z.array(
    z.object({
      name: z.string(),
      /** Stays when the column is renamed, and is never given to another one. */
      number: z.number(),
      notNull: z.boolean(),
      hasDefault: z.boolean(),
      /** The database sets it and refuses anybody else. */
      generated: z.boolean(),
      /** Numbered by a sequence unless a value is given. */
      counted: z.boolean(),
      writable: z.boolean(),
      /** Tables whose records it names by their key, by foreign keys of this column alone. */
      refersTo: z.array(z.string()).nullable(),
      type: TypeRow,
    }),
  ),
});

export type Column = Omit<z.infer<typeof TableRow>['columns'][number], 'type'> & {
  readonly type: ColumnType;
};

/** A table with a primary key. */
export interface Table extends Omit<z.infer<typeof TableRow>, 'columns' | 'key'> {
  /** As the caller named it. */
  readonly name: string;
  /** Schema and name, quoted. */
  readonly sqlName: string;
  readonly columns: ReadonlyMap<string, Column>;
  readonly key: readonly Column[];
  readonly cursorColumn: Column | null;
}

export interface Catalog {
  /** The named table; a failure `config` when it is unknown or cannot be synced. */
  table(name: string): Promise<Table>;
  /** All tables that can be synced, or the named ones, read afresh. */
  tables(names?: readonly string[]): Promise<readonly Table[]>;
}

export function createCatalog(database: Database, settings: Settings, clock: Clock): Catalog {
  const remembered = new Map<string, { readonly table: Table; readonly untilMs: number }>();
  const named = async (name: string): Promise<Table> => {
    const [row] = await rowsOf(database, name);
    if (row === undefined) throw await unknownCollection(database, name);
    const table = tableOf(row, name, settings);
    remembered.set(name, { table, untilMs: clock.monotonicMs() + REMEMBERED_MS });
    return table;
  };
  return {
    table: async (name) => {
      const known = remembered.get(name);
      return known !== undefined && known.untilMs > clock.monotonicMs() ? known.table : named(name);
    },
    tables: async (names) => {
      if (names !== undefined) return Promise.all(names.map(named));
      const rows = await rowsOf(database, null);
      return rows
        .filter((row) => row.key !== null && row.can.select)
        .map((row) => tableOf(row, `${row.schema}.${row.relation}`, settings));
    },
  };
}

/** The columns of a constraint or unique index, for failures; none when it is unknown. */
export function columnsOfConstraint(table: Table, name: string): readonly string[] {
  return (
    [...table.uniques, ...table.constraints].find((constraint) => constraint.name === name)?.columns ?? []
  );
}

/** The columns called `names`; a failure `config` naming the nearest when there is no such column. */
export function columnsNamed(table: Table, names: readonly string[]): readonly Column[] {
  return names.map((name) => {
    const column = table.columns.get(name);
    if (column !== undefined) return column;
    const nearest = nearestOf(name, [...table.columns.keys()]);
    throw refuse(
      'config',
      'unknown_field',
      `The table ${table.name} has no column "${name}". ${nearest}`,
      'Correct the mapping.',
    );
  });
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function rowsOf(database: Database, name: string | null): Promise<readonly z.infer<typeof TableRow>[]> {
  const rows = await database.query({ text: TABLES, values: [name] });
  return rows.map(([text]) => TableRow.parse(JSON.parse(textIn(text))));
}

async function unknownCollection(database: Database, name: string): Promise<Error> {
  const rows = await database.query({ text: TABLE_NAMES });
  // Tables of the default schema are also known without it.
  const known = rows
    .map(([full]) => textIn(full))
    .map((full) => (name.includes('.') ? full : full.replace(/^public\./, '')));
  return refuse(
    'config',
    'unknown_collection',
    `There is no table "${name}" that this user can see. ${nearestOf(name, known)}`,
    'Correct the name; tables outside the schema `public` are written `schema.table`.',
  );
}

function tableOf(row: z.infer<typeof TableRow>, name: string, settings: Settings): Table {
  const columns = new Map(
    row.columns.map((column) => [column.name, { ...column, type: typeOf(column.type) }]),
  );
  const key = (row.key ?? []).flatMap((column) => columns.get(column) ?? []);
  if (key.length === 0) {
    throw refuse(
      'config',
      'no_primary_key',
      `The table ${name} has no primary key, so its records cannot be told apart.`,
      'Give the table a primary key, or sync another one.',
    );
  }
  const sqlName = `${quoted(row.schema)}.${quoted(row.relation)}`;
  if (!row.can.select) {
    throw refuse(
      'config',
      'permission_denied',
      `The user ${settings.connection.user} may not read the table ${name}.`,
      `Run as the table’s owner: grant select on ${sqlName} to ${quoted(settings.connection.user)}`,
    );
  }
  return {
    ...row,
    name,
    sqlName,
    columns,
    key,
    cursorColumn: cursorColumnOf([...columns.values()], settings),
  };
}

function cursorColumnOf(columns: readonly Column[], settings: Settings): Column | null {
  const wanted = settings.cursorColumn === null ? CURSOR_COLUMNS : [settings.cursorColumn.toLowerCase()];
  const moments = columns.filter(({ type }) => type.base === 'timestamptz' || type.base === 'timestamp');
  const ranked = wanted.flatMap((name) => moments.filter((column) => column.name.toLowerCase() === name));
  return ranked[0] ?? null;
}

/** The declared bounds are packed into one number, the type modifier (see numerictypmodin and varchartypmodin). */
function typeOf({ typmod, ...type }: z.infer<typeof TypeRow>): ColumnType {
  const declared = typmod >= 0;
  const isText = type.base === 'varchar' || type.base === 'bpchar';
  const isMoment = type.base.startsWith('time');
  const digits = typmod - VARIABLE_HEADER_BYTES;
  return {
    ...type,
    lengthMax: declared && isText ? digits : null,
    scale: declared && type.base === 'numeric' ? Math.max(0, ((digits & 0x7ff) ^ 1024) - 1024) : null,
    precision: declared && isMoment ? typmod : null,
  };
}
