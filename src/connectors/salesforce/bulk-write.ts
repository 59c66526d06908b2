/** Writes by the Bulk API: every row accounted for, whatever order the results come in. */
import type { BegunJob } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import type { SystemError } from '../../connector/http/failures.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Json } from '../../lib/json.ts';
import type { SalesforceApi } from './api.ts';
import { charactersOf, parsedResult, printed, tableOf, type Table } from './bulk-csv.ts';
import { JOBS_MS_MAX, resultOf, runJob, takeUpJob, type JobEnd, type JobRun } from './bulk-job.ts';
import { failureOf, failureOfRecord, refuse } from './failures.ts';
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
  return await outcomesOf(
    api,
    rows,
    table,
    await runJob(api, { object, operation }, printed(table), noted, untilMs),
  );
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
  if (run.kind === 'notBegun')
    return new Map(rows.map((row) => [row, { kind: 'failed', failure: run.failure }]));
  const outcomes = new Map<Row, Outcome>();
  if (run.kind === 'ended') await account(api, run.id, run.end, new Unaccounted(rows, table), outcomes);
  for (const row of rows) if (!outcomes.has(row)) outcomes.set(row, { kind: 'failed', failure: unknown() });
  return outcomes;
}

/** Reads the results that there are. What none of them names stays without an outcome. */
async function account(
  api: SalesforceApi,
  id: string,
  end: JobEnd,
  unaccounted: Unaccounted,
  outcomes: Map<Row, Outcome>,
): Promise<void> {
  const read = async (which: string, outcomeOf: (cell: Cell) => Outcome): Promise<void> => {
    const { rows, cell } = parsedResult(await resultOf(api, id, which));
    for (const cells of rows) {
      const named: Cell = (name) => cell(cells, name);
      const row = unaccounted.take(named);
      if (row !== null) outcomes.set(row, outcomeOf(named));
    }
  };
  try {
    if (end.done > 0) await read('successfulResults', (cell) => ({ kind: 'done', id: cell('sf__Id') }));
    if (end.failed > 0) await read('failedResults', (cell) => failed(failureOfCell(cell('sf__Error'))));
    if (unaccounted.size > 0) await read('unprocessedrecords', () => failed(notTried(end)));
  } catch (error) {
    // What the results would have said is not known, and that is what the rows say then.
    failureFrom(error);
  }
}

/** A cell of a result by the name of its column. */
type Cell = (name: string) => string;

/** Rows whose outcome is not known yet, found by their content: results have no numbers. */
class Unaccounted {
  readonly #byContent = new Map<string, Row[]>();
  readonly #header: readonly string[];
  #left: number;

  constructor(rows: readonly Row[], { header, rows: cells }: Table) {
    this.#header = header[0] === 'Id' ? ['Id'] : header;
    this.#left = rows.length;
    for (const [index, row] of rows.entries()) {
      const content = contentOf((cells[index] ?? []).slice(0, this.#header.length));
      const same = this.#byContent.get(content);
      if (same === undefined) this.#byContent.set(content, [row]);
      else same.push(row);
    }
  }

  /** How many there still are. */
  get size(): number {
    return this.#left;
  }

  /** The row that these cells are of; of several equal ones any, for they are equal. */
  take(cell: Cell): Row | null {
    const content = contentOf(this.#header.map(cell));
    const row = this.#byContent.get(content)?.shift() ?? null;
    if (row !== null) this.#left -= 1;
    return row;
  }
}

/** An id as it is; several cells so that no two rows can run into each other. */
function contentOf(cells: readonly string[]): string {
  return cells.length === 1 ? (cells[0] ?? '') : JSON.stringify(cells);
}

function failed(failure: Failure): Outcome {
  return { kind: 'failed', failure };
}

/** `CODE:what it says:Field__c --`. */
function failureOfCell(cell: string): Failure {
  const [, code = '', message = cell, fields = ''] = /^([A-Z_]+):([^]*):([^:]*)--$/.exec(cell) ?? [];
  const [field = ''] = fields.trim().split(' ');
  const error: SystemError = { code, message, ...(field === '' ? {} : { field }) };
  return failureOfRecord(error);
}

function notTried({ state, errorMessage }: JobEnd): Failure {
  const isRefused = /^(?:InvalidBatch|ClientInputError|InvalidJob)/i.test(errorMessage);
  const said = errorMessage === '' ? '' : `: ${errorMessage}`;
  return failureOf(
    isRefused ? 'bulk_refused' : 'job_aborted',
    `A bulk job ended as ${state} before this record${said}`,
  );
}

function unknown(): Failure {
  return failureOf('outcome_unknown', 'The results of a bulk job do not say what became of the record.');
}
