/** Salesforce's log of deletes, which also knows what has left the bin. */
import { path } from '../../connector/http/path.ts';
import type { Asking, SalesforceApi } from './api.ts';
import { zoned } from './record.ts';
import { objectIn, objectsOf, textOf } from './wire.ts';

const MINUTE_MS = 60_000;

export interface Deletes {
  readonly ids: readonly string[];
  /** Everything before it is contained: transactions that were still open end later. */
  readonly coveredMs: number;
}

/**
 * What was deleted since this moment, to the minute. Too far back, or trimmed in between ⇒ a failure whose code ends in
 * `.cursor_expired`.
 */
export async function deletedSince(
  api: SalesforceApi,
  object: string,
  sinceMs: number,
  asking: Asking,
): Promise<Deletes> {
  const startMs = Math.floor(sinceMs / MINUTE_MS) * MINUTE_MS;
  // Salesforce cuts the end to the minute as well and wants one at least in between.
  const endMs = Math.max(
    startMs + 2 * MINUTE_MS,
    (Math.floor(api.clock.nowMs() / MINUTE_MS) + 1) * MINUTE_MS,
  );
  const answer = await api.json(path`/sobjects/${object}/deleted/`, {
    operation: 'deleted',
    method: 'GET',
    effect: 'read',
    query: { start: moment(startMs), end: moment(endMs) },
    ...asking,
  });
  const content = objectIn(answer.content, 'deleted');
  const coveredMs = Date.parse(zoned(textOf(content['latestDateCovered'])));
  return {
    ids: objectsOf(content['deletedRecords']).map((record) => textOf(record['id'])),
    coveredMs: Number.isNaN(coveredMs) ? startMs : Math.min(coveredMs, endMs),
  };
}

function moment(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, '+00:00');
}
