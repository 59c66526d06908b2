/** What the API gives, as the pages read it; the routes are in docs/decisions/0014-http-api.md. Times are ISO 8601 texts. */
import type { Json } from '../../lib/json.ts';

/** One page of a list; `next` is the cursor of the page after it. */
export type Page<T> = Readonly<Record<'items', readonly T[]>> & { readonly next: string | null };

export interface Failure {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
  readonly advice: string | null;
}

export type Role = 'viewer' | 'operator' | 'approver' | 'admin';

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

export interface SignedIn {
  readonly state: 'signedIn';
  readonly account: Account;
  readonly workspace: string;
  readonly csrfToken: string;
  readonly expiresAt: string;
}

export type Session = { readonly state: 'signedOut' } | { readonly state: 'setUp' } | SignedIn;

export interface Counts {
  readonly records: number;
  readonly inSync: number;
  readonly pending: number;
  readonly held: number;
  readonly dead: number;
  readonly excluded: number;
}

export interface Side {
  readonly name: string;
  readonly connection: string;
  readonly system: string;
  readonly collection: string;
  readonly counts: Counts | null;
  readonly countedAt: string | null;
  readonly owed: Readonly<Record<'planned' | 'queued' | 'sent' | 'unknown' | 'held' | 'dead', number>>;
  readonly currentAsOf: string | null;
  readonly lagMs: number | null;
  readonly lastAttemptAt: string | null;
  readonly lastSuccessAt: string | null;
  readonly failure: Failure | null;
}

export type Mode = 'live' | 'paused' | 'observe';

export interface Sync {
  readonly name: string;
  readonly entity: string;
  readonly mode: Mode;
  readonly revision: number;
  readonly approvedUntil: string | null;
  readonly sides: readonly Side[];
}

export interface PlanHead {
  readonly hash: string;
  readonly revision: number;
  readonly writes: number;
  readonly sealedAt: string;
  readonly isApproved: boolean;
  readonly approvedBy: string | null;
  readonly isCurrent: boolean;
}

export interface MappingLine {
  readonly side: string;
  readonly field: string;
  readonly native: string;
  readonly direction: 'both' | 'in' | 'out';
  readonly sentence: string;
}

export interface SyncDetail extends Sync {
  readonly fields: readonly {
    readonly name: string;
    readonly type: string;
    readonly isRequired: boolean;
    readonly policy: string;
  }[];
  readonly mappings: readonly MappingLine[];
  readonly rules: readonly string[];
  readonly author: string;
  readonly savedAt: string;
  readonly plan: PlanHead | null;
}

export interface PlanGroup {
  readonly side: string;
  readonly kind: 'create' | 'update' | 'delete';
  readonly count: number;
  readonly samples: readonly {
    readonly identity: string;
    readonly title: string;
    readonly values: readonly { readonly field: string; readonly before: Json; readonly after: Json }[];
  }[];
}

export interface Plan {
  readonly plan: PlanHead | null;
  readonly groups: readonly PlanGroup[];
}

export interface Revision {
  readonly revision: number;
  readonly hash: string;
  readonly author: string;
  readonly savedAt: string;
}

export interface Connection {
  readonly name: string;
  readonly system: string;
  readonly title: string;
  readonly state: 'new' | 'connected' | 'reauthorise' | 'unreachable' | 'misconfigured';
  readonly reason: string | null;
  readonly advice: string | null;
  readonly since: string;
  readonly lastSuccessAt: string | null;
  readonly settings: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly secret: string | null;
    readonly isStored: boolean;
  }[];
  readonly usedBy: readonly { readonly sync: string; readonly side: string }[];
  readonly limits: readonly {
    readonly name: string;
    readonly unitsMax: number;
    readonly units: number;
    readonly pausedUntil: string | null;
  }[];
}

export interface Overview {
  readonly asOf: string;
  readonly syncs: readonly Sync[];
  readonly connections: readonly Connection[];
  readonly waiting: {
    readonly holds: number;
    readonly heldWrites: number;
    readonly dead: number;
    readonly connections: number;
  };
}

export interface Task {
  readonly id: string;
  readonly kind: string;
  readonly sync: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly failure: Failure | null;
}

export interface KnownRecord {
  readonly side: string;
  readonly recordId: string;
  readonly status: string;
}

export interface Found {
  readonly sync: string;
  readonly identity: string | null;
  readonly title: string;
  readonly records: readonly KnownRecord[];
  readonly matched: string | null;
}

export interface FieldChange {
  readonly field: string;
  readonly before: Json;
  readonly after: Json;
  readonly rule: string;
}

export interface Step {
  readonly at: string;
  readonly kind: string;
  readonly side: string;
  readonly recordId: string | null;
  readonly sentence: string;
  readonly changes: readonly FieldChange[];
  readonly values: Readonly<Record<string, Json>> | null;
  readonly failure: Failure | null;
}

export interface JourneyField {
  readonly name: string;
  readonly golden: Json;
  readonly edit: {
    readonly side: string;
    readonly fromAt: string | null;
    readonly untilAt: string;
    readonly rule: string;
  } | null;
  readonly sides: Readonly<Record<string, Json>>;
}

export interface Choice {
  readonly kind: 'take' | 'keep' | 'value' | 'delete' | 'revive';
  readonly side: string | null;
  readonly value: Json;
}

export interface Hold {
  readonly id: string;
  readonly sync: string;
  readonly identity: string | null;
  readonly side: string;
  readonly recordId: string | null;
  readonly field: string | null;
  readonly reason: string;
  readonly sentence: string;
  readonly title: string;
  readonly openedAt: string;
  readonly seen: Json;
  readonly choices: readonly Choice[];
}

export interface Journey {
  readonly sync: string;
  readonly identity: string;
  readonly title: string;
  readonly tombstone: { readonly side: string; readonly at?: string } | null;
  readonly fields: readonly JourneyField[];
  readonly records: readonly (KnownRecord & {
    readonly version: string | null;
    readonly asOf: string;
  })[];
  readonly writes: readonly {
    readonly side: string;
    readonly kind: string;
    readonly state: string;
    readonly failure?: Failure | null;
  }[];
  readonly holds: readonly Hold[];
  readonly timeline: readonly Step[];
}

export interface HeldSet {
  readonly sync: string;
  readonly side: string;
  readonly kind: string;
  readonly writes: number;
  readonly hash: string;
}

export interface Run {
  readonly id: string;
  readonly sync: string;
  readonly side: string;
  readonly kind: string;
  readonly state: 'running' | 'complete' | 'failed';
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly seen: number;
  readonly changed: number;
  readonly unreadable: number;
  readonly missing: number;
  readonly failure: Failure | null;
}

export interface AuditEntry {
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Json;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly madeAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface Person extends Account {
  readonly isDisabled: boolean;
  readonly lastSignInAt: string | null;
}

export interface Problem {
  readonly id: string;
  readonly sync: string;
  readonly code: string;
  readonly kind: string;
  readonly side: string;
  readonly direction: 'in' | 'out' | 'both';
  readonly field: string | null;
  readonly message: string;
  readonly advice: string | null;
  readonly state: 'open' | 'resolved';
  readonly trend: 'new' | 'growing' | 'steady' | 'shrinking' | 'over';
  readonly reach: 'side' | 'connection' | 'systems';
  readonly records: number;
  readonly samples: readonly string[];
  readonly firstSeenAt: string;
  readonly openedAt: string;
  readonly lastSeenAt: string;
  readonly resolvedAt: string | null;
  readonly openings: number;
  readonly owner: string | null;
}

export interface ProblemDetail extends Problem {
  readonly notes: readonly { readonly at: string; readonly author: string; readonly note: string }[];
}

export interface DeadLetter {
  readonly id: string;
  readonly sync: string;
  readonly state: 'waiting' | 'retrying' | 'discarded';
  readonly side: string;
  readonly kind: 'create' | 'update' | 'delete' | 'read';
  readonly identity: string | null;
  readonly recordId: string | null;
  readonly tries: number;
  readonly firstFailedAt: string;
  readonly lastFailedAt: string;
  readonly failure: Failure;
  readonly body: Readonly<Record<string, Json>> | null;
  readonly discarded: { readonly reason: string; readonly by: string; readonly at: string } | null;
}
