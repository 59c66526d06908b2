/** Sides that show no records at all, and a person's word that one was emptied on purpose. */
import { audit } from '../../store/audit.ts';
import { allSyncs, type SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { syncTransaction } from '../../store/sync-transaction.ts';
import { emptiedSides } from '../../worker/emptied.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { syncNamed } from './find.ts';

export async function allEmptied(
  { ids }: Pick<ApiHost, 'ids'>,
  tx: Tx,
): Promise<readonly { readonly sync: string; readonly side: string }[]> {
  const found: { readonly sync: string; readonly side: string }[] = [];
  for (const sync of await allSyncs(tx))
    for (const side of await emptiedSides(syncTransaction(tx, sync, ids), sideNames(sync)))
      found.push({ sync: sync.name, side });
  return found;
}

/** What is missing there counts as deleted then; the deletes that this means elsewhere wait at the guard. Throws `conflict` when it is not so. */
export async function sayEmptied(
  { ids }: Pick<ApiHost, 'ids'>,
  tx: Tx,
  { workspaceNo, email: by }: Principal,
  name: string,
  side: string,
): Promise<void> {
  const sync = await syncNamed(tx, name);
  const syncTx = syncTransaction(tx, sync, ids);
  if (!(await emptiedSides(syncTx, sideNames(sync))).includes(side))
    throw new ApiProblem('conflict', {
      detail: `no sweep has found ${side} emptied`,
      advice: 'Look again: it shows records by now, or it has not been read since.',
    });
  await syncTx.sayEmptied(side);
  await audit(tx, workspaceNo, { by, action: 'side.emptied', subject: side, detail: { sync: name } });
}

function sideNames({ definition }: SyncRow): readonly string[] {
  return definition.sides.map(({ name }) => name);
}
