/** One ingest job of the Bulk API 2.0, from its creation to its results. */
import type { Failure } from '../../connector/failure.ts';
import { path } from '../../connector/http/path.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { SalesforceApi } from './api.ts';
import { failureOf } from './failures.ts';
import { pauseMs } from './job-pause.ts';
import type { Operation } from './row.ts';
import { numberOf, objectIn, textOf } from './wire.ts';

/** Jobs of one write that have not ended after this are stopped: what they did not do is sent again. */
export const JOBS_MS_MAX = 25 * 60_000;
/** Everything about the rows of one write: its jobs, stopping the last, and the requests around them. */
export const BULK_MS_MAX = 40 * 60_000;
/** A process that stood still for longer may have lost the right to give the order to begin. */
const BEGIN_WITHIN_MS = 5 * 60_000;
const STOP_MS_MAX = 60_000;
const POLL_MS_MIN = 150;
const RESULT_BYTES_MAX = 200_000_000;
const ENDED: ReadonlySet<string> = new Set(['JobComplete', 'Failed', 'Aborted']);

/** How a job ended. */
export interface JobEnd {
  readonly state: string;
  readonly errorMessage: string;
  readonly done: number;
  readonly failed: number;
}

export type JobRun =
  /** Nothing of it has happened, and nothing will. */
  | { readonly kind: 'notBegun'; readonly failure: Failure }
  | { readonly kind: 'ended'; readonly id: string; readonly end: JobEnd }
  /** It was begun, and nobody could be asked how it ended. */
  | { readonly kind: 'lost' };

/**
 * Runs a job over the CSV, until `untilMs` of the monotonic clock. `noted` hears its number before it can begin, and where it throws
 * a failure the job never does. Throws only bugs.
 */
export async function runJob(
  api: SalesforceApi,
  { object, operation }: { readonly object: string; readonly operation: Operation },
  csv: string,
  noted: (id: string) => Promise<void>,
  untilMs: number,
): Promise<JobRun> {
  const beginUntilMs = Math.min(untilMs, api.clock.monotonicMs() + BEGIN_WITHIN_MS);
  let id: string;
  try {
    const value = { object, operation, contentType: 'CSV', lineEnding: 'LF' };
    id = textOf(
      objectIn(await api.post('/jobs/ingest', 'bulk.create', value, 'write', DELIVERY), 'bulk.create')['id'],
    );
    await noted(id);
    await api.text(path`/jobs/ingest/${id}/batches`, {
      operation: 'bulk.upload',
      method: 'PUT',
      effect: 'write',
      body: { kind: 'text', text: csv, contentType: 'text/csv' },
      ...DELIVERY,
    });
  } catch (error) {
    // A job that was not told to begin does nothing, so even a lost answer leaves no doubt.
    const failure = failureFrom(error);
    const kind = failure.kind === 'unknownOutcome' ? 'transient' : failure.kind;
    return { kind: 'notBegun', failure: { ...failure, kind } };
  }
  const isLate = api.clock.monotonicMs() > beginUntilMs;
  const refusal = isLate ? failureOf('job_aborted', TOO_LATE) : await begin(api, id);
  if (refusal !== null) return { kind: 'notBegun', failure: refusal };
  return await followed(api, id, untilMs - api.clock.monotonicMs());
}

async function followed(api: SalesforceApi, id: string, withinMs: number): Promise<JobRun> {
  const end = (await ended(api, id, withinMs)) ?? (await stopped(api, id));
  return end === null ? { kind: 'lost' } : { kind: 'ended', id, end };
}

/**
 * Goes on with a job that somebody else began. One that was not told to begin is stopped: what it would do was decided too long
 * ago. Throws a failure where Salesforce cannot be asked now.
 */
export async function takeUpJob(api: SalesforceApi, id: string, withinMs: number): Promise<JobRun> {
  const answer = await api.json(path`/jobs/ingest/${id}`, {
    operation: 'bulk.poll',
    method: 'GET',
    effect: 'read',
    expects: [404],
    ...DELIVERY,
  });
  if (answer.status === 404) return { kind: 'lost' };
  const state = textOf(objectIn(answer.content, 'bulk.poll')['state']);
  if (state !== 'Open') return await followed(api, id, withinMs);
  const end = await stopped(api, id);
  if (end === null) return { kind: 'lost' };
  const isUntouched = end.state === 'Aborted' && end.done + end.failed === 0;
  return isUntouched
    ? { kind: 'notBegun', failure: failureOf('job_aborted', NOT_BEGUN) }
    : { kind: 'ended', id, end };
}

const NOT_BEGUN = 'The worker that made a bulk job died before it told it to begin.';

const TOO_LATE = 'A bulk job was uploaded so late that it was not told to begin.';

/** The lists of rows that an ended job leaves. */
export type List = 'successfulResults' | 'failedResults' | 'unprocessedrecords';

/** A list of an ended job as CSV. */
export async function listOf(api: SalesforceApi, id: string, list: List): Promise<string> {
  const answer = await api.text(path`/jobs/ingest/${id}/${list}`, {
    operation: `bulk.${list}`,
    method: 'GET',
    effect: 'read',
    headers: { accept: 'text/csv' },
    ...DELIVERY,
  });
  return answer.content;
}

const DELIVERY = { purpose: 'delivery', answerBytesMax: RESULT_BYTES_MAX } as const;

/** Null when the job has begun or may have: how it stands is then seen by asking. */
async function begin(api: SalesforceApi, id: string): Promise<Failure | null> {
  try {
    await change(api, id, 'UploadComplete');
    return null;
  } catch (error) {
    const failure = failureFrom(error);
    return failure.kind === 'unknownOutcome' ? null : failure;
  }
}

/** How the job ended; null when it has not within the time, or nobody could be asked. */
async function ended(
  api: SalesforceApi,
  id: string,
  withinMs: number,
  isStopping = false,
): Promise<JobEnd | null> {
  const startedMs = api.clock.monotonicMs();
  for (
    let waitedMs = 0;
    waitedMs < withinMs && !api.closed.aborted;
    waitedMs = api.clock.monotonicMs() - startedMs
  ) {
    await api.clock.sleep(pauseMs(waitedMs, POLL_MS_MIN), api.closed);
    try {
      const job = objectIn(await api.get(path`/jobs/ingest/${id}`, 'bulk.poll', DELIVERY), 'bulk.poll');
      const state = textOf(job['state']);
      // The order to begin got lost on its way, unless the order now is to stop.
      if (state === 'Open' && !isStopping) await change(api, id, 'UploadComplete');
      if (!ENDED.has(state)) continue;
      const [processed, failed] = [
        numberOf(job['numberRecordsProcessed']),
        numberOf(job['numberRecordsFailed']),
      ];
      return { state, errorMessage: textOf(job['errorMessage']), done: processed - failed, failed };
    } catch (error) {
      failureFrom(error);
    }
  }
  return null;
}

async function stopped(api: SalesforceApi, id: string): Promise<JobEnd | null> {
  try {
    await change(api, id, 'Aborted');
  } catch (error) {
    failureFrom(error);
  }
  return await ended(api, id, STOP_MS_MAX, true);
}

async function change(api: SalesforceApi, id: string, state: string): Promise<void> {
  const body = { kind: 'json' as const, value: { state } };
  await api.json(path`/jobs/ingest/${id}`, {
    operation: 'bulk.change',
    method: 'PATCH',
    effect: 'write',
    body,
    ...DELIVERY,
  });
}
