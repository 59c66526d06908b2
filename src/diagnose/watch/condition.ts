import type { AboutRecords } from '../../store/alerts.ts';

/** Something that somebody should hear of, for as long as it lasts. */
export interface Condition {
  /** The same for as long as it is the same thing: what makes it told once. */
  readonly key: string;
  /** As in the catalogue of failures. */
  readonly code: string;
  /** `critical`: something is not being synced. `warning`: it is, and will not be, or not all of it. */
  readonly severity: Severity;
  readonly sync: string | null;
  readonly side: string | null;
  /** Of what is about a connection as a whole, and so about every sync that uses it. */
  readonly connection?: string;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly sinceMs: number;
  /** Left out where it is about no single records. */
  readonly records?: AboutRecords;
}

export type Severity = 'warning' | 'critical';
