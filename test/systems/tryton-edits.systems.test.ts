import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Session } from '../../src/connector/contract.ts';
import { must } from '../../src/lib/assert.ts';
import { startProxy, type Proxy } from './support/proxy.ts';
import {
  createOf,
  failureOf,
  GOOD_VAT,
  OTHER_VAT,
  PARTY,
  trytonWorkbench,
  updateOf,
} from './tryton-workbench.ts';

const bench = trytonWorkbench();

/** The number under which Tryton knows the model of parties. */
async function partyModel(): Promise<number> {
  const found = await bench.person('ir.model.search', [['model', '=', PARTY]], 0, null, null);
  return must((found as readonly number[])[0], 'Tryton knows the model of parties');
}

describe('somebody else’s edits', () => {
  test.each([
    ['an address', 'party.address.write', { city: 'Hamburg' }],
    ['an e-mail address', 'party.contact_mechanism.write', { value: 'their@edit.test' }],
    ['a VAT number', 'party.identifier.write', { code: OTHER_VAT }],
  ])('an edit of %s reaches the feed and makes an older version stale', async (_what, method, values) => {
    const before = await bench.create({
      name: 'Shared',
      email: 'our@edit.test',
      vat: GOOD_VAT,
      'address.city': 'Kiel',
    });
    const { cursor } = await bench.changedSince(null);
    const model = method.replace(/\.write$/, '');
    const rows = await bench.person(`${model}.search`, [['party', '=', Number(before.id)]], 0, null, null);
    await bench.person(method, rows, values);
    expect((await bench.changedSince(cursor)).ids).toEqual([before.id]);
    expect(await bench.update(updateOf(before, { name: 'Ours' }))).toMatchObject({
      kind: 'failed',
      failure: { kind: 'precondition', code: 'tryton.version_mismatch' },
    });
  });

  test('a row that a person adds or deletes changes the version', async () => {
    const before = await bench.create({ name: 'Growing' });
    const [row] = (await bench.person('party.contact_mechanism.create', [
      { party: Number(before.id), type: 'email', value: 'a@b.test' },
    ])) as readonly number[];
    const grown = await bench.read(before.id, ['name']);
    await bench.person('party.contact_mechanism.delete', [row]);
    const shrunk = await bench.read(before.id, ['name']);
    expect(grown.version).not.toBe(before.version);
    expect(shrunk.version).toBe(before.version);
  });

  test('of two conditional writes at once, exactly one wins', async () => {
    const other = await bench.open();
    try {
      for (let round = 0; round < 10; round += 1) {
        const record = await bench.create({ name: 'Contested', email: 'start@race.test' });
        const writes = [bench.session, other].map((one, index) =>
          one.write(PARTY, [updateOf(record, { email: `${String(index)}@race.test` })]),
        );
        const kinds = (await Promise.all(writes))
          .flat()
          .map((r) => (r.kind === 'failed' ? r.failure.kind : r.kind));
        expect(kinds.toSorted()).toEqual(['precondition', 'written']);
      }
    } finally {
      await other.close();
    }
  });

  test('a change that is committed late, with an older time, is still found', async () => {
    const late = await bench.create({ name: 'Slow' });
    await bench.create({ name: 'Quick' });
    const { cursor } = await bench.changedSince(null);
    const later = await bench.create({ name: 'Quicker' });
    const next = await bench.changedSince(cursor);
    expect(next.ids).toEqual([later.id]);
    await bench.system.sql(
      `update party_party set name = 'Slow at last', write_date = now() at time zone 'UTC' - interval '20 s' where id = ${late.id}`,
    );
    expect((await bench.changedSince(next.cursor)).ids).toEqual([late.id]);
  });

  test('a record that a rule hides is hidden, not absent', async () => {
    const secret = await bench.create({ name: 'Secret' });
    const model = await partyModel();
    const rules = [['create', [{ domain: '[["name", "!=", "Secret"]]' }]]];
    const group = await bench.person('ir.rule.group.create', [
      { name: 'No secrets', model, global_p: true, rules },
    ]);
    try {
      expect(await bench.session.get(PARTY, [secret.id], ['name'])).toEqual([
        { kind: 'hidden', id: secret.id },
      ]);
    } finally {
      await bench.person('ir.rule.group.delete', group);
    }
    expect(await bench.session.get(PARTY, [secret.id], ['name'])).toMatchObject([{ kind: 'found' }]);
  });

  test('a model that the user may not write is a config failure', async () => {
    const model = await partyModel();
    const access = await bench.person('ir.model.access.create', [
      { model, perm_read: true, perm_write: false },
    ]);
    try {
      const [description] = await bench.session.describe([PARTY]);
      expect(description?.card.can).toEqual({ create: false, update: false, delete: false });
      const [result] = await bench.session.write(PARTY, [createOf('c', { name: 'Not allowed' })]);
      expect(result).toMatchObject({ kind: 'failed', failure: { kind: 'config', code: 'tryton.no_access' } });
    } finally {
      await bench.person('ir.model.access.delete', access);
    }
  });
});

describe('between request and answer', () => {
  let proxy: Proxy;
  let proxied: Session;

  beforeAll(async () => {
    proxy = await startProxy(bench.system.url);
    proxied = await bench.open({ url: proxy.url });
  });

  afterAll(async () => {
    await proxied.close();
    await proxy.stop();
  });

  test('a create whose answer is lost is an unknown outcome, and search finds it', async () => {
    proxy.loseAnswerTo('party.party.create');
    const [result] = await proxied.write(PARTY, [createOf('c', { name: 'Lost', email: 'lost@answer.test' })]);
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { kind: 'unknownOutcome', code: 'tryton.outcome_unknown' },
    });
    expect(await proxied.find(PARTY, 'email', ['lost@answer.test'], ['name'], 5)).toHaveLength(1);
  });

  test('a login whose answer is lost says that nothing was sent', async () => {
    proxy.loseAnswerTo('common.db.login');
    expect(await failureOf(bench.open({ url: proxy.url }))).toMatchObject({
      kind: 'transient',
      code: 'tryton.no_answer',
    });
  });

  test.each([
    ['the party', 'party.party.write', { name: 'Theirs' }],
    ['a row that is written too', 'party.contact_mechanism.write', { value: 'their@edit.test' }],
  ])('an edit of %s after our last look is not overwritten', async (_what, method, values) => {
    const record = await bench.create({ name: 'Quiet', email: 'quiet@x.test' });
    const id = method === 'party.party.write' ? Number(record.id) : await emailRow(record.id);
    proxy.beforeAnswerTo('party.party.search_read', () => bench.person(method, [id], values));
    const [result] = await proxied.write(PARTY, [updateOf(record, { email: 'ours@x.test' })]);
    expect(result).toMatchObject({
      kind: 'failed',
      failure: { kind: 'precondition', code: 'tryton.version_mismatch' },
    });
  });

  test.each([
    ['the party', 'party.party.write', { code: 'THEIRS' }],
    ['another row', 'party.contact_mechanism.write', { value: 'their@edit.test' }],
  ])('an edit of %s just after our write does not pass for ours', async (_what, method, values) => {
    const record = await bench.create({ name: 'Quiet', email: 'quiet@x.test' });
    const [table, id] =
      method === 'party.party.write'
        ? ['party_party', record.id]
        : ['party_contact_mechanism', String(await emailRow(record.id))];
    const [column, value] = must(Object.entries(values)[0], 'one value is edited');
    proxy.beforeAnswerTo('party.party.write', () =>
      bench.system.sql(
        `update ${table} set ${column} = '${value}', write_uid = 0, write_date = now() at time zone 'UTC' where id = ${id}`,
      ),
    );
    const [result] = await proxied.write(PARTY, [updateOf(record, { name: 'Ours' })]);
    expect(result).toEqual({ kind: 'written', key: 'u', recordId: record.id, version: null });
  });
});

async function emailRow(partyId: string): Promise<number> {
  const domain = [
    ['party', '=', Number(partyId)],
    ['type', '=', 'email'],
  ];
  const [id] = (await bench.person(
    'party.contact_mechanism.search',
    domain,
    0,
    1,
    null,
  )) as readonly number[];
  return must(id, 'the party has an e-mail address');
}
