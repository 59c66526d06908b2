/** Looking at what systems say of their fields, and accepting it. */
import { audit } from '../../store/audit.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { approveSchemas, lockSchemas } from '../../store/schemas.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { syncNamed } from './find.ts';

/** What somebody has seen of each side. */
export type SeenVersions = readonly { readonly side: string; readonly version: number }[];

/**
 * What the systems say now is what the mappings are made for from now on. Throws `stale` when one of them has said something
 * else since it was seen, and `conflict` when a change stops something: the mapping must follow it.
 */
export async function acceptSchemas(
  tx: Tx,
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  name: string,
  seen: SeenVersions,
): Promise<number> {
  const sync: SyncRow = await syncNamed(tx, name);
  await lockSchemas(tx, sync.syncKey);
  const known = await host.work(workspaceNo).schemas(tx, sync);
  const isAsSeen = known.every(({ side, version }) =>
    seen.some((one) => one.side === side && one.version === version),
  );
  if (!isAsSeen)
    throw new ApiProblem('stale', {
      detail: 'a system has said something else about its fields meanwhile',
      advice: 'Look at the changes again.',
    });
  const grave = known
    .flatMap(({ effects }) => effects)
    .filter(({ gravity }) => gravity !== 'harmless' && gravity !== 'attention');
  if (grave.length > 0)
    throw new ApiProblem('conflict', {
      detail: 'some of the changes stop something; the sync file must follow them',
      errors: grave.map(({ says, fix, change }) => ({
        path: (change.before ?? change.now)?.name ?? '',
        message: fix === null ? says : `${says} ${fix}`,
      })),
    });
  const schemas = await approveSchemas(tx, sync.syncKey, by);
  if (schemas > 0)
    await audit(tx, workspaceNo, { by, action: 'schemas.accepted', subject: name, detail: { schemas } });
  return schemas;
}
