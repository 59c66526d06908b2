/** What the API gives, by the names that the pages use; the types are those of its routes (docs/decisions/0014-http-api.md). */
import type { hc, InferResponseType } from 'hono/client';

import type { Api } from '../../api/app.ts';

type Client = ReturnType<typeof hc<Api>>['api']['v1'];
type Listed<Route> =
  InferResponseType<Route, 200> extends Readonly<Record<'items', readonly (infer Entry)[]>> ? Entry : never;

/** One page of a list; `next` is the cursor of the page after it. */
export type Page<T> = Readonly<Record<'items', readonly T[]>> & { readonly next: string | null };

export type Session = InferResponseType<Client['session']['$get'], 200>;
export type SignedIn = Extract<Session, { readonly state: 'signedIn' }>;
export type Role = SignedIn['account']['role'];

export type Overview = InferResponseType<Client['overview']['$get'], 200>;
export type Sync = Overview['syncs'][number];
export type Mode = Sync['mode'];
export type Side = Sync['sides'][number];
export type Counts = NonNullable<Side['counts']>;
export type Connection = Overview['connections'][number];

export type AuthorisationQuestion = InferResponseType<
  Client['connections'][':name']['authorisation']['$post'],
  200
>;
export type AuthorisationOutcome = InferResponseType<Client['authorisations']['$post'], 200>;

export type SyncDetail = InferResponseType<Client['syncs'][':name']['$get'], 200>;
export type MappingLine = SyncDetail['mappings'][number];
export type SideSchema = Listed<Client['syncs'][':name']['schemas']['$get']>;
export type Plan = InferResponseType<Client['syncs'][':name']['plan']['$get'], 200>;
export type PlanHead = NonNullable<Plan['plan']>;
export type PlanGroup = Plan['groups'][number];
export type Revision = Listed<Client['syncs'][':name']['revisions']['$get']>;
export type RevisionSource = InferResponseType<
  Client['syncs'][':name']['revisions'][':revision']['$get'],
  200
>;
export type Complaint = InferResponseType<Client['sync-file']['check']['$post'], 200>['errors'][number];
export type Task = InferResponseType<Client['tasks'][':id']['$get'], 200>;

export type Found = Listed<Client['records']['$get']>;
export type Journey = InferResponseType<Client['records'][':identity']['$get'], 200>;
export type JourneyField = Journey['fields'][number];
export type Wait = Journey['waits'][number];
export type Step = Journey['timeline'][number];

export type Hold = Listed<Client['holds']['$get']>;
export type Choice = Hold['choices'][number];
export type Match = Listed<Client['matches']['$get']>;
export type Merge = Listed<Client['merges']['$get']>;
export type HeldSet = Listed<Client['held-writes']['$get']>;
export type Problem = Listed<Client['problems']['$get']>;
export type ProblemDetail = InferResponseType<Client['problems'][':id']['$get'], 200>;
export type DeadLetter = Listed<Client['dead-letters']['$get']>;
export type Measures = InferResponseType<Client['measures']['$get'], 200>;
export type MeasuredPeriod = Measures['periods'][number];
export type Alert = Listed<Client['alerts']['$get']>;
export type AlertLook = InferResponseType<Client['alerts']['look']['$post'], 200>;
export type Channel = Listed<Client['channels']['$get']>;
export type Reconciliation = InferResponseType<Client['syncs'][':name']['reconciliation']['$get'], 200>;
export type ReconciliationReport = NonNullable<Reconciliation['report']>;
export type Run = Listed<Client['runs']['$get']>;

export type Person = Listed<Client['accounts']['$get']>;
export type SignInChoice = Listed<Client['sign-in']['$get']>;
export type Token = Listed<Client['tokens']['$get']>;
export type AuditEntry = Listed<Client['audit']['$get']>;
export type Verification = InferResponseType<Client['audit']['verification']['$get'], 200>;
