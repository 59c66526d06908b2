/** How a connection stands, as somebody on call wants to hear it. */
import { hookPath } from '../api/hook-path.ts';
import { usedUpAtMs, type Quota } from '../store/connection-health.ts';
import type { ConnectionState } from '../store/control.ts';
import type { WebhookState } from '../store/webhooks.ts';
import { count, duration } from './output.ts';

const WORDS: ReadonlyMap<string, string> = new Map([
  ['reauthorise', 'needs reauthorisation'],
  ['unreachable', 'unreachable'],
  ['misconfigured', 'set up wrongly'],
]);

/** One line: working, throttled until when, or what is wrong since when. */
export function healthText(connection: ConnectionState, nowMs: number): string {
  const { state, reason, sinceMs, throttledUntilMs, throttledReason } = connection;
  const wrong = WORDS.get(state);
  if (wrong !== undefined)
    return `${wrong} since ${moment(sinceMs)}, for ${span(nowMs - sinceMs)}${because(reason)}`;
  if (state === 'new') return 'not opened yet';
  if (throttledUntilMs !== null && throttledUntilMs > nowMs)
    return `throttled until ${moment(throttledUntilMs)}, for ${span(throttledUntilMs - nowMs)} more${because(throttledReason)}`;
  return 'working';
}

/** How much of a limit is used, and when it will be used up if nothing changes. */
export function quotaText(quota: Quota, nowMs: number): string {
  const { limit, max, used } = quota;
  const share = max > 0 ? Math.round((used / max) * 100) : 100;
  const endMs = usedUpAtMs(quota);
  const forecast =
    endMs === null ? '' : `; at this pace used up in ${span(endMs - nowMs)}, at ${moment(endMs)}`;
  return `limit ${limit}: ${count(used)} of ${count(max)} used (${String(share)} %)${forecast}`;
}

/** What the webhook last told of, and what was refused since. */
export function webhookText(state: WebhookState, nowMs: number): string {
  const { workspace, connection, tellings, refusals } = state;
  const told = tellings.map(({ collection, toldMs }) => `${collection} ${span(nowMs - toldMs)} ago`);
  const last = told.length === 0 ? 'has told of nothing yet' : `last told of ${told.join(', ')}`;
  const text = `webhook at ${hookPath(workspace, connection)}: ${last}`;
  if (refusals === null) return text;
  const { count: refused, sinceMs, why } = refusals;
  return `${text}; ${count(refused)} refused since ${moment(sinceMs)}, the last one as ${why}`;
}

/** A side that cannot be read, and in how long it is tried again. */
export function unreadText(side: string, why: string, nextTryMs: number): string {
  const next = nextTryMs < 1_000 ? 'now' : `in ${duration(nextTryMs)}`;
  return `  ${side} cannot be read: ${why} (next try ${next})`;
}

function because(reason: string | null): string {
  return reason === null ? '' : ` — ${reason}`;
}

function span(ms: number): string {
  return duration(Math.max(0, ms));
}

/** To the minute, in the zone of nobody in particular. */
function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
