/** What is not made beside a record of its key that is linked to nothing, and how it goes on. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { FieldPolicy, SyncDefinition } from '../engine/model.ts';
import { must } from '../lib/assert.ts';
import { openHolds, type HoldRow } from '../store/holds.ts';
import { toldWaits } from '../store/told-waits.ts';
import { captureChanges } from './capture.ts';
import { ChoiceRefused, resolveHold } from './holds.ts';
import { deliverAll, observeAll, settleRecords } from './rounds.ts';
import type { SyncRuntime } from './runtime.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

type Names = Readonly<Record<string, string | null>>;

interface Two {
  readonly crm: MemorySystem;
  readonly erp: MemorySystem;
  readonly runtime: SyncRuntime;
  /** Everything of both until nothing is left to be done. */
  readonly go: () => Promise<void>;
  readonly waits: () => Promise<readonly string[]>;
  readonly emailsAt: (system: MemorySystem) => readonly unknown[];
}

let made = 0;

async function two(change: Partial<SyncDefinition> = {}): Promise<Two> {
  made += 1;
  const [crm, erp] = [new MemorySystem(), new MemorySystem()];
  const definition = simpleDefinition(['crm', 'erp'], { name: `unlinked-${String(made)}`, ...change });
  const runtime = await createTestRuntime(store, definition, { crm, erp });
  const told = (): ReturnType<typeof toldWaits> =>
    store.database.transaction(store.workspaceNo, (tx) => toldWaits(tx, runtime, null, 10));
  return {
    crm,
    erp,
    runtime,
    go: async () => {
      for (const side of runtime.sides.values()) await captureChanges(runtime, side, false, signal);
      await settleRecords(runtime, signal);
      await deliverAll(runtime, signal);
    },
    waits: async () =>
      (await told()).map(
        ({ kind, side, field, parent, reason }) =>
          `${kind} ${side} ${field} ${parent?.recordId ?? ''} ${reason.kind}`,
      ),
    emailsAt: (system) => Object.values(system.all()).map((fields) => fields['email']),
  };
}

function person(email: string | null, phone: string | null = null): Names {
  return { email, name: 'Ann', phone, city: null };
}

/** At erp, of whom nothing but the key can be read, and at crm, of whom all can. */
async function unreadableAtErp(): Promise<Two & { readonly id: string; readonly other: string }> {
  const world = await two();
  const id = world.erp.create({ ...person('ann@x.test'), name: ['a list'] });
  const other = world.crm.create(person('ann@x.test'));
  await observeAll(world.runtime, signal);
  await deliverAll(world.runtime, signal);
  return { ...world, id, other };
}

test('nothing is made beside a record of its key that cannot be read, and it says for which it waits', async () => {
  const { erp, id, waits, emailsAt, go } = await unreadableAtErp();
  expect(emailsAt(erp)).toEqual(['ann@x.test']);
  expect(await waits()).toEqual([`key erp email ${id} unreadable`]);
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test']);
});

test('a record that can be read is linked, and what waited for it is no longer to be made', async () => {
  const { erp, id, waits, emailsAt, go } = await unreadableAtErp();
  erp.edit(id, { name: 'Anna' });
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test']);
  expect(await waits()).toEqual([]);
});

test.each([
  ['is deleted', (erp: MemorySystem, id: string): void => erp.remove(id)],
  ['has another key', (erp: MemorySystem, id: string): void => erp.edit(id, { email: 'eve@x.test' })],
])('when the record %s, what waited for it is made', async (_, change) => {
  const { erp, id, waits, emailsAt, go } = await unreadableAtErp();
  change(erp, id);
  await go();
  expect(emailsAt(erp)).toContain('ann@x.test');
  expect(await waits()).toEqual([]);
});

test('a thing that gets another key itself waits no longer', async () => {
  const { crm, erp, other, waits, emailsAt, go } = await unreadableAtErp();
  crm.edit(other, { email: 'bob@x.test' });
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test', 'bob@x.test']);
  expect(await waits()).toEqual([]);
});

test('of two records in the way each is waited for in its turn', async () => {
  const { erp, id, waits, emailsAt, go } = await unreadableAtErp();
  const second = erp.create({ ...person('ann@x.test'), name: ['another list'] });
  erp.remove(id);
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test']);
  expect(await waits()).toEqual([`key erp email ${second} unreadable`]);
});

test('while a record waits whose keys are those of two, neither of them is made at its side', async () => {
  const { crm, erp, runtime, waits, emailsAt, go } = await two({ match: [['email'], ['phone']] });
  crm.create(person('ann@x.test'));
  crm.create(person('eve@x.test', '2'));
  const id = erp.create(person('ann@x.test', '2'));
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  expect(emailsAt(erp)).toEqual(['ann@x.test']);
  expect((await waits()).toSorted()).toEqual([`key erp email ${id} parked`, `key erp phone ${id} parked`]);
  erp.edit(id, { phone: '3' });
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test', 'eve@x.test']);
  expect(await waits()).toEqual([]);
});

test('what comes later and has the key of a record that waits is not made either', async () => {
  const { crm, erp, runtime, waits, emailsAt, go } = await two({ match: [['email'], ['phone']] });
  crm.create(person('ann@x.test'));
  erp.create(person('ann@x.test'));
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  const id = erp.create(person('ann@x.test', '7'));
  await go();
  crm.create(person('zoe@x.test', '7'));
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test', 'ann@x.test']);
  expect(await waits()).toEqual([`key erp phone ${id} parked`]);
});

const CRM_FIRST: FieldPolicy = {
  owners: [],
  resolve: [{ kind: 'fill' }, { kind: 'priority', sides: ['crm', 'erp'] }],
};

/** At crm two things, at erp one record that has the address of the first and the number of the second. */
async function ofTwo(): Promise<Two & { readonly id: string; readonly ann: string; readonly hold: HoldRow }> {
  const fields = simpleDefinition(['crm', 'erp']).fields.map((field) => ({ ...field, policy: CRM_FIRST }));
  const world = await two({ match: [['email'], ['phone']], fields });
  const { crm, erp, runtime } = world;
  const ann = crm.create(person('ann@x.test', '1'));
  crm.create(person('eve@x.test', '2'));
  const id = erp.create({ ...person('ann@x.test', '2'), city: 'Rome' });
  await observeAll(runtime, signal);
  await deliverAll(runtime, signal);
  const [hold] = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, runtime.syncKey, null, 10),
  );
  return { ...world, id, ann, hold: must(hold, 'a person is asked') };
}

test('a person says whose it is: it is linked, what it holds is merged, and the other one is made beside it', async () => {
  const { crm, erp, runtime, id, ann, hold, waits, emailsAt, go } = await ofTwo();
  await resolveHold(runtime, hold, { kind: 'belongs', side: 'crm', recordId: ann }, 'ann');
  await go();
  expect(emailsAt(erp)).toEqual(['ann@x.test', 'eve@x.test']);
  expect(await waits()).toEqual([]);
  expect(crm.all()[ann]).toMatchObject({ city: 'Rome' });
  expect(erp.all()[id]).toMatchObject({ email: 'ann@x.test', phone: '1', city: 'Rome' });
  const left = await store.database.transaction(store.workspaceNo, (tx) =>
    openHolds(tx, runtime.syncKey, null, 10),
  );
  expect(left).toEqual([]);
});

test('what cannot be so is refused with the reason, and nothing is done', async () => {
  const { crm, erp, runtime, id, ann, hold, emailsAt, go } = await ofTwo();
  const zoe = crm.create(person('zoe@x.test', '3'));
  await go();
  const says = (recordId: string): Promise<string> =>
    resolveHold(runtime, hold, { kind: 'belongs', side: 'crm', recordId }, 'ann').then(
      () => 'done',
      (error: unknown) => (error instanceof ChoiceRefused ? error.message : 'something else'),
    );
  expect(await says('nobody')).toContain('is not known here');
  await expect(resolveHold(runtime, hold, { kind: 'revive' }, 'ann')).rejects.toThrow('say whose it is');
  expect(await says(zoe)).toContain('has a record at erp already');
  expect(emailsAt(erp)).toEqual(['ann@x.test', 'zoe@x.test']);
  erp.remove(id);
  await go();
  expect(await says(ann)).toContain('waits no longer');
});
