/** Going on with a connection that somebody has put right. */
import { connectionStates } from '../../store/control.ts';
import { wakeConnection } from '../../store/streams.ts';
import type { ApiHost } from '../host.ts';

/** Opens the connection and notes how it stands; what its failures put off is due at once when it works again. */
export async function resumed(host: ApiHost, workspaceNo: number, connection: string): Promise<void> {
  await host.work(workspaceNo).tryConnection(connection);
  await host.database.transaction(workspaceNo, async (tx) => {
    const state = (await connectionStates(tx)).find(({ name }) => name === connection);
    if (state?.state !== 'connected') return;
    await wakeConnection(tx, connection);
  });
}
