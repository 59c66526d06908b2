/** Routes of the Bulk API 2.0: ingest jobs. */
import type { Random } from '../../lib/random.ts';
import type { HttpAnswer } from '../http-server.ts';
import { csvAnswer, jsonAnswer, noContent } from './answer.ts';
import { isDelimiter, printTable, type CsvFormat, type CsvTable } from './bulk-csv.ts';
import type { IngestJob, IngestOperation } from './bulk-job.ts';
import { wrongState, type BulkJobs } from './bulk-jobs.ts';
import { bodyOf, clientOf, type Call, type Route } from './call.ts';
import { notFound, SalesforceError } from './failure.ts';
import { isLookedUpBy } from './store.ts';
import { jsonMoment } from './times.ts';

const UPLOAD_BYTES_MAX = 150 * 1024 * 1024;
const OPERATIONS: readonly string[] = ['insert', 'update', 'upsert', 'delete', 'hardDelete'];

export function ingestRoutes(bulk: BulkJobs, random: Random): readonly Route[] {
  const job = String.raw`^/jobs/ingest/(750\w+)`;
  const one = new RegExp(`${job}$`);
  return [
    { method: 'POST', path: /^\/jobs\/ingest$/, run: (call) => create(call, bulk) },
    { method: 'GET', path: /^\/jobs\/ingest$/, run: () => list(bulk) },
    { method: 'PUT', path: new RegExp(`${job}/batches$`), run: (call) => upload(call, jobOf(call, bulk)) },
    { method: 'PATCH', path: one, run: (call) => change(call, bulk) },
    { method: 'GET', path: one, run: (call) => jsonAnswer(200, shown(jobOf(call, bulk))) },
    { method: 'DELETE', path: one, run: (call) => remove(call, bulk) },
    {
      method: 'GET',
      path: new RegExp(`${job}/successfulResults$`),
      run: (call) => successful(jobOf(call, bulk), random),
    },
    {
      method: 'GET',
      path: new RegExp(`${job}/failedResults$`),
      run: (call) => failed(jobOf(call, bulk), random),
    },
    {
      method: 'GET',
      path: new RegExp(`${job}/unprocessedrecords$`, 'i'),
      run: (call) => unprocessed(jobOf(call, bulk)),
    },
  ];
}

function create(call: Call, bulk: BulkJobs): HttpAnswer {
  const body = bodyOf(call);
  const { object: name, operation, externalIdFieldName } = body;
  const object = typeof name === 'string' ? call.viewer.object(name) : null;
  if (object === null)
    throw new SalesforceError('INVALIDENTITY', `Entity '${String(name)}' is not supported by the Bulk API.`);
  if (typeof operation !== 'string' || !OPERATIONS.includes(operation)) {
    throw new SalesforceError('INVALIDOPERATION', `Operation '${String(operation)}' is not supported`);
  }
  const key = typeof externalIdFieldName === 'string' ? call.viewer.field(object, externalIdFieldName) : null;
  const isKey = key !== null && (key.name === 'Id' || isLookedUpBy(key));
  if (operation === 'upsert' && !isKey) {
    throw new SalesforceError('INVALIDJOB', 'InvalidJob : Missing or invalid externalIdFieldName for upsert');
  }
  const job: IngestJob = {
    kind: 'ingest',
    id: bulk.nextId(),
    actor: call.session.login.actor,
    version: call.version,
    format: formatOf(body),
    createdMs: call.org.clock.nowMs(),
    changedMs: call.org.clock.nowMs(),
    state: 'Open',
    errorMessage: null,
    operation: operation as IngestOperation,
    object,
    key,
    client: clientOf(call),
    upload: null,
    table: null,
    outcomes: [],
  };
  bulk.add(job);
  return jsonAnswer(200, shown(job));
}

/** Delimiter and line end of the CSV, as the job's body sets them. */
export function formatOf(body: Readonly<Record<string, unknown>>): CsvFormat {
  const { columnDelimiter = 'COMMA', lineEnding = 'LF' } = body;
  if (typeof columnDelimiter !== 'string' || !isDelimiter(columnDelimiter)) {
    throw new SalesforceError('INVALIDJOB', 'InvalidJob : Invalid columnDelimiter');
  }
  if (lineEnding !== 'LF' && lineEnding !== 'CRLF')
    throw new SalesforceError('INVALIDJOB', 'InvalidJob : Invalid lineEnding');
  return { columnDelimiter, lineEnding };
}

function list(bulk: BulkJobs): HttpAnswer {
  const records = bulk.all().flatMap((job) => (job.kind === 'ingest' ? [shown(job)] : []));
  return jsonAnswer(200, { done: true, nextRecordsUrl: null, records });
}

function upload(call: Call, job: IngestJob): HttpAnswer {
  if (job.state !== 'Open') throw wrongState(job);
  if (job.upload !== null) {
    const message = `Found multiple contents for job: <${job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.`;
    throw new SalesforceError('INVALIDJOBSTATE', message);
  }
  if (!(call.request.headers['content-type'] ?? '').startsWith('text/csv')) {
    throw new SalesforceError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be text/csv', { status: 415 });
  }
  if (call.request.body.length > UPLOAD_BYTES_MAX) {
    throw new SalesforceError('REQUEST_TOO_LARGE', 'Maximum upload size is 150 MB', { status: 413 });
  }
  job.upload = call.request.body.toString('utf8');
  return { status: 201, headers: {}, body: '' };
}

function change(call: Call, bulk: BulkJobs): HttpAnswer {
  const job = jobOf(call, bulk);
  const { state } = bodyOf(call);
  if (state === 'UploadComplete') bulk.close(job);
  else if (state === 'Aborted') bulk.abort(job);
  else throw new SalesforceError('INVALIDJOBSTATE', `Invalid job state: ${String(state)}`);
  return jsonAnswer(200, shown(job));
}

function remove(call: Call, bulk: BulkJobs): HttpAnswer {
  bulk.remove(jobOf(call, bulk));
  return noContent();
}

function jobOf(call: Call, bulk: BulkJobs): IngestJob {
  const job = bulk.get(call.params[0] ?? '');
  if (job?.kind !== 'ingest') throw notFound();
  return job;
}

function shown(job: IngestJob): Readonly<Record<string, unknown>> {
  const { object, operation, key, outcomes, format } = job;
  return {
    id: job.id,
    operation,
    object: object.name,
    createdById: job.actor.userId,
    createdDate: jsonMoment(job.createdMs),
    systemModstamp: jsonMoment(job.changedMs),
    state: job.state,
    ...(key === null ? {} : { externalIdFieldName: key.name }),
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number(job.version),
    contentUrl: `services/data/v${job.version}/jobs/ingest/${job.id}/batches`,
    lineEnding: format.lineEnding,
    columnDelimiter: format.columnDelimiter,
    jobType: 'V2Ingest',
    retries: 0,
    totalProcessingTime: Math.max(0, job.changedMs - job.createdMs),
    apiActiveProcessingTime: 0,
    apexProcessingTime: 0,
    numberRecordsProcessed: outcomes.length,
    numberRecordsFailed: outcomes.filter(({ kind }) => kind === 'failed').length,
    ...(job.errorMessage === null ? {} : { errorMessage: job.errorMessage }),
  };
}

function successful(job: IngestJob, random: Random): HttpAnswer {
  const rows = job.outcomes.flatMap((outcome) =>
    outcome.kind === 'saved' ? [[outcome.id, String(outcome.created), ...outcome.cells]] : [],
  );
  return results(job, { header: ['sf__Id', 'sf__Created'], rows: shuffled(rows, random) });
}

function failed(job: IngestJob, random: Random): HttpAnswer {
  const rows = job.outcomes.flatMap((outcome) =>
    outcome.kind === 'failed' ? [[outcome.id, outcome.error, ...outcome.cells]] : [],
  );
  return results(job, { header: ['sf__Id', 'sf__Error'], rows: shuffled(rows, random) });
}

function unprocessed(job: IngestJob): HttpAnswer {
  return results(job, { header: [], rows: job.table?.rows.slice(job.outcomes.length) ?? [] });
}

function results(job: IngestJob, { header, rows }: CsvTable): HttpAnswer {
  if (['Open', 'UploadComplete', 'InProgress'].includes(job.state)) throw wrongState(job);
  return csvAnswer(printTable({ header: [...header, ...(job.table?.header ?? [])], rows }, job.format));
}

/** The order of results is not the order of the upload. */
function shuffled<T>(rows: readonly T[], random: Random): readonly T[] {
  return rows
    .map((row) => ({ row, rank: random.fraction() }))
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ row }) => row);
}
