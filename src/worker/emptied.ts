/** A side that shows no records at all: a broken read or a disaster, unless somebody says that it was emptied on purpose. */
import { ConnectorFailure } from '../connector/failure.ts';
import type { SyncTx } from '../store/contract.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

/** The code of the failure under which such a side waits. */
export const SIDE_EMPTIED = 'trueup.side_emptied';

/** Somebody's word is about the side as it is now: what is absent later is a question of its own. */
const SAID_COUNTS_MS = 60 * 60_000;

export async function isSaidEmptied(tx: SyncTx, side: string): Promise<boolean> {
  const saidAtMs = await tx.emptiedAtMs(side);
  return saidAtMs !== null && tx.nowMs - saidAtMs < SAID_COUNTS_MS;
}

/** The sides that wait because their last sweep met no record. */
export async function emptiedSides(tx: SyncTx, sides: readonly string[]): Promise<readonly string[]> {
  const emptied: string[] = [];
  for (const side of sides)
    if ((await tx.streamFailure(side, 'sweep'))?.code === SIDE_EMPTIED) emptied.push(side);
  return emptied;
}

/** Throws where nothing may be concluded from a sweep that met no record. */
export async function refuseEmptied(runtime: SyncRuntime, side: SideRuntime): Promise<void> {
  const { name, collection } = side.model;
  const known = await runtime.transaction(async (tx) =>
    (await isSaidEmptied(tx, name)) ? 0 : tx.countRecords(name),
  );
  if (known === 0) return;
  throw new ConnectorFailure({
    kind: 'config',
    code: SIDE_EMPTIED,
    message: `${collection} shows no records at all, but ${String(known)} are known there`,
    advice: `Check the collection, the filter and the rights of the connection. Nothing is concluded from an empty side; if it was emptied on purpose, say so: trueup holds emptied ${name}`,
  });
}
