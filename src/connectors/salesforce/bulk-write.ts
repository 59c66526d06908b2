/** Writes by the Bulk API: every row accounted for, whatever order the results come in. */
import type { BegunJob } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import type { Json } from '../../lib/json.ts';
import type { SalesforceApi } from './api.ts';
import { accountOf } from './bulk-account.ts';
import { charactersOf, printed, tableOf, type Table } from './bulk-csv.ts';
import { JOBS_MS_MAX, listOf, runJob, takeUpJob, type JobRun } from './bulk-job.ts';
import { failureOf, refuse } from './failures.ts';
import type { Operation, Outcome, Outcomes, Row } from './row.ts';
import { isObject, textOf, textsOf } from './wire.ts';

/** A job takes 150 MB in base64, which is 100 MB as it is; a character of ours may take three bytes. */
const JOB_CHARACTERS_MAX = 30_000_000;
const OPERATIONS: readonly Operation[] = ['insert', 'update', 'delete'];

/** Told of a job before it begins. */
export type Begun = (job: BegunJob) => Promise<void>;

/** Sends the rows, a job for each operation or several where they are very long; one outcome for each. */
export async function sendBulk(
  api: SalesforceApi,
  object: string,
  rows: readonly Row[],
  begun: Begun | null,
): Promise<Outcomes> {
  const untilMs = api.clock.monotonicMs() + JOBS_MS_MAX;
  const outcomes = new Map<Row, Outcome>();
  for (const operation of OPERATIONS) {
    const own = rows.filter((row) => row.operation === operation);
    for (const some of inJobs(own))
      for (const [row, outcome] of await sendJob(api, object, operation, some, untilMs, begun))
        outcomes.set(row, outcome);
  }
  return outcomes;
}

function* inJobs(rows: readonly Row[]): Generator<readonly Row[]> {
  let [job, characters]: [Row[], number] = [[], 0];
  for (const row of rows) {
    const own = charactersOf(row);
    if (characters + own > JOB_CHARACTERS_MAX && job.length > 0) {
      yield job;
      [job, characters] = [[], 0];
    }
    job.push(row);
    characters += own;
  }
  if (job.length > 0) yield job;
}

async function sendJob(
  api: SalesforceApi,
  object: string,
  operation: Operation,
  rows: readonly Row[],
  untilMs: number,
  begun: Begun | null,
): Promise<Outcomes> {
  const table = tableOf(rows);
  const keys = rows.map(({ request }) => request.key);
  const noted = async (id: string): Promise<void> => {
    await begun?.({ token: { id, header: table.header }, keys });
  };
  const run = await runJob(api, { object, operation }, printed(table), noted, untilMs);
  return await outcomesOf(api, rows, table, run);
}

/**
 * What became of the rows in a job that another process began, and may have begun with more rows than these. An insert is known by
 * all its cells, in the columns that the job has.
 */
export async function takeUpBulk(
  api: SalesforceApi,
  rows: readonly Row[],
  token: Json,
  ageMs: number,
): Promise<Outcomes> {
  const job = isObject(token) ? token : {};
  const [id, header] = [textOf(job['id']), textsOf(job['header'])];
  if (id === '') throw refuse('unexpected_answer', 'The token of a bulk job is not one of this connector.');
  const run = await takeUpJob(api, id, JOBS_MS_MAX - ageMs);
  return await outcomesOf(api, rows, tableOf(rows, header), run);
}

async function outcomesOf(
  api: SalesforceApi,
  rows: readonly Row[],
  table: Table,
  run: JobRun,
): Promise<Outcomes> {
  switch (run.kind) {
    case 'notBegun':
      return allFailed(rows, run.failure);
    case 'lost':
      return allFailed(rows, failureOf('outcome_unknown', 'Nobody could be asked how a bulk job has ended.'));
    case 'ended': {
      const { id, end } = run;
      return await accountOf({ end, list: (name) => listOf(api, id, name), rows, table });
    }
  }
}

function allFailed(rows: readonly Row[], failure: Failure): Outcomes {
  return new Map(rows.map((row) => [row, { kind: 'failed', failure }]));
}
