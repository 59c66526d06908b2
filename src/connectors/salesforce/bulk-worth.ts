/** From how many rows on a bulk job is worth its waiting. */
import type { Settings } from './settings.ts';

/** What a job costs of the day's requests: creation, upload, beginning, three results and its polls. */
const JOB_REQUESTS = 15;
const ROWS_PER_COLLECTION = 200;
/** With less than this share of the day left, requests count for more than time. */
const SCARCE_SHARE = 0.1;

type Choice = Pick<Settings, 'bulkFrom' | 'collectionsPerCall' | 'duplicateRules'>;

/** The fewest writes that ever go by a job; null where none does. A job cannot be told to pass over duplicate rules. */
export function bulkFrom(settings: Choice): number | null {
  if (settings.bulkFrom === 0 || settings.duplicateRules === 'allow') return null;
  return Math.min(settings.bulkFrom, cheaperFrom(settings));
}

/** Whether so many rows go by a job. `leftShare`: how much of the day's requests is left, 0 to 1. */
export function isWorthBulk(settings: Choice, rows: number, leftShare: number): boolean {
  const from = bulkFrom(settings);
  if (from === null) return false;
  return rows >= (leftShare < SCARCE_SHARE ? from : settings.bulkFrom);
}

/** The rows whose collections would take as many requests as a job does. */
function cheaperFrom({ collectionsPerCall }: Choice): number {
  return JOB_REQUESTS * ROWS_PER_COLLECTION * collectionsPerCall;
}
