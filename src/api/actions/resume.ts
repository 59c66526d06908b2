/** Going on with a connection that somebody has put right. */
import { allSyncs, connectionStates } from '../../store/control.ts';
import { wakeRefused } from '../../store/streams.ts';
import type { ApiHost } from '../host.ts';

/** Opens the connection and notes how it stands; what its refusal put off is due at once when it works again. */
export async function resumed(host: ApiHost, workspaceNo: number, connection: string): Promise<void> {
  await host.work(workspaceNo).tryConnection(connection);
  await host.database.transaction(workspaceNo, async (tx) => {
    const state = (await connectionStates(tx)).find(({ name }) => name === connection);
    if (state?.state !== 'connected') return;
    for (const { syncKey, definition } of await allSyncs(tx))
      for (const side of definition.sides)
        if (side.connection === connection) await wakeRefused(tx, syncKey, side.name);
  });
}
