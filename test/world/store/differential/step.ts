/** One call to a store, generated once and made on both; and the small worlds that generated calls are about. */
import * as fc from 'fast-check';

import type { Value, Values } from '../../../../src/engine/value.ts';
import type { HintRow, StoredFailure, StreamLease, SyncTx } from '../../../../src/store/contract.ts';
import type { PlanRow } from '../../../../src/store/plans.ts';
import type { ControlTx } from '../sync-transaction.ts';

export type StoreTx = SyncTx & ControlTx;

/** What earlier calls have shown, so that later ones can be about the same leases, claims and rows. */
export interface Notes {
  /** Numbers that no two calls share: no two rows are due, or were read, at the same time. */
  next(): number;
  lease: StreamLease | null;
  claimed: readonly HintRow[];
  plan: PlanRow | null;
  readonly identities: Set<string>;
  readonly writes: Set<string>;
}

/** Notes that go on from others, but count from somewhere else. */
export function newNotes(from = 0, known?: Notes): Notes {
  let last = from;
  return {
    next: () => (last += 1),
    lease: null,
    claimed: [],
    plan: null,
    identities: new Set(known?.identities),
    writes: new Set(known?.writes),
  };
}

export interface Step {
  /** For the report of a failing sequence. */
  readonly text: string;
  [fc.toStringMethod]?(): string;
  /** What the call gave, without an order where the store promises none. */
  run(tx: StoreTx, notes: Notes): Promise<unknown>;
}

export function step<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  run: (tx: StoreTx, args: Args, notes: Notes) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return args.map((drawn) => {
    const text = `${name} ${JSON.stringify(drawn)}`;
    return {
      text,
      run: (tx: StoreTx, notes: Notes) => run(tx, drawn, notes),
      [fc.toStringMethod]: () => text,
    };
  });
}

export const SIDES = ['crm', 'erp'];
export const side = fc.constantFrom(...SIDES);
export const RECORDS = ['r1', 'r2', 'r3'];
export const recordId = fc.constantFrom(...RECORDS);
export const IDENTITIES = [
  '00000000-0000-7000-8000-000000000001',
  '00000000-0000-7000-8000-000000000002',
  '00000000-0000-7000-8000-000000000003',
];
export const identityId = fc.constantFrom(...IDENTITIES);
export const field = fc.constantFrom('name', 'city');
export const WRITE_IDS = ['00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-00000000000b'];

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** Long before the test, so that a time counted from here is told from one counted from now. */
export const PAST_MS = Date.UTC(2025, 0, 1);

/** A look at a side that no other look shares its time with, to the microsecond. */
export function lookMs(notes: Notes): number {
  const number = notes.next();
  return PAST_MS + number + (number % 1_000) / 1_000;
}

/** Run out already, or held to the end of the test. */
export const leaseMs = fc.constantFrom(-1_000, HOUR_MS);
export const countMax = fc.constantFrom(1, 2, 1_000, 1_000);

export function rarely(weight = 12): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: weight }).map((drawn) => drawn === weight);
}

const text = fc.constantFrom('x', 'y', '', 'Zoë "q" \\ {a,b}', 'NULL', '🙂', ' blank ');
/** Also one that JSON drops. */
const value: fc.Arbitrary<Value | undefined> = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom<Value>(null, true, false, [], ['a', 'b']) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
export const values = fc.dictionary(field, value, {
  maxKeys: 2,
  noNullPrototype: true,
}) as fc.Arbitrary<Values>;
export const version = fc.constantFrom(null, 'v1', 'v2');

export const failure: fc.Arbitrary<StoredFailure> = fc.constantFrom(
  { kind: 'transient', code: 'test.busy', message: 'busy' },
  { kind: 'invalid', code: 'test.bad', message: 'it\'s "bad"', field: 'name', advice: 'Mend it.' },
);
export const failureOrNull = fc.option(failure, { freq: 1 });

/** Sets come back in no order of their own. */
export function sorted<T>(rows: readonly T[], keyOf: (row: T) => string): readonly T[] {
  return rows.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}
