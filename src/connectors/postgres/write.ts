/** Carries out writes in batches, and takes a batch apart when one record of it is refused. */
import type { Lookup, WriteRequest, WriteResult } from '../../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import { backoffMs } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { canonicalJson } from '../../lib/json.ts';
import type { Random } from '../../lib/random.ts';
import { batchesOf, type Batch } from './batches.ts';
import { columnsNamed, columnsOfConstraint, type Table } from './catalog.ts';
import { runOn, type Client, type Database, type Row } from './database.ts';
import { BATCH_RECORDS_MAX } from './describe.ts';
import { failureOf, isAboutOneRecord, isConnectionLost, refuse, sqlStateOf } from './failures.ts';
import { getRecords, type Run } from './lookup.ts';
import { keyOfId } from './projection.ts';
import {
  returningOf,
  statementOf,
  writtenOf,
  type KeyedEntry,
  type Plan,
  type Written,
} from './statements.ts';

const TRIES_MAX = 4;
const RETRY_BASE_MS = 20;
const RETRY_CAP_MS = 500;
/** Each costs LOCK_MS_MAX; enough to find one locked record among a thousand. */
const LOCK_WAITS_MAX = 12;
const [DEADLOCK, SERIALIZATION_FAILURE, LOCK_NOT_AVAILABLE] = ['40P01', '40001', '55P03'];

export interface WriteContext {
  readonly table: Table;
  readonly clock: Clock;
  readonly random: Random;
}

export async function writeRecords(
  database: Database,
  context: WriteContext,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  if (requests.length === 0) return [];
  const results = requests.map((request) => refusedBeforehand(context.table, request));
  const sound = requests.filter((_, index) => results[index] === null);
  const written = await database.withClient(async (client) => {
    const writer = new Writer(client, context);
    for (const batch of batchesOf(sound, BATCH_RECORDS_MAX)) await writer.write(batch);
    return writer.results;
  });
  let next = 0;
  return results.map((result) => {
    if (result !== null) return result;
    next += 1;
    return must(written.get(next - 1), 'every request has come to a result');
  });
}

/** What needs no server to be refused; null when the request is worth sending. */
function refusedBeforehand(table: Table, request: WriteRequest): WriteResult | null {
  const { key, kind, recordId, fields } = request;
  try {
    const generated = columnsNamed(table, [...fields.keys()]).find((column) => column.generated);
    if (generated !== undefined) return failed(key, readOnly(table, generated.name));
    if (kind === 'create' && fields.size === 0)
      throw refuse('invalid', 'empty', 'A record needs at least one field.');
    if (kind !== 'create' && (recordId === null || keyOfId(table, recordId) === null))
      return failed(key, gone(table));
    return null;
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    return failed(key, error.failure);
  }
}

/** The writes of one call over one connection. */
class Writer {
  readonly results = new Map<number, WriteResult>();
  readonly #client: Client;
  readonly #context: WriteContext;
  readonly #run: Run;
  #lost = false;
  #lockWaits = 0;

  constructor(client: Client, context: WriteContext) {
    this.#client = client;
    this.#context = context;
    this.#run = (statement) => runOn(client, statement);
  }

  async write({ kind, columns, entries }: Batch): Promise<void> {
    const { table } = this.#context;
    const returning = kind === 'delete' ? null : returningOf(table, columns);
    const keyed = entries.map((entry): KeyedEntry => {
      const { recordId } = entry.request;
      return { ...entry, key: recordId === null ? [] : (keyOfId(table, recordId) ?? []) };
    });
    await this.#carryOut({ table, kind, columns, entries: keyed, returning }, false);
  }

  /** Halving finds one bad record among n with about 2 log n statements, and writes all others meanwhile. */
  async #carryOut(plan: Plan, isRepeat: boolean): Promise<void> {
    if (this.#lost) {
      this.#failAll(plan, {
        kind: 'transient',
        code: 'postgres.not_sent',
        message: 'The connection was lost before.',
      });
      return;
    }
    const written = await this.#attempt(plan);
    if (written === 'apart') {
      const middle = Math.ceil(plan.entries.length / 2);
      await this.#carryOut({ ...plan, entries: plan.entries.slice(0, middle) }, isRepeat);
      await this.#carryOut({ ...plan, entries: plan.entries.slice(middle) }, isRepeat);
    } else if (written !== 'settled') {
      await this.#account(plan, written, isRepeat);
    }
  }

  /** The rows written; `apart` when the batch must be halved; `settled` when every request has its result. */
  async #attempt(plan: Plan): Promise<readonly Row[] | 'apart' | 'settled'> {
    // An update of no columns writes nothing, but must still say whether the record is there.
    if (plan.kind === 'update' && plan.columns.length === 0) return [];
    const statement = statementOf(plan);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#run(statement);
      } catch (error) {
        if (isConnectionLost(error)) {
          this.#onLost(plan, error);
          return 'settled';
        }
        const state = sqlStateOf(error);
        if (attempt < TRIES_MAX && (state === DEADLOCK || state === SERIALIZATION_FAILURE)) {
          const { clock, random } = this.#context;
          await clock.sleep(backoffMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS, random));
          continue;
        }
        if (plan.entries.length > 1 && this.#isSeparable(error)) return 'apart';
        this.#failAll(
          plan,
          failureOf(error, (name) => columnsOfConstraint(plan.table, name)),
        );
        return 'settled';
      }
    }
  }

  #isSeparable(error: unknown): boolean {
    if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) return isAboutOneRecord(error);
    this.#lockWaits += 1;
    return this.#lockWaits <= LOCK_WAITS_MAX;
  }

  async #account(plan: Plan, rows: readonly Row[], isRepeat: boolean): Promise<void> {
    const written = new Map(writtenOf(plan, rows).map((entry) => [entry.place, entry]));
    const missing: KeyedEntry[] = [];
    for (const [place, entry] of plan.entries.entries()) {
      const found = written.get(place);
      if (found === undefined) missing.push(entry);
      else this.results.set(entry.index, resultOf(plan, entry, found));
    }
    if (missing.length === 0) return;
    if (plan.kind === 'create') this.#failAll({ ...plan, entries: missing }, dropped(plan.table));
    else await this.#explain({ ...plan, entries: missing }, isRepeat);
  }

  /** Tells apart why an update or delete met no record: gone, changed since, or kept from us. */
  async #explain(plan: Plan, isRepeat: boolean): Promise<void> {
    const ids = plan.entries.map(({ request }) => request.recordId ?? '');
    let lookups: readonly Lookup[];
    try {
      lookups = await getRecords(this.#run, plan.table, ids, plan.columns);
    } catch (error) {
      if (isConnectionLost(error)) this.#lost = true;
      this.#failAll(plan, failureOf(error));
      return;
    }
    const unexplained: KeyedEntry[] = [];
    for (const [place, entry] of plan.entries.entries()) {
      const result = explained(plan, entry, lookups[place]);
      if (result === null) unexplained.push(entry);
      else this.results.set(entry.index, result);
    }
    if (unexplained.length === 0) return;
    const rest = { ...plan, entries: unexplained };
    // It may have come into being between the two statements.
    if (isRepeat) this.#failAll(rest, dropped(plan.table));
    else await this.#carryOut(rest, true);
  }

  #onLost(plan: Plan, error: unknown): void {
    this.#lost = true;
    // The pool takes no connection back that is being ended.
    this.#client.end().catch(() => undefined);
    const { message } = failureOf(error);
    this.#failAll(plan, {
      kind: 'unknownOutcome',
      code: 'postgres.unknown_outcome',
      message: `The connection was lost before the answer came: ${message}`,
    });
  }

  #failAll(plan: Plan, failure: Failure): void {
    for (const { index, request } of plan.entries) this.results.set(index, failed(request.key, failure));
  }
}

function resultOf({ returning }: Plan, { request }: KeyedEntry, { id, row }: Written): WriteResult {
  const { key } = request;
  if (returning === null) return { kind: 'written', key, recordId: id, version: null };
  const { version, fields } = returning.recordOf(row);
  return { kind: 'written', key, recordId: id, version, fields };
}

/** What became of a write that met no row; null when nothing seems to have stood in its way. */
function explained(plan: Plan, { request }: KeyedEntry, lookup: Lookup | undefined): WriteResult | null {
  const { key, ifVersion, fields } = request;
  if (lookup?.kind !== 'found') return failed(key, gone(plan.table));
  const { id, version, fields: present } = lookup.record;
  if (ifVersion !== null && version !== ifVersion) return failed(key, mismatch(plan.table));
  // Some tables drop updates that change nothing (suppress_redundant_updates_trigger).
  const isSame = [...fields].every(([name, value]) => sameNative(value, present.get(name) ?? null));
  return plan.kind === 'update' && isSame
    ? { kind: 'written', key, recordId: id, version, fields: present }
    : null;
}

function sameNative(left: NativeValue, right: NativeValue): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function failed(key: string, failure: Failure): WriteResult {
  return { kind: 'failed', key, failure };
}

function readOnly(table: Table, field: string): Failure {
  return {
    kind: 'config',
    code: 'postgres.read_only_field',
    message: `The column "${field}" of the table ${table.name} is set by the database.`,
    field,
    advice: 'Leave this column out of the mapping.',
  };
}

function gone(table: Table): Failure {
  const message = `The record is no longer in the table ${table.name}.`;
  return { kind: 'precondition', code: 'postgres.record_gone', message };
}

function mismatch(table: Table): Failure {
  const message = `The record in the table ${table.name} was changed since it was read.`;
  return { kind: 'precondition', code: 'postgres.version_mismatch', message };
}

function dropped(table: Table): Failure {
  return {
    kind: 'invalid',
    code: 'postgres.dropped_by_table',
    message: `The table ${table.name} took the write without an error, but did not carry it out.`,
    advice: 'Look at the table’s triggers, rules and row security policies.',
  };
}
