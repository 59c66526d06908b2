import type { MemoryStore } from '../store/memory-store.ts';
import type { SimulatedSystem } from '../system.ts';
import type { World } from '../world.ts';

type Dump = ReturnType<MemoryStore['dump']>;
type Row<Table extends keyof Dump> = Dump[Table][number];

/** The columns of the store that are read. */
export interface JudgedStore {
  readonly streams: readonly Pick<Row<'streams'>, 'side' | 'kind' | 'failure'>[];
  readonly hints: readonly Pick<Row<'hints'>, 'side' | 'recordId' | 'kind' | 'state' | 'failure'>[];
  readonly identities: readonly Row<'identities'>[];
  readonly links: readonly Row<'links'>[];
  readonly writes: readonly Pick<Row<'writes'>, 'identityId' | 'side' | 'kind' | 'state' | 'failure'>[];
  readonly holds: readonly Row<'holds'>[];
  readonly decisions: readonly Pick<Row<'decisions'>, 'identityId' | 'field' | 'rule' | 'loser'>[];
  /** Absent where nothing refers to anything. */
  readonly waits?: readonly Pick<Row<'waits'>, 'kind' | 'identityId' | 'side'>[];
  readonly journal: readonly Pick<Row<'journal'>, 'kind' | 'identityId' | 'side' | 'recordId' | 'body'>[];
}

/** What is read of a world by the checks that judge runs of real processes (test/chaos) too. */
export interface Judged extends Pick<
  World,
  | 'model'
  | 'violations'
  | 'released'
  | 'restoredOrder'
  | 'mistakable'
  | 'backUntold'
  | 'senders'
  | 'decided'
  | 'order'
> {
  readonly systems: ReadonlyMap<string, Pick<SimulatedSystem, 'shape' | 'records'>>;
  readonly store: { dump(): JudgedStore };
  readonly faults: Pick<World['faults'], 'counts'>;
}
