/** One sync, ready to run: its model, its open sides, and the store bound to it. */
import type { CapabilityCard, Session } from '../connector/contract.ts';
import type { AnnounceDefinition, SideModel, SyncModel } from '../engine/model.ts';
import type { Referrer } from '../engine/references.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { BulkJobs } from '../store/bulk-jobs.ts';
import type { SyncTx } from '../store/contract.ts';
import type { Tx } from '../store/database.ts';
import type { Wakes } from './wakes.ts';

export interface SideRuntime {
  readonly model: SideModel;
  readonly session: Session;
  readonly card: CapabilityCard;
}

/** Where one sync announces its changes, opened when first needed: that it cannot be reached stops no side. */
export interface Outlet {
  readonly definition: AnnounceDefinition;
  session(): Promise<Session>;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
}

/** `observe`: capture and plan, write nothing; new writes wait as `planned`. `live`: they are `queued`. */
export type Mode = 'observe' | 'live' | 'paused';

export interface SyncRuntime {
  readonly syncKey: string;
  readonly name: string;
  readonly mode: Mode;
  readonly model: SyncModel;
  readonly sides: ReadonlyMap<string, SideRuntime>;
  /** The fields, of any sync, that name things of this one; absent where there are none. */
  readonly referrers?: readonly Referrer[];
  /** Where delivered changes are announced; absent where they are not. */
  readonly outlets?: readonly Outlet[];
  /** Keeps bulk jobs for whoever comes after a worker that died; absent where none outlives its worker. */
  readonly jobs?: BulkJobs;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
  readonly wakes: Wakes;
  /** The store's clock. */
  nowMs(): Promise<number>;
  /** One transaction over this sync. May run `action` more than once. */
  transaction<T>(action: (tx: SyncTx) => Promise<T>): Promise<T>;
}

/** Structured, and never with a record's values: ids, counts, codes. */
export interface Log {
  info(fields: Readonly<Record<string, string | number | boolean | null>>, message: string): void;
  warn(fields: Readonly<Record<string, string | number | boolean | null>>, message: string): void;
  error(fields: Readonly<Record<string, string | number | boolean | null>>, message: string): void;
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
