/** How one worker reaches the store: its transactions, their retries, and the breaking of it all. */
import pg from 'pg';

import { backoffMs } from '../../../src/lib/backoff.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Random } from '../../../src/lib/random.ts';
import type { SyncTx } from '../../../src/store/contract.ts';
import { Collision } from '../../../src/store/database.ts';
import { storedMs } from './instant.ts';
import { CONNECTION_LOST, DEADLOCK_DETECTED } from './sql-error.ts';
import { syncTransaction, type ControlTx, type GivenScope } from './sync-transaction.ts';
import { Transaction, type TransactionHost } from './transaction.ts';

/** As in src/store/database.ts. */
const TRIES_MAX = 10;
const RETRY_BASE_MS = 5;
const RETRY_CAP_MS = 500;
const SERIALIZATION_FAILURE = '40001';

export interface Connection {
  /** Runs `action` in a transaction; like the real one up to ten times, as long as it collides with another. */
  transaction<T>(action: (tx: SyncTx & ControlTx) => Promise<T>): Promise<T>;
  /** The store's clock. */
  nowMs(): Promise<number>;
  /** The process is gone, or cannot reach the store any more: what it has open is rolled back, and every call throws. */
  break(error?: unknown): void;
}

export interface ConnectionHost extends TransactionHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly scope: GivenScope;
  onBegun(tx: Transaction): void;
  onEnded(tx: Transaction, isCommitted: boolean): void;
}

export function connection(host: ConnectionHost): Connection {
  const open = new Set<Transaction>();
  let broken: { readonly error: unknown } | null = null;

  const throwIfBroken = (): void => {
    if (broken !== null) throw broken.error;
  };
  /** Null where nobody waits: hardly any call does, and there are thousands in a history. */
  const reach = (point: string): Promise<void> | null => {
    throwIfBroken();
    return host.pause(point)?.then(throwIfBroken) ?? null;
  };

  const runOnce = async <T>(action: (tx: SyncTx & ControlTx) => Promise<T>): Promise<T> => {
    const begun = reach('begin');
    if (begun !== null) await begun;
    const tx = new Transaction(host);
    open.add(tx);
    host.onBegun(tx);
    let isCommitted = false;
    try {
      const result = await action(syncTransaction(tx, host.scope));
      const committing = tx.commit();
      isCommitted = typeof committing === 'boolean' ? committing : await committing;
      return result;
    } finally {
      tx.rollback();
      open.delete(tx);
      host.onEnded(tx, isCommitted);
    }
  };

  return {
    nowMs: async () => {
      const reached = reach('nowMs');
      if (reached !== null) await reached;
      return storedMs(host.clockMs());
    },
    transaction: async (action) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const result = await runOnce(action);
          const committed = reach('committed');
          if (committed !== null) await committed;
          return result;
        } catch (error) {
          if (attempt >= TRIES_MAX || !isCollision(error)) throw error;
          await host.clock.sleep(backoffMs(attempt, RETRY_BASE_MS, RETRY_CAP_MS, host.random));
        }
      }
    },
    break: (error = CONNECTION_LOST) => {
      broken ??= { error };
      for (const tx of open) tx.break(error);
    },
  };
}

function isCollision(error: unknown): boolean {
  if (error instanceof Collision) return true;
  return (
    error instanceof pg.DatabaseError &&
    (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK_DETECTED)
  );
}
