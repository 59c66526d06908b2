/** Routes of the Bulk API 2.0: query jobs, whose results are fetched page by page. */
import type { HttpAnswer } from '../http-server.ts';
import { csvAnswer, jsonAnswer, noContent } from './answer.ts';
import { printTable } from './bulk-csv.ts';
import type { QueryJob } from './bulk-job.ts';
import { wrongState, type BulkJobs } from './bulk-jobs.ts';
import { bodyOf, type Call, type Route } from './call.ts';
import { notFound, SalesforceError } from './failure.ts';
import { textOf, type SfRecord } from './record.ts';
import { formatOf } from './rest-bulk.ts';
import type { Column } from './soql-path.ts';
import { runQuery, type QueryResult } from './soql.ts';
import { jsonMoment } from './times.ts';

export function bulkQueryRoutes(bulk: BulkJobs): readonly Route[] {
  const one = /^\/jobs\/query\/(750\w+)$/;
  return [
    { method: 'POST', path: /^\/jobs\/query$/, run: (call) => create(call, bulk) },
    { method: 'GET', path: one, run: (call) => jsonAnswer(200, shown(jobOf(call, bulk))) },
    { method: 'PATCH', path: one, run: (call) => abort(call, bulk) },
    { method: 'DELETE', path: one, run: (call) => remove(call, bulk) },
    { method: 'GET', path: /^\/jobs\/query\/(750\w+)\/results$/, run: (call) => results(call, bulk) },
  ];
}

function create(call: Call, bulk: BulkJobs): HttpAnswer {
  const body = bodyOf(call);
  const { operation, query } = body;
  if (operation !== 'query' && operation !== 'queryAll') {
    throw new SalesforceError('INVALIDOPERATION', `Operation '${String(operation)}' is not supported`);
  }
  const soql = typeof query === 'string' ? query : '';
  const run = (): Extract<QueryResult, { kind: 'records' }> =>
    rowsOnly(runQuery(call.viewer, soql, operation === 'queryAll'));
  // Refused at once what could never run.
  run();
  const now = call.org.clock.nowMs();
  const job: QueryJob = {
    kind: 'query',
    id: bulk.nextId(),
    actor: call.session.login.actor,
    version: call.version,
    format: formatOf(body),
    createdMs: now,
    changedMs: now,
    state: 'UploadComplete',
    errorMessage: null,
    operation,
    soql,
    run,
    result: null,
  };
  bulk.add(job);
  return jsonAnswer(200, shown(job));
}

function rowsOnly(result: QueryResult): Extract<QueryResult, { kind: 'records' }> {
  if (result.kind !== 'records') throw unsupported('Aggregate Relationships not supported in Bulk Query');
  if (result.columns.some(({ field }) => field.type === 'address')) {
    throw unsupported('Selecting compound data not supported in Bulk Query');
  }
  return result;
}

function unsupported(message: string): SalesforceError {
  return new SalesforceError('FEATURENOTENABLED', `FeatureNotEnabled : ${message}`);
}

function abort(call: Call, bulk: BulkJobs): HttpAnswer {
  const job = jobOf(call, bulk);
  if (bodyOf(call)['state'] !== 'Aborted') throw wrongState(job);
  bulk.abort(job);
  return jsonAnswer(200, shown(job));
}

function remove(call: Call, bulk: BulkJobs): HttpAnswer {
  bulk.remove(jobOf(call, bulk));
  return noContent();
}

function results(call: Call, bulk: BulkJobs): HttpAnswer {
  const job = jobOf(call, bulk);
  if (job.state !== 'JobComplete' || job.result === null) throw wrongState(job);
  const { columns, rows } = job.result;
  const offset = offsetOf(call.request.query.get('locator'));
  const wanted = Number(call.request.query.get('maxRecords') ?? bulk.resultRows);
  const end =
    offset + Math.max(1, Math.min(bulk.resultRows, Number.isInteger(wanted) ? wanted : bulk.resultRows));
  const page = rows.slice(offset, end);
  const header = columns.map(({ relationships, field }) => [...relationships, field.name].join('.'));
  const cells = page.map((record) => columns.map((column) => cellOf(column, record)));
  return csvAnswer(printTable({ header, rows: cells }, job.format), {
    'sforce-locator': end < rows.length ? Buffer.from(String(end)).toString('base64url') : 'null',
    'sforce-numberofrecords': String(page.length),
  });
}

/** Datetimes end in Z here, and numbers that may have a fraction show one. */
function cellOf({ field, read }: Column, record: SfRecord): string {
  const value = read(record);
  const mayHaveFraction = field.type === 'double' || field.type === 'currency' || field.type === 'percent';
  return typeof value === 'number' && mayHaveFraction && Number.isInteger(value)
    ? value.toFixed(1)
    : textOf(value);
}

function offsetOf(locator: string | null): number {
  if (locator === null) return 0;
  const offset = Number(Buffer.from(locator, 'base64url').toString('utf8'));
  if (Number.isInteger(offset) && offset > 0) return offset;
  throw new SalesforceError('INVALIDLOCATOR', 'Invalid locator');
}

function jobOf(call: Call, bulk: BulkJobs): QueryJob {
  const job = bulk.get(call.params[0] ?? '');
  if (job?.kind !== 'query') throw notFound();
  return job;
}

function shown(job: QueryJob): Readonly<Record<string, unknown>> {
  return {
    id: job.id,
    operation: job.operation,
    object: job.result?.object.name ?? /\bFROM\s+(\w+)/i.exec(job.soql)?.[1],
    createdById: job.actor.userId,
    createdDate: jsonMoment(job.createdMs),
    systemModstamp: jsonMoment(job.changedMs),
    state: job.state,
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number(job.version),
    lineEnding: job.format.lineEnding,
    columnDelimiter: job.format.columnDelimiter,
    jobType: 'V2Query',
    retries: 0,
    totalProcessingTime: Math.max(0, job.changedMs - job.createdMs),
    ...(job.result === null ? {} : { numberRecordsProcessed: job.result.rows.length }),
    ...(job.errorMessage === null ? {} : { errorMessage: job.errorMessage }),
  };
}
