import { expect, inject, test } from 'vitest';

import { tryton } from '../../src/connectors/tryton/index.ts';
import { holdings } from '../size/holdings.ts';
import { accountsAt } from '../size/people.ts';
import type { Erp } from '../size/size-world.ts';
import { breachesOf, proveAtSize, sizeOf } from '../size/story.ts';
import { connectorContext } from '../support/connector-context.ts';
import { startTryton, type TrytonSystem } from './tryton.ts';

const RECORDS = sizeOf(5_000);
const TOGETHER = 200;

test(
  'accounts and contacts of Salesforce, a database and an ERP come into step and stay so, whatever goes wrong',
  async () => {
    const system = await startTryton(inject('postgresUrl'));
    try {
      const erp = await erpOf(system);
      try {
        expect(breachesOf(await proveAtSize(RECORDS, erp))).toEqual([]);
      } finally {
        await erp.session.close();
      }
    } finally {
      await system.stop();
    }
  },
  120_000 + RECORDS * 60,
);

async function erpOf(system: TrytonSystem): Promise<Erp> {
  const { url, database, user, password } = system;
  const given = accountsAt('erp', RECORDS);
  for (let start = 0; start < given.length; start += TOGETHER) {
    const parties = given.slice(start, start + TOGETHER).map(({ key, name, city }) => ({
      code: key,
      name,
      addresses: [['create', [{ city }]]],
    }));
    await system.rpc('model.party.party.create', [parties, {}]);
  }
  return {
    session: await tryton.open({ url, database, user, password }, connectorContext()),
    accounts: async () => {
      const rows = (await system.sql(
        `select party.code, party.name, address.city from party_party as party left join lateral
           (select city from party_address where party = party.id and active order by sequence, id limit 1) as address on true
          where party.active and party.code like 'A%'`,
      )) as readonly { readonly code: string; readonly name: string; readonly city: string | null }[];
      return holdings(rows.map(({ code, name, city }) => [code, name, city]));
    },
    edit: async () => {
      const some = (await system.rpc('model.party.party.search', [
        [['code', 'like', 'A%0']],
        0,
        Math.ceil(RECORDS / 100),
        null,
        {},
      ])) as readonly number[];
      for (const id of some)
        await system.rpc('model.party.party.write', [[id], { name: `Renamed ${String(id)}` }, {}]);
    },
  };
}
