/** The publication and the replication slot on the server: made when first needed, checked whenever reading goes on. */
import { createHash } from 'node:crypto';

import { quoted, type Table } from './catalog.ts';
import { LOCK_MS_MAX, runOn, textIn, type Database } from './database.ts';
import { cursorExpired } from './expired.ts';
import { asConnectorFailure, refuse, sqlStateOf } from './failures.ts';
import { lsnOf } from './pgoutput.ts';

const DUPLICATE_OBJECT = '42710';
const NOT_PERMITTED = '42501';
const NOT_IN_PREREQUISITE_STATE = '55000';
const NAME_BYTES_MAX = 63;
const HASH_DIGITS = 12;

export interface SlotNames {
  /** One for the connection, with all its tables. */
  readonly publication: string;
  /** One for each table, because each is read at its own pace. */
  readonly slot: string;
}

export function slotNamesOf(connectionKey: string, table: Table): SlotNames {
  const room = NAME_BYTES_MAX - 'trueup__'.length - HASH_DIGITS;
  const key =
    connectionKey.length <= room
      ? connectionKey
      : `${connectionKey.slice(0, room - HASH_DIGITS - 1)}_${digestOf(connectionKey)}`;
  return {
    publication: `trueup_${key}`,
    slot: `trueup_${key}_${digestOf(`${table.schema}.${table.relation}`)}`,
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}

/** Makes sure that from now on changes are kept for us, and gives the present position. */
export async function openSlot(
  database: Database,
  table: Table,
  names: SlotNames,
  signal: AbortSignal,
): Promise<bigint> {
  refuseUnsuited(table);
  await requireLogicalWal(database, signal);
  // Published first: changes made between the two statements would otherwise be in nobody's log.
  if (!(await isPublished(database, table, names, signal))) await publish(database, table, names, signal);
  const slot = await slotOf(database, names, signal);
  if (slot !== null && slot.isLost) {
    await database.query({ text: 'select pg_drop_replication_slot($1)', values: [names.slot] }, signal);
  }
  if (slot === null || slot.isLost) await createSlot(database, names, signal);
  return currentLsn(database, signal);
}

/** Throws `cursor_expired` unless everything after the position is still kept for us. */
export async function checkSlot(
  database: Database,
  table: Table,
  names: SlotNames,
  since: bigint,
  signal: AbortSignal,
): Promise<void> {
  const slot = await slotOf(database, names, signal);
  if (slot === null) throw cursorExpired(table, `the replication slot ${names.slot} is gone`);
  if (slot.isLost)
    throw cursorExpired(table, `the server has thrown away what the replication slot ${names.slot} kept`);
  if (since < slot.confirmed) throw cursorExpired(table, 'the replication slot has moved past it');
  if (since > (await currentLsn(database, signal)))
    throw cursorExpired(table, 'it lies beyond the end of the server’s log');
  if (!(await isPublished(database, table, names, signal))) {
    throw cursorExpired(table, `the publication ${names.publication} no longer has the table`);
  }
}

export async function currentLsn(database: Database, signal: AbortSignal): Promise<bigint> {
  const [row] = await database.query({ text: 'select pg_current_wal_lsn()' }, signal);
  return lsnOf(textIn(row?.[0]));
}

export async function isPublished(
  database: Database,
  table: Table,
  { publication }: SlotNames,
  signal: AbortSignal,
): Promise<boolean> {
  const text =
    'select 1 from pg_publication_tables p join pg_class c on c.oid = $4::oid ' +
    'where p.pubname = $1 and p.schemaname = $2 and p.tablename = $3';
  const values = [publication, table.schema, table.relation, table.oid];
  return (await database.query({ text, values }, signal)).length > 0;
}

interface Slot {
  readonly isLost: boolean;
  readonly confirmed: bigint;
}

async function slotOf(database: Database, { slot }: SlotNames, signal: AbortSignal): Promise<Slot | null> {
  const text =
    'select plugin, database = current_database(), confirmed_flush_lsn, wal_status from pg_replication_slots where slot_name = $1';
  const [row] = await database.query({ text, values: [slot] }, signal);
  if (row === undefined) return null;
  const [plugin, isHere, confirmed, status] = row;
  if (plugin !== 'pgoutput' || isHere !== 't') {
    throw refuse(
      'config',
      'slot_taken',
      `The replication slot ${slot} exists, but is not ours: it is for another database or plugin.`,
      'Drop or rename that slot, or give the connection another name.',
    );
  }
  return { isLost: status === 'lost' || confirmed === null, confirmed: lsnOf(textIn(confirmed ?? '0/0')) };
}

/** Adding a table whose rows cannot be told apart in the log would make the server refuse its users' updates. */
function refuseUnsuited(table: Table): void {
  const problem =
    table.persistence !== 'p'
      ? 'is unlogged, so its changes are in no log'
      : table.replicaIdentity === 'n' || table.replicaIdentity === 'i'
        ? 'logs changes without its primary key (its replica identity was altered)'
        : table.keyIsImmediate === false
          ? 'has a deferrable primary key, which the log cannot use'
          : null;
  if (problem === null) return;
  throw refuse(
    'config',
    'not_replicable',
    `The table ${table.name} ${problem}.`,
    `Change the table (alter table ${table.sqlName} replica identity default), or leave \`replication\` out to poll it.`,
  );
}

async function requireLogicalWal(database: Database, signal: AbortSignal): Promise<void> {
  const [row] = await database.query({ text: `select current_setting('wal_level')` }, signal);
  if (row?.[0] === 'logical') return;
  throw refuse(
    'config',
    'wal_level',
    `The server writes its log with wal_level = ${textIn(row?.[0])}; reading changes from it needs "logical".`,
    'Set wal_level = logical and restart the server, or leave `replication` out to poll.',
  );
}

async function publish(
  database: Database,
  table: Table,
  { publication }: SlotNames,
  signal: AbortSignal,
): Promise<void> {
  const name = quoted(publication);
  // A partition's changes are told in the name of the table that it is a part of.
  const create = `create publication ${name} for table ${table.sqlName} with (publish_via_partition_root = true)`;
  const found = await database.query(
    { text: 'select 1 from pg_publication where pubname = $1', values: [publication] },
    signal,
  );
  try {
    await database.withClient(async (client) => {
      if (found.length === 0) {
        try {
          await runOn(client, { text: create });
          return;
        } catch (error) {
          if (sqlStateOf(error) !== DUPLICATE_OBJECT) throw error;
        }
      }
      await runOn(client, { text: `alter publication ${name} add table ${table.sqlName}` });
    }, signal);
  } catch (error) {
    // Another session of ours was faster.
    if (sqlStateOf(error) === DUPLICATE_OBJECT) return;
    if (sqlStateOf(error) !== NOT_PERMITTED) throw asConnectorFailure(error);
    throw refuse(
      'config',
      'permission_denied',
      `The user ${database.connection.user} may not publish the table ${table.name}: ${messageOf(error)}`,
      `Let an administrator run: ${create}`,
    );
  }
}

/** The slot begins where all transactions that run now have ended, so making it waits for them. */
async function createSlot(database: Database, { slot }: SlotNames, signal: AbortSignal): Promise<void> {
  try {
    await database.withClient(async (client) => {
      // Waiting for those transactions is waiting for locks.
      await runOn(client, { text: 'set lock_timeout = 0' });
      try {
        await runOn(client, {
          text: `select pg_create_logical_replication_slot($1, 'pgoutput')`,
          values: [slot],
        });
      } finally {
        await runOn(client, { text: `set lock_timeout = ${String(LOCK_MS_MAX)}` }).catch(() => undefined);
      }
    }, signal);
  } catch (error) {
    if (sqlStateOf(error) === DUPLICATE_OBJECT) return;
    if (sqlStateOf(error) === NOT_PERMITTED || sqlStateOf(error) === NOT_IN_PREREQUISITE_STATE) {
      throw refuse(
        'config',
        'replication_denied',
        `The user ${database.connection.user} cannot make a replication slot: ${messageOf(error)}`,
        `Let an administrator run: alter user ${quoted(database.connection.user)} replication`,
      );
    }
    throw asConnectorFailure(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
