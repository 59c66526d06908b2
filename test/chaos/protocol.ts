/** What travels between a session, a proxy and a simulated system: JSON over HTTP, one POST per call. */
import type { Hint } from '../../src/connector/contract.ts';
import type { Failure } from '../../src/connector/failure.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import type { Counter, Fields } from '../world/records.ts';

export interface WireRecord {
  readonly id: string;
  readonly version: string | null;
  readonly fields: Fields;
}

export type WireLookup =
  | { readonly kind: 'found'; readonly record: WireRecord }
  | { readonly kind: 'absent'; readonly id: string };

export interface WireWrite {
  readonly key: string;
  readonly kind: 'create' | 'update' | 'delete';
  readonly recordId: string | null;
  readonly ifVersion: string | null;
  readonly fields: Fields;
  /** When the session had last been shown the record, and when the request left: instants of `orderNow`. */
  readonly lookedOrder: number;
  readonly sentOrder: number;
}

export type WireResult =
  | {
      readonly kind: 'written';
      readonly key: string;
      readonly recordId: string;
      readonly version: string | null;
      readonly fields: Fields | null;
    }
  | { readonly kind: 'failed'; readonly key: string; readonly failure: Failure };

/** What people do at a system; `at` picks among the records that are there, as a share of them. */
export type PersonAct =
  | { readonly kind: 'create'; readonly fields: Fields }
  | {
      readonly kind: 'edit';
      readonly at: number;
      readonly field: 'name' | 'city' | 'tags';
      readonly value: string;
    }
  | { readonly kind: 'delete'; readonly at: number };

/** Every call with its question and its answer. */
export interface Calls {
  readonly readAll: {
    readonly ask: { readonly after: number; readonly countMax: number };
    readonly answer: {
      readonly records: readonly WireRecord[];
      readonly after: number;
      readonly complete: boolean;
    };
  };
  readonly readChanges: {
    readonly ask: { readonly since: number | null; readonly countMax: number };
    readonly answer: {
      readonly records: readonly WireRecord[];
      readonly hints: readonly Hint[];
      readonly cursor: number;
      readonly caughtUp: boolean;
    };
  };
  readonly get: {
    readonly ask: { readonly ids: readonly string[] };
    readonly answer: { readonly lookups: readonly WireLookup[] };
  };
  readonly find: {
    readonly ask: {
      readonly field: string;
      readonly values: readonly NativeValue[];
      readonly countMax: number;
    };
    readonly answer: { readonly records: readonly WireRecord[] };
  };
  readonly write: {
    readonly ask: { readonly requests: readonly WireWrite[] };
    readonly answer: { readonly results: readonly WireResult[] };
  };
  /** Asked past the proxy. */
  readonly person: { readonly ask: PersonAct; readonly answer: { readonly done: boolean } };
}

export type CallName = keyof Calls;

/** What every answer carries: whether it is one, and the instant that it shows. */
export interface Envelope<Name extends CallName> {
  readonly isAnswer: true;
  readonly order: number;
  readonly answer: Calls[Name]['answer'];
}

/** Switches a proxy's faults on or off. */
export const CONTROL_PATH = '/control';
/** Tells how often each fault of a proxy has struck. */
export const COUNTS_PATH = '/counts';

export const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** Microseconds since the machine started: one clock for all its processes, so that logs of several can be put in order. */
export function orderNow(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Numbers what happens in one process, by that clock; never the same number twice. */
export function createCounter(): Counter {
  let last = 0;
  return { next: () => (last = Math.max(last + 1, orderNow())), last: () => Math.max(last, orderNow()) };
}
