/** Takes what the webhook of a connection has told: hints for every side that is about it, and nothing else. */
import { isInTime, type Verdict } from '../connector/http/webhook/intake.ts';
import type { ToldRecord, Webhook } from '../connector/webhook.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { noteHints } from '../store/hints.ts';
import { noteTelling, takeDelivery, type WebhookPlace } from '../store/webhooks.ts';

/** Where the deliveries of one connection go. */
export interface WebhookEnd extends WebhookPlace {
  readonly webhook: Webhook;
  readonly syncs: readonly SyncRow[];
}

/**
 * In the caller's transaction, after whose commit the sender may be thanked. A delivery that was taken before, by whatever process,
 * changes nothing; one that does not come in time is not taken.
 */
export async function takeTold(
  tx: Tx,
  end: WebhookEnd,
  { atMs, names }: Extract<Verdict, { readonly kind: 'signed' }>,
  told: readonly ToldRecord[],
): Promise<'taken' | 'repeated' | 'too old'> {
  if (!isInTime(atMs, tx.nowMs)) return 'too old';
  if (!(await takeDelivery(tx, end, names))) return 'repeated';
  await noteTelling(
    tx,
    end,
    told.map(({ collection }) => collection),
  );
  for (const { syncKey, definition } of end.syncs) {
    for (const { name, connection, collection } of definition.sides) {
      if (connection !== end.connection) continue;
      const dueInMs = end.webhook.readLagMs.get(collection) ?? 0;
      const about = told.filter((record) => record.collection === collection);
      // That it is gone, too, only a look may show: what is told is no proof of it.
      const hints = about.map(({ recordId }) => ({ recordId, kind: 'changed' as const, dueInMs }));
      await noteHints(tx, syncKey, name, hints);
    }
  }
  return 'taken';
}
