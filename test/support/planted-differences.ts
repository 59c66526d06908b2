/**
 * Thirty-seven differences of all classes between two databases of customers, `user1@example.com` and on, and the store
 * that holds them for linked and in step. Half of them are known to the store, the others nobody was told of.
 */
import type { Difference, Explanation } from '../../src/engine/reconcile.ts';

export interface Ground {
  readonly crm: Ask;
  readonly erp: Ask;
  readonly store: Ask;
  readonly syncKey: string;
}

type Ask = (statement: string, values?: readonly unknown[]) => Promise<unknown>;

export interface PlantedClass {
  readonly side: string;
  readonly kind: Difference['kind'];
  readonly explanation: Explanation | null;
  readonly count: number;
}

export const PLANTED: readonly PlantedClass[] = [
  { side: 'crm', kind: 'differs', explanation: null, count: 6 },
  { side: 'crm', kind: 'extra', explanation: null, count: 5 },
  { side: 'crm', kind: 'differs', explanation: 'changedSince', count: 3 },
  { side: 'erp', kind: 'missing', explanation: null, count: 7 },
  { side: 'erp', kind: 'differs', explanation: null, count: 5 },
  { side: 'erp', kind: 'duplicate', explanation: null, count: 4 },
  { side: 'erp', kind: 'missing', explanation: 'writePending', count: 2 },
  { side: 'erp', kind: 'differs', explanation: 'writePending', count: 2 },
  { side: 'erp', kind: 'differs', explanation: 'held', count: 1 },
  { side: 'erp', kind: 'differs', explanation: 'lookPending', count: 1 },
  { side: 'erp', kind: 'missing', explanation: 'leftDeleted', count: 1 },
];

/** What no feed by `updated_at` can notice. */
const UNNOTICED = `'2001-01-01'`;
/** Nobody's trigger says that something was changed. */
const SILENTLY = `set local session_replication_role = replica`;

export async function plantDifferences({ crm, erp, store, syncKey }: Ground): Promise<void> {
  await crm(
    `begin; ${SILENTLY};
     update customer set name = 'Other', updated_at = ${UNNOTICED} where email in (${users(1, 6)});
     insert into customer (email, name, updated_at)
       select 'stranger' || n || '@example.com', 'Stranger', ${UNNOTICED} from generate_series(1, 5) as n;
     update customer set name = 'New', updated_at = clock_timestamp() + interval '1 second' where email in (${users(21, 23)});
     update customer set name = 'Golden' where email in (${users(28, 29)});
     commit`,
  );
  await erp(
    `begin; ${SILENTLY};
     update customer set credit = 77777, updated_at = ${UNNOTICED} where email in (${users(7, 11)});
     insert into customer (email, name, updated_at)
       select upper(email), 'Twin', ${UNNOTICED} from customer where email in (${users(12, 15)});
     delete from customer where email in (${users(16, 20)}, ${users(24, 27)}, ${users(32, 32)});
     update customer set name = 'Unexpected', updated_at = ${UNNOTICED} where email in (${users(30, 31)});
     commit`,
  );
  const identities = (first: number, last: number): string =>
    `(select identity_id from match_keys where sync_key = $1 and match_key = any(array[${users(first, last, (user) => `0:["${user}"]`)}]))`;
  const at = `sync_key = $1 and side = 'erp'`;
  const statements = [
    `delete from links where ${at} and identity_id in ${identities(24, 27)}`,
    openWrite('create', identities(24, 25)),
    `update identities set seq = 2, golden = jsonb_set(golden::jsonb, '{name}', '"Golden"')::json,
            edits = '[[2,"crm",null,1700000000000,"first",["email","name","phone","city","credit"]]]'
      where sync_key = $1 and identity_id in ${identities(28, 29)}`,
    openWrite('update', identities(28, 29)),
    `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at)
     select $1, gen_random_uuid(), identity_id, 'erp', 'name', 'conflict', '{}', now() from ${identities(30, 30)} as held`,
    `insert into hints (sync_key, side, record_id, kind, due_at)
     select $1, 'erp', record_id, 'changed', 'infinity' from links where ${at} and identity_id in ${identities(31, 31)}`,
    `update links set status = 'gone' where ${at} and identity_id in ${identities(32, 32)}`,
  ];
  for (const statement of statements) await store(statement, [syncKey]);
}

function openWrite(kind: string, whose: string): string {
  return `insert into writes (sync_key, identity_id, side, write_id, kind, state, planned_at, due_at)
    select $1, identity_id, 'erp', gen_random_uuid(), '${kind}', 'queued', now(), 'infinity' from ${whose} as planned`;
}

function users(first: number, last: number, spell = (user: string): string => user): string {
  return Array.from({ length: last - first + 1 }, (_, index) => `user${String(first + index)}@example.com`)
    .map((user) => `'${spell(user)}'`)
    .join(', ');
}
