/** The horizon against a model of a database: transactions begin, stamp rows, commit late or never, and polls come between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { advanced, type Horizon } from './horizon.ts';

type Step =
  | { readonly kind: 'begin' }
  | { readonly kind: 'stamp'; readonly transaction: number; readonly byStatement: boolean }
  | { readonly kind: 'commit'; readonly transaction: number }
  | { readonly kind: 'prepare'; readonly transaction: number }
  | { readonly kind: 'poll' };

interface Transaction {
  readonly name: string;
  readonly beganAt: number;
  state: 'running' | 'prepared' | 'committed';
  readonly rows: { readonly row: number; readonly stamp: number }[];
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('begin' as const) }),
  fc.record({ kind: fc.constant('stamp' as const), transaction: fc.nat(30), byStatement: fc.boolean() }),
  fc.record({ kind: fc.constant('commit' as const), transaction: fc.nat(30) }),
  fc.record({ kind: fc.constant('prepare' as const), transaction: fc.nat(30) }),
  fc.record({ kind: fc.constant('poll' as const) }),
);

class World {
  readonly transactions: Transaction[] = [];
  readonly found = new Set<number>();
  readonly reads: { readonly at: number; readonly from: number }[] = [];
  #now = 0;
  #rows = 0;
  #horizon: Horizon;

  constructor() {
    this.#horizon = { at: this.#tick(), live: [] };
  }

  #tick(): number {
    this.#now += 10;
    return this.#now;
  }

  take(step: Step): void {
    const open = this.transactions.filter(({ state }) => state !== 'committed');
    const transaction = 'transaction' in step ? open[step.transaction % Math.max(1, open.length)] : undefined;
    if (step.kind === 'poll') this.poll();
    else if (step.kind === 'begin') {
      const name = `3/${String(this.transactions.length)}`;
      this.transactions.push({ name, beganAt: this.#tick(), state: 'running', rows: [] });
    } else if (transaction === undefined) return;
    else if (step.kind === 'stamp' && transaction.state === 'running') {
      this.#rows += 1;
      transaction.rows.push({
        row: this.#rows,
        stamp: step.byStatement ? this.#tick() : transaction.beganAt,
      });
    } else if (step.kind === 'prepare' && transaction.state === 'running') transaction.state = 'prepared';
    else if (step.kind === 'commit') transaction.state = 'committed';
  }

  poll(): void {
    const at = this.#tick();
    const inState = (state: Transaction['state']) =>
      this.transactions.filter((entry) => entry.state === state);
    const running = new Map(inState('running').map(({ name }) => [name, null]));
    const prepared = inState('prepared').map(({ name }) => `prepared ${name}`);
    const { from, next } = advanced(this.#horizon, { at, running, prepared });
    for (const { row, stamp } of inState('committed').flatMap(({ rows }) => rows)) {
      if (stamp >= from) this.found.add(row);
    }
    this.reads.push({ at, from });
    this.#horizon = next;
  }
}

test('no committed row is ever skipped, however late its transaction commits', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
      const world = new World();
      for (const each of steps) world.take(each);
      world.poll();
      const committed = world.transactions.filter(({ state }) => state === 'committed');
      expect(committed.flatMap(({ rows }) => rows).filter(({ row }) => !world.found.has(row))).toEqual([]);
    }),
    { numRuns: 2_000, seed: 1 },
  );
});

test('a transaction that runs for long costs one wide reading, when it ends, and none before', () => {
  const world = new World();
  world.take({ kind: 'begin' });
  for (let poll = 0; poll < 5; poll += 1) world.poll();
  world.take({ kind: 'commit', transaction: 0 });
  world.poll();
  world.poll();
  const reach = world.reads.map(({ at, from }) => at - from);
  expect(reach).toEqual([20, 10, 10, 10, 10, 70, 10]);
});

test('a transaction that is prepared for two-phase commit keeps the moment it began after', () => {
  const world = new World();
  world.take({ kind: 'begin' });
  world.take({ kind: 'stamp', transaction: 0, byStatement: false });
  world.poll();
  world.take({ kind: 'prepare', transaction: 0 });
  world.poll();
  world.take({ kind: 'commit', transaction: 0 });
  world.poll();
  expect([...world.found]).toEqual([1]);
});
