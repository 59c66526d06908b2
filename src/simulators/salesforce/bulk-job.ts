/** What a bulk job is: what was asked for, how far it has got, and what became of its rows. */
import type { CsvFormat, CsvTable } from './bulk-csv.ts';
import type { Actor } from './log.ts';
import type { Field, SObject } from './schema.ts';
import type { QueryResult } from './soql.ts';

export type IngestOperation = 'insert' | 'update' | 'upsert' | 'delete' | 'hardDelete';
export type JobState = 'Open' | 'UploadComplete' | 'InProgress' | 'JobComplete' | 'Failed' | 'Aborted';

export interface Job {
  readonly id: string;
  readonly actor: Actor;
  readonly version: string;
  readonly format: CsvFormat;
  readonly createdMs: number;
  state: JobState;
  changedMs: number;
  errorMessage: string | null;
}

export interface IngestJob extends Job {
  readonly kind: 'ingest';
  readonly operation: IngestOperation;
  readonly object: SObject;
  readonly key: Field | null;
  readonly client: string | null;
  upload: string | null;
  table: CsvTable | null;
  /** One for each row that was tried. */
  readonly outcomes: RowOutcome[];
}

export interface QueryJob extends Job {
  readonly kind: 'query';
  readonly operation: 'query' | 'queryAll';
  readonly soql: string;
  readonly run: () => Extract<QueryResult, { kind: 'records' }>;
  result: Extract<QueryResult, { kind: 'records' }> | null;
}

export type RowOutcome =
  | {
      readonly kind: 'saved';
      readonly cells: readonly string[];
      readonly id: string;
      readonly created: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly cells: readonly string[];
      readonly id: string;
      readonly error: string;
    };
