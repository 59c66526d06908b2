/** What became of each row of a bulk job that has ended, by the lists that it has left. */
import type { Failure } from '../../connector/failure.ts';
import type { SystemError } from '../../connector/http/failures.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { isKnownById, parsedResult, type Cell, type Table } from './bulk-csv.ts';
import type { JobEnd, List } from './bulk-job.ts';
import { failureOf, failureOfRecord } from './failures.ts';
import type { Outcome, Outcomes, Row } from './row.ts';

/** A job that has ended, and the rows of it that are asked about, which may be fewer than it has. */
export interface EndedJob {
  readonly end: JobEnd;
  /** A list as CSV. Throws a failure where it cannot be had. */
  readonly list: (name: List) => Promise<string>;
  readonly rows: readonly Row[];
  readonly table: Table;
}

/** One outcome for each row; unknown where the lists say nothing of it, or contradict themselves. */
export async function accountOf(job: EndedJob): Promise<Outcomes> {
  const outcomes = isKnownById(job.table) ? await byId(job) : await byContent(job);
  return new Map(job.rows.map((row) => [row, outcomes.get(row) ?? failed(unknown())]));
}

/**
 * For rows that carry their record's id, success is no news beyond itself. Where the lists of the other rows agree with the job's
 * own counters to the row, every other row is a successful one, and the longest of the lists need not be read.
 */
async function byId(job: EndedJob): Promise<Outcomes> {
  const { rows, end } = job;
  const open = new Map(rows.map((row) => [row.id, row]));
  const outcomes = new Map<Row, Outcome>();
  let isClear = open.size === rows.length;
  const hear: Hear = (cell, outcome) => {
    const row = open.get(cell('Id'));
    isClear &&= row !== undefined && !outcomes.has(row);
    if (row !== undefined) outcomes.set(row, outcomes.has(row) ? failed(unknown()) : outcome);
  };
  const [failures, unprocessed] = await read(job, ['failedResults', 'unprocessedrecords'], hear);
  const isTold = failures === end.failed && unprocessed === rows.length - end.done - end.failed;
  if (isClear && isTold && end.state === 'JobComplete') {
    for (const row of rows) if (!outcomes.has(row)) outcomes.set(row, { kind: 'done', id: row.id });
  } else if (end.done > 0) await read(job, ['successfulResults'], hear);
  return outcomes;
}

/** Of several equal rows any may be the one that a list names: they are equal. */
async function byContent(job: EndedJob): Promise<Outcomes> {
  const { header, rows: cells } = job.table;
  const open = new Map<string, Row[]>();
  for (const [index, row] of job.rows.entries()) {
    const content = JSON.stringify(cells[index]);
    const same = open.get(content);
    if (same === undefined) open.set(content, [row]);
    else same.push(row);
  }
  const outcomes = new Map<Row, Outcome>();
  const hear: Hear = (cell, outcome) => {
    const row = open.get(JSON.stringify(header.map(cell)))?.shift();
    if (row !== undefined) outcomes.set(row, outcome);
  };
  const lists: List[] = [];
  if (job.end.done > 0) lists.push('successfulResults');
  if (job.end.failed > 0) lists.push('failedResults');
  await read(job, lists, hear);
  if (outcomes.size < job.rows.length) await read(job, ['unprocessedrecords'], hear);
  return outcomes;
}

/** Told of every row of a list. */
type Hear = (cell: Cell, outcome: Outcome) => void;

const SAYS: Readonly<Record<List, (cell: Cell, end: JobEnd) => Outcome>> = {
  successfulResults: (cell) => ({ kind: 'done', id: cell('sf__Id') }),
  failedResults: (cell) => failed(failureOfCell(cell('sf__Error'))),
  unprocessedrecords: (_, end) => failed(notTried(end)),
};

/** Asks for the lists at the same time. How many rows each has; null for one that cannot be had, or only in part. */
async function read(job: EndedJob, names: readonly List[], hear: Hear): Promise<readonly (number | null)[]> {
  const lists = await Promise.all(names.map((name) => rowsOf(job, name)));
  return names.map((name, index) => {
    const rows = lists[index] ?? null;
    for (const cell of rows ?? []) hear(cell, SAYS[name](cell, job.end));
    return rows?.length ?? null;
  });
}

/** Null where it cannot be had: what it would have said is not known, and that is what its rows say then. */
async function rowsOf({ list }: EndedJob, name: List): Promise<readonly Cell[] | null> {
  try {
    return parsedResult(await list(name));
  } catch (error) {
    failureFrom(error);
    return null;
  }
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
