/** The two syncs of the proof at size: accounts on all systems that there are, contacts between Salesforce and the shop. */
import type { Direction, FieldDefinition, SideDefinition, SyncDefinition } from '../../src/engine/model.ts';

/** The sides, in the order in which they win a conflict that time does not decide. */
export type SideName = 'crm' | 'shop' | 'erp';

type Natives = Readonly<Record<string, string>>;

export const ACCOUNTS: Readonly<
  Record<SideName, { readonly collection: string; readonly natives: Natives }>
> = {
  crm: {
    collection: 'Account',
    natives: { key: 'ERP_Key__c', name: 'Name', city: 'BillingCity', credit: 'Credit_Limit__c' },
  },
  shop: { collection: 'customer', natives: { key: 'key', name: 'name', city: 'city', credit: 'credit' } },
  erp: { collection: 'party.party', natives: { key: 'code', name: 'name', city: 'address.city' } },
};

const CONTACTS: Readonly<Record<'crm' | 'shop', { readonly collection: string; readonly natives: Natives }>> =
  {
    crm: {
      collection: 'Contact',
      natives: { key: 'ERP_Key__c', name: 'LastName', title: 'Title', account: 'Account.ERP_Key__c' },
    },
    shop: {
      collection: 'person',
      natives: { key: 'key', name: 'name', title: 'title', account: 'customer_key' },
    },
  };

const DECIMALS: ReadonlySet<string> = new Set(['credit']);

export function accountsOf(sides: readonly SideName[]): SyncDefinition {
  return definition(
    'accounts',
    ['key', 'name', 'city', 'credit'],
    sides.map((side) => sideOf(side, ACCOUNTS[side])),
  );
}

export function contacts(): SyncDefinition {
  return definition(
    'contacts',
    ['key', 'name', 'title', 'account'],
    [sideOf('crm', CONTACTS.crm), sideOf('shop', CONTACTS.shop)],
  );
}

function definition(
  name: string,
  fields: readonly string[],
  sides: readonly SideDefinition[],
): SyncDefinition {
  const names = sides.map((side) => side.name);
  return {
    name,
    entity: name,
    fields: fields.map((field) => fieldOf(field, names)),
    sides,
    match: [['key']],
    deletes: { mode: 'propagate', from: names, againstEdit: 'hold' },
    // Everything is edited within minutes, which is just what the guard is there to stop.
    guard: { deletesMax: 1_000_000, deletesShareMax: 1, changesShareMax: 1_000 },
  };
}

function fieldOf(name: string, sides: readonly string[]): FieldDefinition {
  return {
    name,
    type: DECIMALS.has(name) ? { kind: 'decimal', scaleMax: 2 } : { kind: 'text' },
    required: false,
    ignoreCase: false,
    policy: { owners: [], resolve: [{ kind: 'latest' }, { kind: 'priority', sides }] },
  };
}

function sideOf(
  name: SideName,
  { collection, natives }: { readonly collection: string; readonly natives: Natives },
): SideDefinition {
  return {
    name,
    connection: name,
    collection,
    fields: Object.entries(natives).map(([field, native]) => ({
      field,
      native,
      direction: 'both' satisfies Direction,
      transforms: [],
    })),
    creates: true,
    deletes: true,
    where: [],
  };
}
