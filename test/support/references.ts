/** Two syncs of which one refers to the other and to itself, over small systems in memory. */
import {
  EVERYWHERE,
  type FieldDefinition,
  type MappingDefinition,
  type SyncDefinition,
} from '../../src/engine/model.ts';
import { referrersOf } from '../../src/engine/references.ts';
import type { FieldType } from '../../src/engine/value.ts';
import { captureChanges } from '../../src/worker/capture.ts';
import { deliverAll, settleRecords } from '../../src/worker/rounds.ts';
import type { SyncRuntime } from '../../src/worker/runtime.ts';
import { MemorySystem, type MemoryOptions } from './memory-system.ts';
import { createTestRuntime, simpleDefinition, type TestStore } from './sync.ts';

const signal = new AbortController().signal;
export const SIDES = ['crm', 'erp'] as const;

/** Things that are told apart by their e-mail address, with these references besides; every reference is to the like-named side. */
export function referring(
  name: string,
  references: Readonly<
    Record<
      string,
      Omit<Extract<FieldType, { kind: 'reference' }>, 'kind'> & {
        required?: boolean;
        /** At these sides things are named by this field: as they are called there, or (with `everywhere`) as golden. */
        by?: { readonly field: string; readonly at: readonly string[]; readonly everywhere?: boolean };
      }
    >
  >,
  change: Partial<SyncDefinition> = {},
): SyncDefinition {
  const plain = simpleDefinition(SIDES, { name, entity: name });
  const fields = Object.entries(references).map(([field, given]): FieldDefinition => {
    const { required = false, by: _, ...to } = given;
    return {
      name: field,
      type: { kind: 'reference', ...to },
      required,
      ignoreCase: false,
      policy: { owners: [], resolve: [{ kind: 'hold' }] },
    };
  });
  return {
    ...plain,
    fields: [...plain.fields, ...fields],
    sides: plain.sides.map((side) => ({
      ...side,
      fields: [
        ...side.fields,
        ...fields.map((field) => ({
          field: field.name,
          native: field.name,
          direction: 'both' as const,
          transforms: [],
          ...placeOf(references[field.name]?.by, side.name),
        })),
      ],
    })),
    guard: { deletesMax: 1_000, deletesShareMax: 1, changesShareMax: 1 },
    ...change,
  };
}

function placeOf(
  by: { readonly field: string; readonly at: readonly string[]; readonly everywhere?: boolean } | undefined,
  side: string,
): Pick<MappingDefinition, 'refersTo' | 'refersBy'> {
  if (by === undefined || !by.at.includes(side)) return { refersTo: side };
  const refersBy = { field: by.field, type: { kind: 'text' } } as const;
  return { refersTo: by.everywhere === true ? EVERYWHERE : side, refersBy };
}

export interface Syncs {
  readonly runtimes: ReadonlyMap<string, SyncRuntime>;
  system(sync: string, side: string): MemorySystem;
  /** Captures, looks and delivers everywhere until a round does nothing more; waits are not waited for. */
  readonly settle: (names?: readonly string[]) => Promise<void>;
  /** What waits in these syncs: the sync, the side, the field and the kind. */
  readonly waits: () => Promise<readonly string[]>;
}

export async function createSyncs(
  store: TestStore,
  definitions: readonly SyncDefinition[],
  options: MemoryOptions = {},
): Promise<Syncs> {
  const systems = new Map<string, MemorySystem>();
  const runtimes = new Map<string, SyncRuntime>();
  for (const definition of definitions) {
    const { name } = definition;
    const columns = definition.fields.map((field) => field.name);
    for (const side of SIDES)
      systems.set(`${name} ${side}`, new MemorySystem({ idPrefix: `${name}-${side}-`, columns, ...options }));
    const own = Object.fromEntries(SIDES.map((side) => [side, systemOf(systems, name, side)]));
    const runtime = await createTestRuntime(store, definition, own);
    runtimes.set(name, { ...runtime, referrers: referrersOf(name, definitions) });
    // The feed's position is noted while there is nothing.
    for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  }
  return {
    runtimes,
    system: (sync, side) => systemOf(systems, sync, side),
    settle: async (names = [...runtimes.keys()]) => {
      for (let round = 0; round < 6; round += 1) {
        for (const name of names) await settleOnce(store, runtimes, name);
      }
    },
    waits: async () => {
      const { rows } = await store.raw.pool.query<{ text: string }>(
        `select concat_ws(' ', syncs.name, side, field, kind) as text from waits join syncs using (sync_key)
          where syncs.name = any($1) order by 1`,
        [[...runtimes.keys()]],
      );
      return rows.map(({ text }) => text);
    },
  };
}

function systemOf(systems: ReadonlyMap<string, MemorySystem>, sync: string, side: string): MemorySystem {
  const system = systems.get(`${sync} ${side}`);
  if (system === undefined) throw new Error(`no ${sync} at ${side}`);
  return system;
}

async function settleOnce(
  store: TestStore,
  runtimes: ReadonlyMap<string, SyncRuntime>,
  name: string,
): Promise<void> {
  const runtime = runtimes.get(name);
  if (runtime === undefined) throw new Error(`no sync ${name}`);
  await store.raw.pool.query(
    `update hints set due_at = clock_timestamp() where sync_key = $1 and state = 'open'`,
    [runtime.syncKey],
  );
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  await settleRecords(runtime, signal);
  await deliverAll(runtime, signal);
}
