/** What the API gives, by the names that the pages use; the types are those of its routes (docs/decisions/0014-http-api.md). */
import type { Address, Answer } from './endpoints.ts';

/** An entry of a list. */
export type Listed<A extends Address<'GET'>> =
  Answer<'GET', A> extends Readonly<Record<'items', readonly (infer Entry)[]>> ? Entry : never;

/** One page of a list; `next` is the cursor of the page after it. */
export type Page<T> = Readonly<Record<'items', readonly T[]>> & { readonly next: string | null };

export type Session = Answer<'GET', '/session'>;
export type SignedIn = Extract<Session, { readonly state: 'signedIn' }>;
export type Role = SignedIn['account']['role'];

export type Overview = Answer<'GET', '/overview'>;
export type Sync = Overview['syncs'][number];
export type Mode = Sync['mode'];
export type Side = Sync['sides'][number];
export type Counts = NonNullable<Side['counts']>;
export type Connection = Overview['connections'][number];

export type AuthorisationOutcome = Answer<'POST', '/authorisations'>;

export type SyncDetail = Answer<'GET', '/syncs/:name'>;
export type MappingLine = SyncDetail['mappings'][number];
export type SideSchema = Listed<'/syncs/:name/schemas'>;
export type Plan = Answer<'GET', '/syncs/:name/plan'>;
export type PlanHead = NonNullable<Plan['plan']>;
export type PlanGroup = Plan['groups'][number];
export type Revision = Listed<'/syncs/:name/revisions'>;
export type Complaint = Answer<'POST', '/sync-file/check'>['errors'][number];
export type MappingTrial = Answer<'POST', '/sync-file/mapping'>;
export type SyncWhatIf = Answer<'POST', '/sync-file/what-if'>['syncs'][number];
export type WhatIfEdit = NonNullable<SyncWhatIf['edit']>;
export type Task = Answer<'GET', '/tasks/:id'>;

export type Found = Listed<'/records'>;
export type Journey = Answer<'GET', '/records/:identity'>;
export type RecordTest = Answer<'POST', '/syncs/:name/sides/:side/records/:id/test'>;
export type JourneyField = Journey['fields'][number];
export type Wait = Journey['waits'][number];
export type Step = Journey['timeline'][number];

export type Hold = Listed<'/holds'>;
export type Choice = Hold['choices'][number];
export type Match = Listed<'/matches'>;
export type Merge = Listed<'/merges'>;
export type HeldSet = Listed<'/held-writes'>;
export type EmptiedSide = Listed<'/emptied-sides'>;
export type Problem = Listed<'/problems'>;
export type ProblemDetail = Answer<'GET', '/problems/:id'>;
export type Diagnosis = Answer<'GET', '/diagnosis'>;
export type Finding = Listed<'/diagnosis'>;
export type DeadLetter = Listed<'/dead-letters'>;
export type Measures = Answer<'GET', '/measures'>;
export type MeasuredPeriod = Measures['periods'][number];
export type Alert = Listed<'/alerts'>;
export type Channel = Listed<'/channels'>;
export type Collector = Listed<'/collectors'>;
export type Dictionary = Answer<'GET', '/dictionary'>;
export type ViolationReport = NonNullable<Answer<'GET', '/syncs/:name/violations'>['report']>;
export type Reconciliation = Answer<'GET', '/syncs/:name/reconciliation'>;
export type ReconciliationReport = NonNullable<Reconciliation['report']>;
export type Run = Listed<'/runs'>;

export type Retention = Answer<'GET', '/retention'>;
export type Provider = Listed<'/sign-in-providers'>;
export type Person = Listed<'/accounts'>;
