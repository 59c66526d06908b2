/** A person says whose a record is that waits because its keys do not. */
import { linkFound, unchanged } from '../engine/existence.ts';
import { linkAt, unansweredAt, type Bundle } from '../engine/state.ts';
import type { KnownRecord, SyncTx } from '../store/contract.ts';
import type { RecordPlace } from '../store/record-holds.ts';
import { Batch } from './batch.ts';
import { lookAgain } from './look-again.ts';
import type { SyncRuntime } from './runtime.ts';

/**
 * Links the record to what `to` stands for, and has it looked at: what it holds is merged as of any record that was found. Returns
 * the sides that now have something to deliver; a sentence where the two cannot be one.
 */
export async function linkForPerson(
  runtime: SyncRuntime,
  tx: SyncTx,
  { side, recordId }: RecordPlace,
  to: RecordPlace,
  by: string,
): Promise<ReadonlySet<string> | string> {
  await tx.lookOnceMore(side, [recordId]);
  const record = await recordAt(tx, { side, recordId });
  if (record?.status !== 'parked') return 'the record waits no longer: trueup trace tells what became of it';
  const identityId = (await recordAt(tx, to))?.identityId ?? null;
  if (identityId === null) return `${to.side} ${to.recordId} is not known here, or linked to nothing itself`;
  const bundle = (await tx.lockBundles([identityId])).get(identityId);
  const refusal = refusalOf(bundle, side, to);
  if (bundle === undefined || refusal !== null) return refusal ?? 'it no longer exists';
  const batch = new Batch(runtime, tx, { by, resolution: 'belongs' });
  batch.load(bundle);
  const linked = linkFound(bundle, side, recordId, [], tx.nowMs);
  const story = { identityId, side, recordId, kind: 'decided' };
  batch.apply(unchanged(linked), { ...story, body: { choice: 'belongs', by } });
  const wakened = await batch.store();
  await lookAgain(tx, [linked]);
  return wakened;
}

async function recordAt(tx: SyncTx, { side, recordId }: RecordPlace): Promise<KnownRecord | undefined> {
  return (await tx.recordsOf(side, [recordId])).get(recordId);
}

function refusalOf(bundle: Bundle | undefined, side: string, to: RecordPlace): string | null {
  const what = `what ${to.side} ${to.recordId} stands for`;
  if (bundle === undefined || bundle.identity.tombstone !== null) return `${what} was deleted`;
  const link = linkAt(bundle, side);
  if (link !== undefined && link.status !== 'gone')
    return `${what} has a record at ${side} already, ${link.recordId}: merge the two there`;
  if (unansweredAt(bundle, side) !== undefined)
    return `a record of ${what} is just being made at ${side}: look again when that is answered`;
  return null;
}
