import assert from 'node:assert/strict';

import type { CapabilityCard, WriteRequest } from '../contract.ts';
import {
  assertHolds,
  createOf,
  deleteOf,
  readOne,
  said,
  seed,
  seedOne,
  textOf,
  updateOf,
  writeAll,
  writeOne,
  type Ground,
  type Rule,
} from './rule.ts';

type Ability = 'create' | 'update' | 'delete';

/** What `write` promises. */
export const WRITE_RULES: readonly Rule[] = [
  {
    name: 'write-empty',
    title: 'an empty batch writes nothing and is no error',
    check: async (ground) => {
      assert.deepEqual(await writeAll(ground, []), [], 'no requests must give no results');
    },
  },
  {
    name: 'create',
    title: 'a created record is read back as it was given, under the id that was answered',
    unless: needs('create'),
    check: async (ground) => {
      const fields = ground.fields.sample(0);
      const { recordId } = await writeOne(ground, createOf('k', fields));
      assertHolds(await readOne(ground, recordId), fields, 'after the create');
    },
  },
  {
    name: 'update',
    title: 'an update sets the given fields and no others',
    unless: needs('update'),
    check: async (ground) => {
      const id = await seedOne(ground);
      const { recordId } = await writeOne(ground, updateOf('k', id, textOf(ground, 'changed')));
      assert.equal(recordId, id, 'an update of a field that is not the key must keep the id');
      const expected = new Map([...ground.fields.sample(0), ...textOf(ground, 'changed')]);
      assertHolds(await readOne(ground, id), expected, 'after the update');
    },
  },
  {
    name: 'delete',
    title: 'a deleted record is absent, and its neighbours are not',
    unless: needs('delete'),
    check: async (ground) => {
      const [first = '', second = ''] = await seed(ground, 2);
      await writeOne(ground, deleteOf('k', first));
      const lookups = await ground.session.get(ground.collection, [first, second], ground.fields.names);
      assert.deepEqual(lookups.map(said), ['absent', 'found'], 'the delete must take exactly the one record');
    },
  },
  {
    name: 'written-version',
    title: 'a version that write answers is the one that is read next, and tells what was written',
    unless: needs('update'),
    check: async (ground) => {
      const id = await seedOne(ground);
      // Somebody has just been there: what the answer tells of other fields must be of now as well.
      await ground.user.edit(id, new Map([...ground.fields.sample(0), ...textOf(ground, 'theirs')]));
      await assertTold(ground, updateOf('k1', id, textOf(ground, 'changed')));
      const { version } = await readOne(ground, id);
      await assertTold(ground, updateOf('k2', id, textOf(ground, null), version));
      if (ground.card.can.create) await assertTold(ground, createOf('k3', ground.fields.sample(1)));
    },
  },
  {
    name: 'update-gone',
    title: 'an update or delete of a record that is gone fails as precondition and makes no record',
    unless: (card) => needs('update')(card) ?? needs('delete')(card),
    check: async (ground) => {
      const { absentId } = ground.fields;
      const requests = [updateOf('k1', absentId, textOf(ground, 'changed')), deleteOf('k2', absentId)];
      for (const result of await writeAll(ground, requests)) {
        assert.equal(result.kind, 'failed', 'a write to a record that is not there must fail');
        assert.equal(
          result.failure.kind,
          'precondition',
          `gone is a precondition, not ${result.failure.code}`,
        );
      }
      const [lookup] = await ground.session.get(ground.collection, [absentId], ground.fields.names);
      assert.equal(said(lookup), 'absent', 'an update must never create a record');
    },
  },
  staleRule('stale-update', 'update', (id, version, ground) =>
    updateOf('k', id, textOf(ground, 'ours'), version),
  ),
  staleRule('stale-delete', 'delete', (id, version) => deleteOf('k', id, version)),
  {
    name: 'fresh-version',
    title: 'a write with the current version succeeds',
    unless: (card) => conditional(card) ?? needs('update')(card),
    check: async (ground) => {
      const id = await seedOne(ground);
      await ground.user.edit(id, textOf(ground, 'theirs'));
      const { version } = await readOne(ground, id);
      await writeOne(ground, updateOf('k', id, textOf(ground, 'ours'), version));
      assertHolds(await readOne(ground, id), textOf(ground, 'ours'), 'after the write');
    },
  },
  {
    name: 'write-order',
    title: 'a batch of creates answers in the order of its requests',
    unless: needs('create'),
    check: async (ground) => {
      const requests = [3, 0, 4, 1].map((index) =>
        createOf(`k${String(index)}`, ground.fields.sample(index)),
      );
      const results = await writeAll(ground, requests);
      for (const [index, result] of results.entries()) {
        assert.equal(result.kind, 'written', 'each create of the batch must succeed');
        const record = await readOne(ground, result.recordId);
        assertHolds(
          record,
          requests[index]?.fields ?? new Map(),
          `created as number ${String(index + 1)} of a batch`,
        );
      }
    },
  },
  {
    name: 'write-one-bad',
    title: 'a refused record never sinks the others of its batch',
    unless: (card, fields) =>
      fields.refused === null ? 'the harness knows no values that the system refuses' : needs('create')(card),
    check: async (ground) => {
      const refused = ground.fields.refused ?? new Map();
      const requests = [0, 1, 2].map((index) => createOf(`k${String(index)}`, ground.fields.sample(index)));
      const results = await writeAll(ground, requests.toSpliced(1, 0, createOf('bad', refused)));
      const kinds = results.map((result) => (result.kind === 'failed' ? result.failure.kind : result.kind));
      assert.deepEqual(
        kinds,
        ['written', 'invalid', 'written', 'written'],
        'only the refused record may fail',
      );
      for (const result of results) if (result.kind === 'written') await readOne(ground, result.recordId);
    },
  },
];

/** Writes, and holds the answer against what is read next: what it leaves out it does not speak of, and nothing that was written. */
async function assertTold(ground: Ground, request: WriteRequest): Promise<void> {
  const { recordId, version, fields } = await writeOne(ground, request);
  const record = await readOne(ground, recordId);
  const when = `by the answer to the ${request.kind}`;
  const told = [...(fields ?? [])].filter(([name]) => ground.fields.names.includes(name));
  assertHolds(record, new Map(told), when);
  if (version === null) return;
  assert.equal(record.version, version, `the version answered to the ${request.kind} must be current`);
  for (const name of request.fields.keys())
    assert.ok(fields?.has(name), `${when}, with a version, the field "${name}" must be told: it was written`);
}

function staleRule(
  name: string,
  ability: 'update' | 'delete',
  requestOf: (id: string, version: string | null, ground: Ground) => ReturnType<typeof updateOf>,
): Rule {
  return {
    name,
    title: `a ${ability} with a stale version fails as precondition and overwrites nothing`,
    unless: (card) => conditional(card) ?? needs(ability)(card),
    check: async (ground) => {
      const id = await seedOne(ground);
      const { version } = await readOne(ground, id);
      await ground.user.edit(id, textOf(ground, 'theirs'));
      const [result] = await writeAll(ground, [requestOf(id, version, ground)]);
      assert.equal(result?.kind, 'failed', `a ${ability} with a stale version must fail`);
      assert.equal(
        result.failure.kind,
        'precondition',
        `stale is a precondition, not ${result.failure.code}`,
      );
      assertHolds(await readOne(ground, id), textOf(ground, 'theirs'), `after the refused ${ability}`);
    },
  };
}

function conditional(card: CapabilityCard): string | null {
  return card.conditionalWrite ? null : 'the card says that writes cannot be made conditional';
}

function needs(ability: Ability): (card: CapabilityCard) => string | null {
  return (card) => (card.can[ability] ? null : `the card says that the system cannot ${ability} records`);
}
