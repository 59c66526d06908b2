import type { Tx } from './database.ts';

/**
 * Every side is swept from its start. What a sweep that is under way has read was read in another way: it counts no more, and who
 * runs it finds its lease lost.
 */
export async function sweepFromStart(tx: Tx, syncKey: string): Promise<void> {
  await tx.execute(
    `update streams
        set checkpoint = null, due_at = clock_timestamp(), woken_at = clock_timestamp(),
            lease_epoch = lease_epoch + 1, lease_until = '-infinity'
      where sync_key = $1 and kind = 'sweep'`,
    [syncKey],
  );
}
