import type { CapabilityCard, CollectionDescription, FieldDescription } from '../../connector/contract.ts';
import type { Column, Table } from './catalog.ts';
import { STATEMENT_MS_MAX } from './database.ts';
import { fieldTypeOf } from './types.ts';

/** Larger batches gain nothing, and cost more to take apart when one record of them is refused. */
export const BATCH_RECORDS_MAX = 1_000;
/** Committing, and triggers that run then, come after the statement's own limit. */
const COMMIT_MS_MAX = 30_000;

/** What the server and the settings allow beyond what a table does. */
export interface Access {
  readonly replication: boolean;
  /** A standby shows neither running transactions nor takes writes. */
  readonly isStandby: boolean;
}

export function descriptionOf(table: Table, access: Access): CollectionDescription {
  const { recordsEstimate } = table;
  return {
    name: table.name,
    fields: [...table.columns.values()].map((column) => fieldOf(table, column)),
    card: cardOf(table, access),
    // A table that was never analysed has −1, or 0 before PostgreSQL 14.
    recordsEstimate: recordsEstimate === null || recordsEstimate <= 0 ? null : Math.round(recordsEstimate),
  };
}

function fieldOf(table: Table, column: Column): FieldDescription {
  return {
    name: column.name,
    id: `${table.oid}.${String(column.number)}`,
    type: fieldTypeOf(column.type),
    required: column.notNull && !column.hasDefault && !column.generated,
    readOnly: column.generated || !column.writable,
    unique: table.uniques.some(
      ({ partial, columns }) => !partial && columns?.length === 1 && columns[0] === column.name,
    ),
    ...(column.refersTo === null ? {} : { refersTo: column.refersTo }),
  };
}

function cardOf(table: Table, { replication, isStandby }: Access): CapabilityCard {
  const polled = table.cursorColumn === null || isStandby ? 'none' : 'cursor';
  return {
    version: 'opaque',
    conditionalWrite: true,
    createIdentity: createIdentityOf(table),
    readLagMs: 0,
    deletes: replication ? 'feed' : 'lookup',
    feed: replication ? 'log' : polled,
    executionMaxMs: STATEMENT_MS_MAX + COMMIT_MS_MAX,
    writeBatchMax: BATCH_RECORDS_MAX,
    getBatchMax: BATCH_RECORDS_MAX,
    can: {
      create: table.can.insert && !isStandby,
      update: table.can.update && !isStandby,
      delete: table.can.delete && !isStandby,
    },
  };
}

/** A create whose answer was lost is found by a value that the database keeps unique and that we may choose. */
function createIdentityOf(table: Table): CapabilityCard['createIdentity'] {
  const chosen = (name: string): boolean => {
    const column = table.columns.get(name);
    return column !== undefined && column.writable && !column.generated && !column.counted;
  };
  const found = table.uniques.some(({ partial, columns }) => !partial && columns?.every(chosen) === true);
  return found ? 'uniqueKey' : 'search';
}
