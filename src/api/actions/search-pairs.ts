/** The search for pairs that may be one, begun from afar. */
import { suggestPairs } from '../../diagnose/suggest-pairs.ts';
import { audit } from '../../store/audit.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import type { Progress } from '../tasks.ts';

/** Links nothing: what is found waits for people to say. */
export async function searchPairs(
  { database, ids, clock }: ApiHost,
  { workspaceNo, email: by }: Principal,
  sync: SyncRow,
  tell: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { suggested, inner } = await suggestPairs(
    {
      transaction: (action) => database.transaction(workspaceNo, action),
      ids,
      clock,
      signal,
      onProgress: (read) => tell('reading', read, null),
    },
    sync,
  );
  tell(`${String(suggested + inner)} pairs found`, suggested + inner, null);
  const detail = { suggested, inner };
  await database.transaction(workspaceNo, (tx) =>
    audit(tx, workspaceNo, { by, action: 'match.searched', subject: sync.name, detail }),
  );
}
