/** What the changes of which no webhook told say of the webhook. Pure: the same signs, the same conditions. */
import { counted } from '../../lib/counted.ts';
import type { WebhookVitals } from '../../store/webhooks.ts';
import type { Condition } from './condition.ts';
import { condition, naming, THRESHOLDS, type Watched } from './watchdogs.ts';

/** Senders try again for longer than a hiccup lasts: a telling may come so many times as late. */
const LATE_GRACES = 5;

/** `graceMs`: how long a hiccup may last before it is told. */
export function watchWebhooks(
  sync: Watched,
  vitals: readonly WebhookVitals[],
  nowMs: number,
  graceMs: number,
): readonly Condition[] {
  if (sync.mode === 'paused') return [];
  return vitals.flatMap((one) => {
    const { side, refusals } = one;
    const untold = one.unhinted.filter(({ atMs }) => atMs <= nowMs - LATE_GRACES * graceMs);
    const [first] = untold;
    // Anybody can send what is refused: only together with a change that was not told of is it a sign.
    const isEnough = untold.length >= (refusals === null ? THRESHOLDS.untoldRecordsMin : 1);
    if (first === undefined || !isEnough) return [];
    const code = refusals === null ? 'watch.silent_webhook' : 'watch.refused_webhook';
    const detail = [found(one, untold.length), refused(one)].filter((words) => words !== '').join('; ');
    return [naming(condition(sync, side, code, 'warning', first.atMs, detail), untold)];
  });
}

function found({ side, connection, toldMs }: WebhookVitals, count: number): string {
  const last = toldMs === null ? 'it has never told of any' : `it last told of one at ${moment(toldMs)}`;
  return `reading found ${counted(count, `record of ${side}`, `records of ${side}`)} changed of which the webhook of ${connection} had not told; ${last}`;
}

function refused({ refusals }: WebhookVitals): string {
  if (refusals === null) return '';
  const { count, sinceMs, why } = refusals;
  return `since ${moment(sinceMs)} ${counted(count, 'delivery was', 'deliveries were')} refused, the last one as ${why}`;
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
