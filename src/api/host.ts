/** What the API needs of the installation it speaks for. server.ts gives it; tests give one over a database of their own. */
import type { z } from '@hono/zod-openapi';

import type { CollectionDescription, FieldDescription } from '../connector/contract.ts';
import type { NetworkPolicy } from '../connector/http/network.ts';
import type { Question } from '../connector/oauth/code-grant.ts';
import type { Consent } from '../connector/oauth/consent.ts';
import type { Health } from '../connector/oauth/health.ts';
import type { Webhook } from '../connector/webhook.ts';
import type { EntityPage } from '../engine/entity-page.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Random } from '../lib/random.ts';
import type { AlertMoves } from '../store/alerts.ts';
import type { SyncRow } from '../store/control.ts';
import type { Database, Tx } from '../store/database.ts';
import type { Sealer } from '../store/seal.ts';
import type { Log, SyncRuntime } from '../worker/runtime.ts';
import type { MappingTrial as MappingTrialShape } from './shapes/mapping.ts';
import type { SyncWhatIf as SyncWhatIfShape } from './shapes/what-if.ts';

/** One error of a sync file, where it is and how to mend it. */
export interface SyncFileError {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly fix: string | null;
}

/** One change of a system's fields, and what it does to a sync. */
export interface SchemaChangeSeen {
  readonly gravity: 'harmless' | 'attention' | 'stopsField' | 'stopsCreates' | 'stopsSync';
  readonly says: string;
  readonly fix: string | null;
  /** The fields of the entity that it touches. */
  readonly fields: readonly string[];
  /** The system's field as it was and as it is; one of the two is missing where it is new or gone. */
  readonly change: { readonly before?: FieldDescription; readonly now?: FieldDescription };
}

/** What was seen last of the fields of a side, against those its mapping was made for since `sinceMs`. */
export interface SideSchemaSeen {
  readonly side: string;
  readonly collection: string;
  readonly sinceMs: number;
  readonly seenAtMs: number;
  /** Counts what the system has said, one after the other. */
  readonly version: number;
  readonly effects: readonly SchemaChangeSeen[];
}

export type SyncWhatIf = z.infer<typeof SyncWhatIfShape>;

export type WhatIf =
  | { readonly kind: 'errors'; readonly errors: readonly SyncFileError[] }
  | { readonly kind: 'told'; readonly syncs: readonly SyncWhatIf[] };

/** One mapping of the sync file that was taken last, and what it shall say instead. */
export interface MappingAsked {
  readonly sync: string;
  readonly side: string;
  readonly field: string;
  /** Undefined: what it says now. Null: nothing, the side has no such field any more. */
  readonly mapping: JsonObject | null | undefined;
}

export type MappingTrial = z.infer<typeof MappingTrialShape>;

/** What can be done with the text of a sync file. */
export interface SyncFileWork {
  /** Checks it by itself and against the systems that it names; stores nothing but connections that are new. */
  check(source: string, author: string, signal: AbortSignal): Promise<readonly SyncFileError[]>;
  /**
   * Checks it and, if nothing is wrong, makes it the revision of its syncs. Its connections are stored before. `over`: the tag of
   * the text that it was made from; where another one was taken meanwhile, it is refused (`stale`).
   */
  take(source: string, author: string, signal: AbortSignal, over?: string): Promise<readonly SyncFileError[]>;
  /**
   * Checks it and, if nothing is wrong, tries it on stored and present records; and with a moment, on the journal since then.
   * Makes no revision, plans nothing, and writes nothing.
   */
  whatIf(source: string, sinceMs: number | null, author: string, signal: AbortSignal): Promise<WhatIf>;
  /** Says a mapping otherwise and tries it on real records; stores nothing. Null where there is no such sync, side or field. */
  tryMapping(asked: MappingAsked, author: string, signal: AbortSignal): Promise<MappingTrial | null>;
}

/** What the entities of the syncs mean. Without a dictionary it is what the syncs alone say. */
export interface DictionarySeen {
  /** Null where the sync file names none. */
  readonly fileName: string | null;
  /** Why the file that is named is not shown; null when it is. */
  readonly complaint: string | null;
  readonly entities: readonly EntityPage[];
}

export type DictionaryFormat = 'markdown' | 'html' | 'json-schema';

/** The data dictionary that the newest sync file names, read anew each time. */
export interface DictionaryWork {
  seen(): Promise<DictionarySeen>;
  /** As a file; null where there is no dictionary that can be read. */
  exported(format: DictionaryFormat): Promise<string | null>;
}

/** What a person has to agree to in the browser before a connection can be used. */
export interface ConsentWork {
  readonly consent: Consent;
  /** Whether it was authorised before for an account that is known: no other one is taken. */
  readonly isRenewal: boolean;
  /** Redeems what the browser came back with; the tokens are stored when it is `connected` afterwards. */
  redeem(question: Question, answer: URL): Promise<Health>;
}

/** The work of one workspace that reaches out to systems. Every call may take as long as they do, and throws their failures. */
export interface WorkspaceWork {
  /** Opens the connection and notes how it stands. */
  tryConnection(name: string): Promise<void>;
  /** Null where the settings of the connection are enough to open it. */
  consent(name: string): Promise<ConsentWork | null>;
  /** How what the connection's system sends by itself is judged and read; null where it has no webhook, or there is none of that name. */
  webhook(name: string): Promise<Webhook | null>;
  /** Every collection of the connection. */
  describe(name: string): Promise<readonly CollectionDescription[]>;
  /** One cycle of the watch. */
  lookNow(): Promise<AlertMoves>;
  /** False when there is no such channel; how it went is with the channel's state. */
  tellTest(channel: string): Promise<boolean>;
  /** Sends the metrics to one collector; how it went is with the collector's state. */
  sendMetrics(collector: string): Promise<void>;
  readonly file: SyncFileWork;
  readonly dictionary: DictionaryWork;
  /** What has changed about the sides' fields, as it was seen last; asks no system. */
  schemas(tx: Tx, sync: SyncRow): Promise<readonly SideSchemaSeen[]>;
  /** Asks every system of the sync what its fields are now, and notes it. */
  lookAtSchemas(sync: SyncRow): Promise<void>;
  /** The sync without its sides open: enough for a decision of a person. */
  unopened(sync: SyncRow): SyncRuntime;
  /** The sync with every side open while `action` runs. */
  withSync<T>(sync: SyncRow, action: (runtime: SyncRuntime) => Promise<T>): Promise<T>;
}

/** The installation as the API sees it. */
export interface ApiHost {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  /** Where requests of our own may go: to the providers with which people sign in. */
  readonly network: NetworkPolicy;
  /** The workspace that is meant where none is named. */
  readonly workspaceNo: number;
  work(workspaceNo: number): WorkspaceWork;
}
