/** One query job of the Bulk API 2.0: Salesforce gathers the records by itself, and hands them out in large parts. */
import { path } from '../../connector/http/path.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import type { Asking, SalesforceApi } from './api.ts';
import { parsedTable, type Table } from './bulk-csv.ts';
import { refuse } from './failures.ts';
import { objectIn, textOf } from './wire.ts';

const PART_BYTES_MAX = 100_000_000;
/** What no second try with the same job can mend. Anything else is told as what it is, and tried again. */
const REFUSALS: ReadonlySet<string> = new Set([
  'config',
  'invalid',
  'permanent',
  'precondition',
  'rateLimited',
]);

export type JobState = 'running' | 'done' | 'failed' | 'gone';

/** A stretch of the result, and where the next one begins; null where nothing comes any more. */
export interface Part {
  readonly table: Table;
  readonly characters: number;
  readonly next: string | null;
}

/** The number of the job that has begun; null where Salesforce takes none for this query. */
export async function beginQuery(api: SalesforceApi, soql: string, asking: Asking): Promise<string | null> {
  const body = { operation: 'query', query: soql, contentType: 'CSV', lineEnding: 'LF' };
  try {
    // A job that nobody knows of reads for nothing and changes nothing, so a lost order may be given again.
    const answer = await api.post('/jobs/query', 'bulk.query', body, 'read', asking);
    return textOf(objectIn(answer, 'bulk.query')['id']);
  } catch (error) {
    if (REFUSALS.has(failureFrom(error).kind)) return null;
    throw error;
  }
}

export async function stateOf(api: SalesforceApi, id: string, asking: Asking): Promise<JobState> {
  const answer = await api.json(path`/jobs/query/${id}`, {
    operation: 'bulk.poll',
    method: 'GET',
    effect: 'read',
    expects: [404],
    ...asking,
  });
  if (answer.status === 404) return 'gone';
  switch (textOf(objectIn(answer.content, 'bulk.poll')['state'])) {
    case 'JobComplete':
      return 'done';
    case 'Failed':
    case 'Aborted':
      return 'failed';
    default:
      return 'running';
  }
}

/** At most `rowsMax` rows of what a job that is done has found. Null: it is not kept any more. */
export async function partOf(
  api: SalesforceApi,
  id: string,
  locator: string | null,
  rowsMax: number,
  asking: Asking,
): Promise<Part | null> {
  const answer = await api.text(path`/jobs/query/${id}/results`, {
    operation: 'bulk.queryResults',
    method: 'GET',
    effect: 'read',
    query: { maxRecords: rowsMax, ...(locator === null ? {} : { locator }) },
    headers: { accept: 'text/csv' },
    expects: [404],
    answerBytesMax: PART_BYTES_MAX,
    ...asking,
  });
  if (answer.status === 404) return null;
  const table = parsedTable(answer.content);
  const said = answer.headers.get('sforce-numberofrecords');
  if (said !== undefined && Number(said) !== table.rows.length)
    throw refuse('unexpected_answer', `A query job said ${said} rows, and not as many came.`);
  const next = answer.headers.get('sforce-locator') ?? 'null';
  return { table, characters: answer.content.length, next: next === 'null' ? null : next };
}

/** Lets the job do no more. That it cannot be told so changes nothing for us. */
export async function stopQuery(api: SalesforceApi, id: string, asking: Asking): Promise<void> {
  try {
    await api.json(path`/jobs/query/${id}`, {
      operation: 'bulk.change',
      method: 'PATCH',
      effect: 'read',
      body: { kind: 'json', value: { state: 'Aborted' } },
      ...asking,
    });
  } catch (error) {
    failureFrom(error);
  }
}
