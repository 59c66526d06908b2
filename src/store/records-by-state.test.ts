import { beforeAll, expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/ids.ts';
import { systemRandom } from '../lib/random.ts';
import { REASONS_OF } from './record-states.ts';
import {
  recordsByState,
  type ListedState,
  type RecordInState,
  type StatePage,
  type StatePlace,
} from './records-by-state.ts';
import { countStates } from './status.ts';

const SIDES = ['crm', 'erp'] as const;
const STATUSES = ['live', 'hidden', 'gone', 'parked', 'excluded', 'unreadable', 'returned'] as const;
const HINTS = [null, 'open', 'dead'] as const;
const WRITES = [null, 'queued', 'held', 'dead', 'givenUp'] as const;

const store = sharedTestStore();
let syncKey: string;

beforeAll(async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem() };
  ({ syncKey } = await createTestRuntime(store, simpleDefinition(SIDES), systems));
  await store.database.transaction(store.workspaceNo, async (tx) => {
    const insert = (table: string, rows: readonly object[]): Promise<number> => {
      const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(', ');
      return tx.execute(
        `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1)`,
        [JSON.stringify(rows)],
      );
    };
    for (const [table, rows] of Object.entries(everyCombination())) await insert(table, rows);
  });
});

/** Everything that can be the matter with a record, with everything else, at both sides; and records that were only heard of. */
function everyCombination(): Readonly<Record<string, readonly object[]>> {
  const ids = createIds(systemClock, systemRandom);
  const now = '2026-01-01T00:00:00Z';
  const notedSeconds = (Date.parse(now) / 1_000).toFixed(6);
  const rows = {
    identities: [] as object[],
    links: [] as object[],
    hints: [] as object[],
    writes: [] as object[],
    holds: [] as object[],
    waits: [] as object[],
    discards: [] as object[],
  };
  const failure = { kind: 'permanent', code: 'x', message: 'no' };
  const lease = { lease_epoch: 3, lease_until: now, attempts: 1, due_at: now };
  let number = 0;
  for (const status of STATUSES)
    for (const hint of HINTS)
      for (const write of WRITES)
        for (const flags of [0, 1, 2, 3, 4, 5, 6, 7]) {
          number += 1;
          const recordId = `r${String(number)}`;
          const [isHeld, waits, isGivenUp] = [(flags & 1) > 0, (flags & 2) > 0, (flags & 4) > 0];
          const isLinked =
            ['live', 'hidden', 'returned'].includes(status) || write !== null || isHeld || waits;
          const identityId = isLinked ? ids.next() : null;
          const of = { sync_key: syncKey, side: 'crm', record_id: recordId };
          if (identityId !== null)
            rows.identities.push({
              sync_key: syncKey,
              identity_id: identityId,
              seq: 1,
              golden: {},
              edits: [],
            });
          for (const side of SIDES)
            rows.links.push({
              ...of,
              side,
              status,
              identity_id: identityId,
              version: '7',
              as_of: now,
              accounted: isLinked ? {} : undefined,
              agreed: isLinked ? {} : undefined,
              failure: status === 'unreadable' ? failure : undefined,
            });
          if (hint !== null)
            rows.hints.push({
              ...of,
              ...lease,
              kind: 'changed',
              state: hint,
              noted_at: now,
              failure: hint === 'dead' ? failure : undefined,
            });
          const writeId = ids.next();
          if (write !== null) {
            const isDead = write === 'dead' || write === 'givenUp';
            rows.writes.push({
              sync_key: syncKey,
              identity_id: identityId,
              side: 'erp',
              write_id: writeId,
              kind: 'update',
              state: isDead ? 'dead' : write,
              planned_at: now,
              ...lease,
              due_at: write === 'queued' ? now : 'infinity',
              failure: isDead ? failure : undefined,
            });
          }
          if (isHeld)
            rows.holds.push({
              sync_key: syncKey,
              hold_id: ids.next(),
              identity_id: identityId,
              side: 'crm',
              reason: 'conflict',
              field: 'name',
              seen: {},
              opened_at: now,
            });
          if (waits)
            for (const kind of ['read', 'write'])
              rows.waits.push({
                sync_key: syncKey,
                identity_id: identityId,
                side: 'crm',
                field: 'name',
                kind,
                since: now,
                due_at: now,
                checks: 0,
                parent_sync: 's',
                parent_side: 'p',
                ...(kind === 'read'
                  ? { record_id: recordId, parent_record: 'x' }
                  : { parent_id: ids.next() }),
              });
          const discard = { sync_key: syncKey, reason: 'r', discarded_by: 'ada', discarded_at: now };
          if (write === 'givenUp')
            rows.discards.push({
              ...discard,
              letter_id: `w${recordId}`,
              token: `${writeId} 3`,
              side: 'erp',
              identity_id: identityId,
            });
          if (isGivenUp)
            rows.discards.push({
              ...discard,
              letter_id: `r${recordId}`,
              token: hint === 'dead' ? `3 ${notedSeconds}` : '7 x',
              side: 'crm',
              record_id: recordId,
            });
        }
  for (const kind of ['changed', 'deleted', 'missing'])
    for (const state of ['open', 'dead'])
      rows.hints.push({
        sync_key: syncKey,
        side: 'crm',
        record_id: `new ${kind} ${state}`,
        kind,
        state,
        failure,
        noted_at: now,
        ...lease,
      });
  return rows;
}

async function listed(side: string, state: ListedState, limit: number): Promise<readonly RecordInState[]> {
  const records: RecordInState[] = [];
  let from: StatePlace | null = null;
  do {
    const place: StatePlace | null = from;
    const page: StatePage = await store.database.transaction(store.workspaceNo, (tx) =>
      recordsByState(tx, { syncKey, side }, state, place, limit),
    );
    expect(page.records.length).toBeLessThanOrEqual(limit);
    records.push(...page.records);
    from = page.next;
  } while (from !== null);
  return records;
}

test('the list of each state has every record that the balance counts, once', async () => {
  const counts = await store.database.transaction(store.workspaceNo, (tx) => countStates(tx, syncKey, SIDES));
  for (const side of SIDES) {
    const count = counts.find((known) => known.side === side);
    for (const state of ['inSync', 'pending', 'held', 'dead', 'excluded'] as const) {
      const records = await listed(side, state, 37);
      expect([side, state, new Set(records.map(({ recordId }) => recordId)).size]).toEqual([
        side,
        state,
        count?.[state],
      ]);
      expect(records.length).toBe(count?.[state]);
      expect(count?.[state]).toBeGreaterThan(0);
    }
  }
});

test('what is gone is listed, and counted nowhere', async () => {
  const gone = await listed('erp', 'gone', 50);
  expect(gone.length).toBe(HINTS.length * WRITES.length * 8);
  expect(new Set(gone.map(({ status }) => status))).toEqual(new Set(['gone']));
});

test('every reason of every state is met', async () => {
  for (const [state, reasons] of Object.entries(REASONS_OF)) {
    const met = new Set((await listed('crm', state as ListedState, 200)).map(({ reason }) => reason));
    expect([state, [...met].toSorted()]).toEqual([state, [...reasons].toSorted()]);
  }
});

test('a record that was only heard of has no status yet', async () => {
  const pending = await listed('crm', 'pending', 100);
  expect(pending.filter(({ status }) => status === null).map(({ recordId }) => recordId)).toEqual([
    'new changed open',
    'new missing open',
  ]);
});
