/** Writes a batch in one transaction: lock and compare, delete, update, create, read back, commit. */
import type { WriteRequest, WriteResult } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { must } from '../../lib/assert.ts';
import { applyAll, type Applied } from './apply.ts';
import type { Cells, Outcome, Transaction } from './client.ts';
import { failureOf, refuse } from './failures.ts';
import type { WriteLimits } from './limits.ts';
import { lockRows } from './lock.ts';
import { prepareRequest, type Prepared } from './prepare.ts';
import { readBack } from './read-back.ts';
import type { Source } from './read.ts';
import { versionOf } from './row.ts';
import type { Table } from './table.ts';

/**
 * Two requests for one record are two transactions, the second of which sees the first. An exception means that nothing
 * was sent, so it is one only as long as nothing was committed.
 */
export async function writeRecords(
  source: Source,
  limits: WriteLimits,
  collection: string,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const results = new Map<WriteRequest, WriteResult>();
  for (const wave of wavesOf(requests)) {
    try {
      const outcome = await source.catalog.withTable(collection, (table) =>
        source.client.transaction((transaction) => writeWave(transaction, table, limits, wave)),
      );
      for (const [index, result] of resultsOf(outcome).entries()) {
        results.set(must(wave[index], 'there is one result per request'), result);
      }
    } catch (error) {
      if (!(error instanceof ConnectorFailure) || results.size === 0) throw error;
      for (const request of wave) results.set(request, failed(request, error.failure));
    }
  }
  return requests.map((request) => must(results.get(request), 'every request is in one wave'));
}

/** Requests in groups in which no record occurs twice, in their order. */
function wavesOf(requests: readonly WriteRequest[]): readonly (readonly WriteRequest[])[] {
  const waves: WriteRequest[][] = [];
  const seen = new Map<string, number>();
  for (const request of requests) {
    const wave = request.recordId === null ? 0 : (seen.get(request.recordId) ?? 0);
    if (request.recordId !== null) seen.set(request.recordId, wave + 1);
    const group = waves[wave] ?? [];
    group.push(request);
    waves[wave] = group;
  }
  return waves;
}

async function writeWave(
  transaction: Transaction,
  table: Table,
  limits: WriteLimits,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  if (!table.isTransactional) throw notTransactional(table);
  const inServerZone =
    !limits.serverIsUtc &&
    (table.hasTriggers || table.columns.some(({ usesServerClock }) => usesServerClock));
  const prepared = requests.map((request) => prepareRequest(table, request, inServerZone));
  const locked = await lockRows(transaction, table, prepared);
  const ready = prepared.map((one) => compare(table, one, locked));
  const apply = (): Promise<readonly Applied[]> => applyAll(transaction, table, limits, ready);
  const applied = inServerZone ? await transaction.inServerZone(apply) : await apply();
  const present = await readBack(transaction, table, applied);
  return requests.map((request, index) => {
    const one = must(applied[index], 'every request was applied or refused');
    if (one.kind === 'refused') return failed(request, one.failure);
    const cells = present.get(one);
    if (cells === undefined) return { kind: 'written', key: request.key, recordId: one.id, version: null };
    const { id: recordId, fields } = cells;
    return { kind: 'written', key: request.key, recordId, version: versionOf(cells.cells), fields };
  });
}

/** A record that is gone, locked or changed since it was read is not written. */
function compare(
  table: Table,
  one: Prepared,
  locked: { readonly rows: ReadonlyMap<string, Cells>; readonly busy: ReadonlySet<string> },
): Prepared {
  if (one.kind === 'refused' || one.kind === 'create') return one;
  const cells = locked.rows.get(one.id);
  if (cells === undefined) {
    return {
      kind: 'refused',
      failure: locked.busy.has(one.id)
        ? isBusy()
        : failureOf('precondition', 'gone', `the record is no longer in ${table.name}`),
    };
  }
  if (one.ifVersion !== null && one.ifVersion !== versionOf(cells)) {
    return {
      kind: 'refused',
      failure: failureOf('precondition', 'changed', 'the record was changed since it was read'),
    };
  }
  return one;
}

function resultsOf({ kind, value }: Outcome<readonly WriteResult[]>): readonly WriteResult[] {
  if (kind === 'committed') return value;
  const failure = failureOf(
    'unknownOutcome',
    'commit_unanswered',
    'the connection broke after the commit was sent and before it was answered',
  );
  return value.map((result) =>
    result.kind === 'failed' ? result : { kind: 'failed', key: result.key, failure },
  );
}

function failed(request: WriteRequest, failure: Failure): WriteResult {
  return { kind: 'failed', key: request.key, failure };
}

function isBusy(): Failure {
  return failureOf('transient', 'record_locked', 'another program holds the record locked', {
    advice: 'If it lasts, find the program with `show processlist`: a transaction of it stays open.',
  });
}

function notTransactional(table: Table): Error {
  return refuse(
    'config',
    'not_transactional',
    `${table.name} cannot be written: its storage engine has no transactions`,
    {
      advice: `Let an administrator run: alter table ${table.name} engine=InnoDB.`,
    },
  );
}
