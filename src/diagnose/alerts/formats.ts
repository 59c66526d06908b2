/** A notice as each service wants it: pure, so that the formats can be checked against what the services document. */
import { createHash, createHmac } from 'node:crypto';

import { escapedHtml } from '../../lib/html-page.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import type { AlertRow } from '../../store/alerts.ts';
import { headline, storyLines, type Notice } from './notice.ts';

/** Slack cuts a section at 3,000 characters, and Teams a message at 28 kB. */
const SLACK_SECTION_MAX = 2_900;
const TEAMS_TEXT_MAX = 20_000;
const PAGERDUTY_SUMMARY_MAX = 1_024;
const SUBJECT_MAX = 200;

/** Incoming webhook with Block Kit: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export function slackBody(notice: Notice): JsonObject {
  const text = headline(notice);
  return {
    text,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: text.slice(0, 150) } },
      {
        type: 'section',
        text: { type: 'mrkdwn', text: slackText(storyLines(notice).join('\n')).slice(0, SLACK_SECTION_MAX) },
      },
      { type: 'context', elements: [{ type: 'mrkdwn', text: `notice ${notice.id}` }] },
    ],
  };
}

/** Slack reads these three as its own marks. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An Adaptive Card for a Teams workflow: "Post to a channel when a webhook request is received". */
export function teamsBody(notice: Notice): JsonObject {
  const lines = storyLines(notice).join('\n\n').slice(0, TEAMS_TEXT_MAX);
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', size: 'Medium', weight: 'Bolder', wrap: true, text: headline(notice) },
      { type: 'TextBlock', wrap: true, text: lines },
    ],
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

/**
 * Events API v2: one event per alert, which PagerDuty tells apart by `dedup_key`, so that a recovery ends the incident that
 * the alert began.
 */
export function pagerDutyEvents(notice: Notice, routingKey: Secret): readonly JsonObject[] {
  const event = (action: 'trigger' | 'resolve', alert: AlertRow): JsonObject => ({
    routing_key: routingKey.reveal(),
    event_action: action,
    dedup_key: createHash('sha256').update(alert.key).digest('hex'),
    client: 'Trueup',
    // The field is called so by PagerDuty.
    ['payload']: {
      summary: `${alert.title} — ${alert.detail}`.slice(0, PAGERDUTY_SUMMARY_MAX),
      source: [alert.sync, alert.side].filter((part) => part !== null).join('/') || 'trueup',
      severity: alert.severity,
      timestamp: new Date(alert.sinceMs).toISOString(),
      class: alert.code,
      custom_details: { advice: alert.advice },
    },
  });
  if (notice.kind === 'digest') return [];
  return [
    ...notice.raised.map((alert) => event('trigger', alert)),
    ...notice.recovered.map((alert) => event('resolve', alert)),
  ];
}

/** Signed as Standard Webhooks says (https://www.standardwebhooks.com): `id.seconds.body`, HMAC-SHA256, base64. */
export function webhookRequest(
  notice: Notice,
  secret: Secret | null,
  nowMs: number,
): { readonly text: string; readonly headers: Readonly<Record<string, string>> } {
  const { id, kind, atMs, raised, recovered } = notice;
  const text = JSON.stringify({
    type: `trueup.alerts.${kind}`,
    timestamp: new Date(atMs).toISOString(),
    data: { headline: headline(notice), raised, recovered },
  });
  const seconds = String(Math.floor(nowMs / 1_000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': seconds };
  if (secret === null) return { text, headers };
  const key = Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${text}`).digest('base64');
  return { text, headers: { ...headers, 'webhook-signature': `v1,${signature}` } };
}

/** Plain text, and the same as HTML with nothing to load. Answers and repetitions find each other by the ids. */
export function emailOf(notice: Notice): {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
} {
  const lines = storyLines(notice);
  const escaped = lines.map(escapedHtml);
  return {
    subject: headline(notice)
      .replaceAll(/[\r\n]+/g, ' ')
      .slice(0, SUBJECT_MAX),
    text: `${lines.join('\n')}\n`,
    html: `<pre style="font: 14px/1.5 sans-serif; white-space: pre-wrap">${escaped.join('\n')}</pre>`,
  };
}
