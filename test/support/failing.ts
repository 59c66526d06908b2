/** A sync of memory systems that can be made to fail, with what the store says of its problems. */
import type { ChangePage, ChangesRequest } from '../../src/connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import type { SyncDefinition } from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import { findSync, type SyncRow } from '../../src/store/control.ts';
import type { Tx } from '../../src/store/database.ts';
import { listProblems, type Problem, refreshProblems, type ProblemMoves } from '../../src/store/problems.ts';
import { observeAll } from '../../src/worker/rounds.ts';
import type { SyncRuntime } from '../../src/worker/runtime.ts';
import { MemorySystem, type Fields, type MemoryOptions } from './memory-system.ts';
import { settleRounds } from './rounds.ts';
import { createTestRuntime, simpleDefinition, type TestStore } from './sync.ts';

const signal = new AbortController().signal;

/** Refuses what it is told to refuse, for as long as it is told to. */
export class MoodySystem extends MemorySystem {
  readonly mood: { refuse: (fields: Fields) => Failure | null; down: Failure | null };

  constructor(options: MemoryOptions = {}) {
    const mood: MoodySystem['mood'] = { refuse: () => null, down: null };
    super({ ...options, refuse: (fields) => mood.down ?? mood.refuse(fields) });
    this.mood = mood;
  }

  override async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    if (this.mood.down !== null) throw new ConnectorFailure(this.mood.down);
    yield* super.readChanges(request);
  }
}

export interface FailingStand {
  readonly runtime: SyncRuntime;
  readonly sync: SyncRow;
  readonly crm: MoodySystem;
  readonly erp: MoodySystem;
  readonly transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>;
  settle(rounds?: number): Promise<void>;
  /** What a look finds: which problems came and went. */
  look(): Promise<ProblemMoves>;
  problems(): Promise<readonly Problem[]>;
}

/** A healthy sync between `crm` and `erp` that holds one thing for each name. */
export async function failingStand(
  store: TestStore,
  name: string,
  names: readonly string[],
  change: Partial<SyncDefinition> = {},
): Promise<FailingStand> {
  const [crm, erp] = [new MoodySystem(), new MoodySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name, ...change });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  for (const each of names) crm.create(thing(each));
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  const transaction = <T>(action: (tx: Tx) => Promise<T>): Promise<T> =>
    store.database.transaction(store.workspaceNo, action);
  const sync = must(await transaction((tx) => findSync(tx, name)), 'it was just saved');
  return {
    runtime,
    sync,
    crm,
    erp,
    transaction,
    settle: (rounds = 2) => settleRounds(store, runtime, rounds),
    look: () => transaction((tx) => refreshProblems(tx, sync)),
    problems: () => transaction((tx) => listProblems(tx, { syncKey: sync.syncKey }, 100)),
  };
}

export function thing(name: string): Fields {
  return { email: `${name}@x.test`, name, phone: null, city: null };
}
