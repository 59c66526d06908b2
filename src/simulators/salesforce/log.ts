/** What really happened in the org, in order: the ground truth that a sync is judged by. */
import type { SfRecord, SfValue } from './record.ts';

/** Who did it. A trigger's work is told as automation, whoever set it off. */
export interface Actor {
  readonly kind: 'person' | 'integration' | 'automation';
  readonly userId: string;
  readonly name: string;
}

/** The way it came in. */
export type Cause =
  | { readonly kind: 'screen' }
  | { readonly kind: 'rest'; readonly client: string | null }
  | { readonly kind: 'bulk'; readonly jobId: string; readonly client: string | null }
  | { readonly kind: 'trigger'; readonly name: string }
  | { readonly kind: 'cascade'; readonly parentId: string }
  | { readonly kind: 'merge'; readonly masterId: string }
  | { readonly kind: 'setup' };

export type Operation = 'create' | 'update' | 'delete' | 'undelete' | 'purge' | 'touch';

export interface LogEntry {
  readonly number: number;
  readonly atMs: number;
  readonly transaction: string;
  readonly actor: Actor;
  readonly cause: Cause;
  readonly operation: Operation;
  readonly object: string;
  readonly id: string;
  /** The record before and after; null where there was or is none. */
  readonly before: SfRecord | null;
  readonly after: SfRecord | null;
  /** Names of the fields that this changed, without those that the system keeps itself. */
  readonly fields: readonly string[];
}

/** Append-only. It grows with the work done; a simulation is as long as the memory it is given. */
export class OrgLog {
  readonly #entries: LogEntry[] = [];

  append(entry: Omit<LogEntry, 'number'>): void {
    this.#entries.push({ number: this.#entries.length + 1, ...entry });
  }

  entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Everything that happened to one record. */
  of(id: string): readonly LogEntry[] {
    return this.#entries.filter((entry) => entry.id === id);
  }
}

const KEPT_BY_THE_SYSTEM: ReadonlySet<string> = new Set([
  'Id',
  'IsDeleted',
  'MasterRecordId',
  'CreatedDate',
  'CreatedById',
  'LastModifiedDate',
  'LastModifiedById',
  'SystemModstamp',
]);

/** The fields, except the system's own, whose values differ. */
export function changedFields(before: SfRecord | null, after: SfRecord | null): readonly string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].filter(
    (name) => !KEPT_BY_THE_SYSTEM.has(name) && valueIn(before, name) !== valueIn(after, name),
  );
}

function valueIn(record: SfRecord | null, name: string): SfValue {
  return record?.[name] ?? null;
}
