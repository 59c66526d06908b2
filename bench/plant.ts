/** Fills the store as a first sync of the workbench would leave it, in seconds. */
import { must } from '../src/lib/assert.ts';
import type { Installation } from '../src/server.ts';
import { findSync } from '../src/store/control.ts';

/** The identity of customer number `n`, in SQL. */
export const identitySql = `('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;

/** Built as text, because it is stored as JSON.stringify spells it. */
const GOLDEN = `('{"email":"user' || n || '@example.com","name":"Customer Number ' || n || '","phone":"+49 30 ' || n ||
  '","city":"Berlin","credit":"' || n % 10000 || '"}')::json`;
const EDITS = `[[1,"crm",null,1700000000000,"first",["email","name","phone","city","credit"]]]`;

/** `records` customers that are linked at both sides and golden there; gives the key of the sync. */
export async function plantLinked(
  installation: Installation,
  records: number,
  recordId: (side: string) => string,
): Promise<string> {
  const sync = await installation.transaction((tx) => findSync(tx, 'customers'));
  const { syncKey } = must(sync, 'the bench has a sync');
  await installation.transaction(async (tx) => {
    await tx.execute(
      `insert into identities (sync_key, identity_id, seq, golden, edits)
       select $1, ${identitySql}, 1, ${GOLDEN}, '${EDITS}' from generate_series(1, $2::int) as n`,
      [syncKey, records],
    );
    for (const side of ['crm', 'erp'])
      await tx.execute(
        `insert into links (sync_key, side, record_id, status, identity_id, version, as_of, accounted, agreed)
         select $1, $3::text, ${recordId(side)}, 'live', ${identitySql}, '1', now(), ${GOLDEN}, '1' from generate_series(1, $2::int) as n`,
        [syncKey, records, side],
      );
    await tx.execute(
      `insert into match_keys (sync_key, match_key, identity_id)
       select $1, '0:["user' || n || '@example.com"]', ${identitySql} from generate_series(1, $2::int) as n`,
      [syncKey, records],
    );
  });
  for (const table of ['identities', 'links', 'match_keys'])
    await installation.transaction((tx) => tx.execute(`analyze ${table}`));
  return syncKey;
}
