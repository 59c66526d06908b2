/** Records whose keys are those of two things: whichever side is read first, they are nobody's before a person has said whose. */
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { compileSync, type Resolver } from '../../src/engine/model.ts';
import { must } from '../../src/lib/assert.ts';
import { createIds } from '../../src/lib/ids.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { captureChanges } from '../../src/worker/capture.ts';
import { observeAll, settleRecords } from '../../src/worker/rounds.ts';
import { silentLog, type SyncRuntime } from '../../src/worker/runtime.ts';
import { createWakes } from '../../src/worker/wakes.ts';
import { MemorySystem } from '../support/memory-system.ts';
import { steppingClock } from '../support/stepping-clock.ts';
import { simpleDefinition } from '../support/sync.ts';
import { createMemoryStore, type MemoryStore } from '../world/store/memory-store.ts';

const signal = new AbortController().signal;
/** The same cases every time. */
const SEED = 20_261_122;

interface Person {
  readonly email: string | null;
  readonly phone: string | null;
}

type Sides = Readonly<Record<string, readonly Person[]>>;

interface Read {
  readonly store: MemoryStore;
  readonly runtime: SyncRuntime;
  readonly systems: Readonly<Record<string, MemorySystem>>;
}

/** Reads the sides in this order and writes nothing. `only`: sides that have no other key. */
async function read(
  sides: Sides,
  order: readonly string[],
  resolve: readonly Resolver[],
  only: Readonly<Record<string, string>> = {},
): Promise<Read> {
  const plain = simpleDefinition(order, { match: [['email'], ['phone']] });
  const fields = plain.fields.map((field) => ({ ...field, policy: { owners: [], resolve } }));
  const systems = Object.fromEntries(
    Object.entries(sides).map(([side, people]) => {
      const system = new MemorySystem({ idPrefix: side });
      for (const { email, phone } of people) system.create({ email, phone, name: null, city: null });
      return [side, system];
    }),
  );
  const [clock, random] = [steppingClock(), seededRandom(1)];
  const ids = createIds(clock, random);
  const store = createMemoryStore({ sides: order, clock, random, ids });
  const isThere = (side: string, name: string): boolean => (only[side] ?? name) === name;
  const mapped = plain.sides.map((side) => ({
    ...side,
    fields: side.fields.filter(({ field }) => isThere(side.name, field)),
  }));
  const model = compileSync({ ...plain, fields, sides: mapped });
  const runtime: SyncRuntime = {
    syncKey: '1',
    name: 'things',
    mode: 'observe',
    model,
    sides: new Map(
      model.sides.map((side) => {
        const session = must(systems[side.name], 'every side has a system');
        return [side.name, { model: side, session, card: session.card }];
      }),
    ),
    clock,
    random,
    ids,
    log: silentLog,
    wakes: createWakes(clock),
    nowMs: () => store.nowMs(),
    transaction: (action) => store.transaction(action),
  };
  await observeAll(runtime, signal);
  return { store, runtime, systems };
}

/** What belongs together, and what waits for a person. */
function outcomeOf({ store }: Read): string {
  const links = store.dump().links;
  const things = Map.groupBy(links, ({ linked, recordId }) => linked?.identityId ?? recordId);
  return [...things.values()]
    .map((some) =>
      some
        .map(({ recordId, status }) => (status === 'live' ? recordId : `${recordId} ${status}`))
        .toSorted()
        .join(' '),
    )
    .toSorted()
    .join(' | ');
}

function orders(names: readonly string[]): readonly (readonly string[])[] {
  if (names.length < 2) return [names];
  return names.flatMap((first) =>
    orders(names.filter((name) => name !== first)).map((rest) => [first, ...rest]),
  );
}

const POLICIES: readonly (readonly Resolver[])[] = [
  [{ kind: 'hold' }],
  [{ kind: 'priority', sides: ['a', 'b', 'c'] }],
  [{ kind: 'fill' }, { kind: 'priority', sides: ['c', 'b', 'a'] }],
];

const person = fc.record({
  email: fc.constantFrom('x', 'y', null),
  phone: fc.constantFrom('1', '2', null),
});
const upToTwo = fc.uniqueArray(person, {
  maxLength: 2,
  comparator: (one, other) =>
    (one.email !== null && one.email === other.email) || (one.phone !== null && one.phone === other.phone),
});

function keysOf({ email, phone }: Person): readonly string[] {
  return [...(email === null ? [] : [email]), ...(phone === null ? [] : [phone])];
}

function share(one: Person, other: Person): boolean {
  return keysOf(one).some((key) => keysOf(other).includes(key));
}

/** Those that share a key with two who share none with each other. */
function mixed(sides: Sides): readonly string[] {
  const all = Object.entries(sides).flatMap(([side, some]) =>
    some.map((one, index) => ({ id: `${side}${String(index + 1)}`, one })),
  );
  const isMixed = ({ id, one }: (typeof all)[number]): boolean => {
    const near = all.filter((other) => other.id !== id && share(other.one, one));
    return near.some((left) => near.some((right) => left !== right && !share(left.one, right.one)));
  };
  return all.filter(isMixed).map(({ id }) => id);
}

/** Records that are linked to others, and have a key of a record of another thing. */
function strays(all: Sides, outcome: string): readonly string[] {
  const things = outcome
    .split(' | ')
    .filter((thing) => !thing.endsWith('parked'))
    .map((thing) => thing.split(' '));
  const personOf = (id: string): Person => must(all[id.slice(0, 1)]?.[Number(id.slice(1)) - 1], 'a record');
  return things.flatMap((thing) => {
    const others = things.filter((other) => other !== thing).flat();
    const isStray = (id: string): boolean => others.some((other) => share(personOf(id), personOf(other)));
    return thing.length === 1 ? [] : thing.filter(isStray);
  });
}

const sides = fc.record({ a: upToTwo, b: upToTwo, c: upToTwo });

async function outcomes(all: Sides, resolve: readonly Resolver[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const order of orders(Object.keys(all))) found.push(outcomeOf(await read(all, order, resolve)));
  return found;
}

test('in whatever order the sides are read, the same belongs together, and a record whose keys are those of two waits', async () => {
  const single = sides.filter((all) => mixed(all).length < 2);
  await fc.assert(
    fc.asyncProperty(single, fc.constantFrom(...POLICIES), async (all, resolve) => {
      const [first = '', ...others] = await outcomes(all, resolve);
      for (const outcome of others) expect(outcome).toBe(first);
      const waiting = first.split(' | ').filter((thing) => thing.endsWith('parked'));
      expect(waiting).toEqual(mixed(all).map((id) => `${id} parked`));
    }),
    { numRuns: 60, seed: SEED },
  );
});

test('of several records that lead to each other’s things one waits at least, and none that is linked is of two things', async () => {
  const several = sides.filter((all) => mixed(all).length > 0);
  await fc.assert(
    fc.asyncProperty(several, fc.constantFrom(...POLICIES), async (all, resolve) => {
      for (const outcome of await outcomes(all, resolve)) {
        expect(outcome).toContain('parked');
        expect(strays(all, outcome)).toEqual([]);
      }
    }),
    { numRuns: 40, seed: SEED },
  );
});

const HOLD: readonly Resolver[] = [{ kind: 'hold' }];
/** Five records in a ring, each with a key of the one before and one of the one after. */
const RING: Sides = {
  a: [
    { email: null, phone: '1' },
    { email: 'y', phone: '2' },
  ],
  b: [{ email: 'x', phone: '2' }],
  c: [
    { email: 'y', phone: null },
    { email: 'x', phone: '1' },
  ],
};

test('of a ring of five one waits in every order, though a page that is being taken in gives a key to another thing', async () => {
  for (const outcome of await outcomes(RING, HOLD)) {
    expect(outcome).toContain('parked');
    expect(strays(RING, outcome)).toEqual([]);
  }
});

const MIXED: Sides = {
  a: [
    { email: 'x', phone: null },
    { email: null, phone: '1' },
  ],
  b: [{ email: 'x', phone: '1' }],
};

async function readOn({ runtime }: Read): Promise<void> {
  for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
  await settleRecords(runtime, signal);
}

function asked({ store }: Read): readonly unknown[] {
  return store
    .dump()
    .holds.flatMap(({ closed, reason, seen }) => (closed === null ? [{ reason, seen }] : []));
}

test.each([
  ['a', 'b'],
  ['b', 'a'],
])('it is told to which things it leads, and by what (%s first)', async (...order) => {
  const world = await read(MIXED, order, HOLD);
  const message = 'its keys lead to several things: its email to a a1, its phone to a a2';
  expect(asked(world)).toEqual([{ reason: 'ambiguousMatch', seen: { message } }]);
});

test.each([
  ['a', 'b'],
  ['b', 'a'],
])('it goes on by itself when its keys agree (%s first)', async (...order) => {
  const world = await read(MIXED, order, HOLD);
  must(world.systems['b'], 'b is a side').edit('b1', { phone: '2' });
  await readOn(world);
  expect(outcomeOf(world)).toBe('a1 b1 | a2');
  expect(asked(world)).toEqual([]);
});

test.each([
  ['a', 'b'],
  ['b', 'a'],
])('it goes on when what it led to has another key (%s first)', async (...order) => {
  const world = await read(MIXED, order, HOLD);
  must(world.systems['a'], 'a is a side').edit('a2', { phone: '2' });
  await readOn(world);
  expect(outcomeOf(world)).toBe('a1 b1 | a2');
});

test('a record that comes later takes nobody’s record away', async () => {
  const world = await read({ ...MIXED, a: [{ email: 'x', phone: null }] }, ['b', 'a'], HOLD);
  must(world.systems['a'], 'a is a side').create({ email: null, phone: '1', name: null, city: null });
  await readOn(world);
  expect(outcomeOf(world)).toBe('a1 b1 | a2 parked');
});

test('sides that say nothing of each other’s keys are one by what a third says', async () => {
  const known: Sides = {
    a: [{ email: 'x', phone: '1' }],
    b: [{ email: 'x', phone: null }],
    c: [{ email: null, phone: '1' }],
  };
  const world = await read(known, ['a', 'b', 'c'], HOLD, { b: 'email', c: 'phone' });
  expect(outcomeOf(world)).toBe('a1 b1 c1');
});
