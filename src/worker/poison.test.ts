/** One record that breaks us, whatever way it comes in: it waits for a person, and nothing else waits for it. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { settleRounds, waitingIn, type Waiting } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type {
  ChangePage,
  ChangesRequest,
  Lookup,
  SnapshotPage,
  SnapshotRequest,
  SystemRecord,
} from '../connector/contract.ts';
import type { NativeValue } from '../engine/value.ts';
import { captureChanges } from './capture.ts';
import { UNEXPECTED } from './failures.ts';
import { LOOK_TRIES_MAX } from './limits.ts';
import { observeAll } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

/** A value that breaks whoever reads it. */
class PoisonFields extends Map<string, NativeValue> {
  override get(name: string): NativeValue | undefined {
    if (name === 'city') throw new TypeError('nobody thought of this');
    return super.get(name);
  }
}

/** Hands out the records named in `poisoned` so that applying them throws, and counts how often it did. */
class PoisonedSystem extends MemorySystem {
  readonly poisoned = new Set<string>();
  readonly looks: string[] = [];
  /** Whole records in the feed, where others only hint. */
  feedsRecords = false;
  /** What holds the same again has the same version again, as in a file. */
  versionsAreContent = false;

  #spoil(record: SystemRecord): SystemRecord {
    const version = this.versionsAreContent ? JSON.stringify([...record.fields]) : record.version;
    if (!this.poisoned.has(record.id)) return { ...record, version };
    return { ...record, version, fields: new PoisonFields(record.fields) };
  }

  override async *readAll(request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    for await (const page of super.readAll(request))
      yield { ...page, records: page.records.map((record) => this.#spoil(record)) };
  }

  override async *readChanges(request: ChangesRequest): AsyncIterable<ChangePage> {
    for await (const page of super.readChanges(request)) {
      if (!this.feedsRecords) {
        yield page;
        continue;
      }
      const changed = page.hints.filter(({ kind }) => kind === 'changed').map(({ id }) => id);
      const found = await super.get(request.collection, changed);
      const records = found.flatMap((lookup) => (lookup.kind === 'found' ? [lookup.record] : []));
      const hints = page.hints.filter(({ kind }) => kind === 'deleted');
      yield { ...page, hints, records: records.map((record) => this.#spoil(record)) };
    }
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    this.looks.push(...ids.filter((id) => this.poisoned.has(id)));
    const lookups = await super.get(collection, ids);
    return lookups.map((lookup) =>
      lookup.kind === 'found' ? { kind: 'found', record: this.#spoil(lookup.record) } : lookup,
    );
  }
}

interface World {
  readonly crm: PoisonedSystem;
  readonly erp: MemorySystem;
  readonly runtime: SyncRuntime;
}

async function worldOf(name: string): Promise<World> {
  const [crm, erp] = [new PoisonedSystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name });
  return { crm, erp, runtime: await createTestRuntime(store, definition, { crm, erp }) };
}

/** Makes this many records, the middle one of them poisoned; its id. */
function createWithPoison({ crm }: World, count: number): string {
  const ids = Array.from({ length: count }, (_, index) =>
    crm.create({ email: `p${String(index)}@x.test`, name: 'n', phone: null, city: 'Rome' }),
  );
  const poison = ids[Math.floor(count / 2)] ?? '';
  crm.poisoned.add(poison);
  return poison;
}

function deadLetterOf(recordId: string): Waiting {
  return {
    side: 'crm',
    recordId,
    state: 'dead',
    attempts: LOOK_TRIES_MAX,
    failure: UNEXPECTED,
    dueInSeconds: null,
  };
}

/** What is still waiting after more tries than any record gets. */
async function triedToTheEnd({ runtime }: World): Promise<readonly Waiting[]> {
  await settleRounds(store, runtime, LOOK_TRIES_MAX + 1);
  return waitingIn(store, runtime);
}

/** New records of both sides arrive at the other while the poison waits, and nobody looks at it again. */
async function expectOthersGoOn({ crm, erp, runtime }: World): Promise<void> {
  const looks = crm.looks.length;
  // At most once with its page and once alone, each time it is tried.
  expect(looks).toBeLessThanOrEqual(2 * LOOK_TRIES_MAX);
  expect(erp.size).toBe(crm.size - 1);
  crm.create({ email: 'after@x.test', name: 'After', phone: null, city: 'Oslo' });
  erp.create({ email: 'other@x.test', name: 'Other', phone: null, city: 'Bonn' });
  await settleRounds(store, runtime, 3);
  expect(erp.find1('email', 'after@x.test').fields['city']).toBe('Oslo');
  expect(crm.find1('email', 'other@x.test').fields['city']).toBe('Bonn');
  expect(crm.looks).toHaveLength(looks);
}

/** Somebody corrects the record: it goes the way of all others, and its dead letter is gone. */
async function expectHealed({ crm, erp, runtime }: World, poison: string): Promise<void> {
  crm.poisoned.clear();
  crm.edit(poison, { city: 'Kiel' });
  await settleRounds(store, runtime, 3);
  expect(await waitingIn(store, runtime)).toEqual([]);
  expect(Object.values(erp.all())).toContainEqual(crm.all()[poison]);
  expect(erp.size).toBe(crm.size);
}

test('a record in a page of the feed that breaks us has its page looked at one by one, and the feed goes on', async () => {
  const world = await worldOf('poison in a feed');
  const { crm, runtime } = world;
  crm.feedsRecords = true;
  await observeAll(runtime, signal);
  const poison = createWithPoison(world, 40);
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  expect(await waitingIn(store, runtime)).toHaveLength(40);
  expect(await triedToTheEnd(world)).toEqual([deadLetterOf(poison)]);
  await expectOthersGoOn(world);
  await expectHealed(world, poison);
});

test('a record in a sweep that breaks us leaves the sweep complete and all others taken in', async () => {
  const world = await worldOf('poison in a sweep');
  // Enough for the page to be applied in halves, of which only one meets the poison.
  const poison = createWithPoison(world, 600);
  await observeAll(world.runtime, signal);
  const hinted = (await waitingIn(store, world.runtime)).filter(({ recordId }) => recordId !== null);
  expect(hinted.map(({ recordId }) => recordId)).toEqual([poison]);
  expect(await triedToTheEnd(world)).toEqual([deadLetterOf(poison)]);
  await expectOthersGoOn(world);
  await expectHealed(world, poison);
});

test('a record that is hinted at and breaks us is found among its page, and the others are settled', async () => {
  const world = await worldOf('poison in a look');
  await observeAll(world.runtime, signal);
  const poison = createWithPoison(world, 40);
  expect(await triedToTheEnd(world)).toEqual([deadLetterOf(poison)]);
  await expectOthersGoOn(world);
  await expectHealed(world, poison);
});

test('a linked record that begins to break us keeps its last good values at the other side', async () => {
  const world = await worldOf('poison in an edit');
  const { crm, erp, runtime } = world;
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Rome' });
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  crm.poisoned.add(id);
  crm.edit(id, { city: 'Bari' });
  expect(await triedToTheEnd(world)).toEqual([deadLetterOf(id)]);
  expect(erp.find1('email', 'ann@x.test').fields['city']).toBe('Rome');
  await expectHealed(world, id);
});

test('a record that is put back to what it was waits for nobody any more', async () => {
  const world = await worldOf('poison put back');
  const { crm, runtime } = world;
  crm.feedsRecords = true;
  crm.versionsAreContent = true;
  const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: 'Rome' });
  await observeAll(runtime, signal);
  await settleRounds(store, runtime, 2);
  crm.poisoned.add(id);
  crm.edit(id, { city: 'Bari' });
  expect(await triedToTheEnd(world)).toEqual([deadLetterOf(id)]);
  crm.poisoned.clear();
  crm.edit(id, { city: 'Rome' });
  await settleRounds(store, runtime, 2);
  expect(await waitingIn(store, runtime)).toEqual([]);
});
