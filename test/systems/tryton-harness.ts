/** The conformance suite's view of two collections of Tryton. The person here works with Tryton's own models. */
import type { ConformanceHarness, Fields, Stage, Trouble } from '../../src/connector/conformance/index.ts';
import type { Session } from '../../src/connector/contract.ts';
import type { TrytonSystem } from './tryton.ts';

/** How the suite reaches the system: through what can go wrong, and past it. */
export interface HarnessWays {
  readonly open: () => Promise<Session>;
  readonly reopen: () => Promise<Session>;
  readonly trouble: Trouble;
}

const FEED_LAG_MS_MAX = 5_000;
const ABSENT_ID = '2000000000';

/** Parties whose text is the street of the address: a person who edits it touches the address only. */
export function partyHarness(system: TrytonSystem, ways: HarnessWays): ConformanceHarness {
  const rpc = (method: string, ...args: readonly unknown[]): Promise<unknown> =>
    system.rpc(`model.party.${method}`, [...args, {}]);
  const user: Stage['user'] = {
    create: async (records) => idTexts(await rpc('party.create', records.map(partyValues))),
    edit: async (id, fields) => {
      const addresses = await rpc('address.search', [['party', '=', Number(id)]], 0, 1, null);
      await rpc('address.write', addresses, { street: fields.get('address.street') });
    },
    delete: async (id) => void (await rpc('party.delete', [Number(id)])),
  };
  return {
    open: () => stageOf('party.party', ways, user, () => empty(system, 'party.party')),
    feedLagMsMax: FEED_LAG_MS_MAX,
    fields: {
      names: ['code', 'name', 'email', 'address.street', 'address.country'],
      sample: (index) =>
        new Map([
          ['code', `C-${String(index)}`],
          ['name', `Party ${String(index)}`],
          ['email', `party${String(index)}@example.test`],
          ['address.street', `Street ${String(index)}`],
          ['address.country', 'DE'],
        ]),
      key: 'code',
      text: 'address.street',
      refused: new Map([['vat', 'BE0000000000']]),
      absentId: ABSENT_ID,
    },
  };
}

/** A model with its fields as they are: the contact mechanisms of one party. */
export function mechanismHarness(system: TrytonSystem, ways: HarnessWays): ConformanceHarness {
  const collection = 'party.contact_mechanism';
  const rpc = (method: string, ...args: readonly unknown[]): Promise<unknown> =>
    system.rpc(`model.${method}`, [...args, {}]);
  const user: Stage['user'] = {
    create: async (records) =>
      idTexts(
        await rpc(
          `${collection}.create`,
          records.map((fields) => Object.fromEntries(fields)),
        ),
      ),
    edit: async (id, fields) =>
      void (await rpc(`${collection}.write`, [Number(id)], Object.fromEntries(fields))),
    delete: async (id) => void (await rpc(`${collection}.delete`, [Number(id)])),
  };
  const holder = 1_000_000;
  const prepare = async (): Promise<void> => {
    await empty(system, collection);
    await system.sql(
      `insert into party_party (id, code, active) values (${String(holder)}, 'HOLDER', true) on conflict do nothing`,
    );
  };
  return {
    open: () => stageOf(collection, ways, user, prepare),
    feedLagMsMax: FEED_LAG_MS_MAX,
    fields: {
      names: ['value', 'comment', 'type', 'party', 'active'],
      sample: (index) =>
        new Map<string, string | number | boolean>([
          ['value', `value-${String(index)}`],
          ['comment', `Comment ${String(index)}`],
          ['type', 'other'],
          ['party', holder],
          ['active', index % 2 === 0],
        ]),
      key: 'value',
      text: 'comment',
      refused: new Map<string, string | number>([
        ['value', 'bad'],
        ['type', 'nonsense'],
        ['party', holder],
      ]),
      absentId: ABSENT_ID,
    },
  };
}

async function stageOf(
  collection: string,
  { open, reopen, trouble }: HarnessWays,
  user: Stage['user'],
  prepare: () => Promise<void>,
): Promise<Stage> {
  await prepare();
  const session = await open();
  return { session, collection, user, trouble, reopen, close: () => session.close() };
}

async function empty(system: TrytonSystem, model: string): Promise<void> {
  const ids = await system.rpc(`model.${model}.search`, [[], 0, null, null, { active_test: false }]);
  await system.rpc(`model.${model}.delete`, [ids, {}]);
}

function partyValues(fields: Fields): object {
  return {
    name: fields.get('name'),
    code: fields.get('code'),
    contact_mechanisms: [['create', [{ type: 'email', value: fields.get('email') }]]],
    // Country 1 of the fixture is Germany.
    addresses: [['create', [{ street: fields.get('address.street'), country: 1 }]]],
  };
}

function idTexts(ids: unknown): readonly string[] {
  return (ids as readonly number[]).map(String);
}
