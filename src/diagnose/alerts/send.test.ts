import { createHmac } from 'node:crypto';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { startMailServer } from '../../../test/support/mail-server.ts';
import { sendJson, startWebServer } from '../../../test/support/web-server.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemRandom } from '../../lib/random.ts';
import { Secret } from '../../lib/secret.ts';
import type { AlertRow, ChannelKind, ChannelRow } from '../../store/alerts.ts';
import type { Notice } from './notice.ts';
import { sendNotice, type SendContext } from './send.ts';

const HERE: SendContext = {
  clock: systemClock,
  random: systemRandom,
  network: { allowLoopback: true, allowPlain: true },
  signal: new AbortController().signal,
};

function alert(change: Partial<AlertRow> = {}): AlertRow {
  return {
    key: 'problem 1 abc',
    state: 'raised',
    severity: 'critical',
    code: 'salesforce.invalid_session_id',
    sync: 'customers',
    side: 'crm',
    connection: null,
    title: 'Nothing goes to crm: the session <has> ended & so on',
    detail: 'Salesforce: INVALID_SESSION_ID',
    advice: 'Run: trueup connect crm',
    sinceMs: Date.UTC(2026, 4, 2, 7, 0, 0),
    raisedMs: Date.UTC(2026, 4, 2, 7, 1, 0),
    recoveredMs: null,
    records: null,
    ...change,
  };
}

const NOTICE: Notice = {
  kind: 'change',
  id: '0198c2aa-0000-7000-8000-000000000001',
  atMs: Date.UTC(2026, 4, 2, 7, 5, 0),
  raised: [alert(), alert({ key: 'other', severity: 'warning', title: 'A second thing' })],
  recovered: [alert({ key: 'gone', state: 'recovered', title: 'A third thing' })],
};

function channel(kind: ChannelKind, settings: Readonly<Record<string, string>> = {}): ChannelRow {
  return { name: 'ops', kind, settings, severity: 'warning', digest: true };
}

/** https://docs.slack.dev/reference/block-kit/blocks: limits of the blocks that we use. */
const SLACK = z.strictObject({
  text: z.string().min(1),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150) }),
        }),
        z.strictObject({
          type: z.literal('section'),
          text: z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000) }),
        }),
        z.strictObject({
          type: z.literal('context'),
          elements: z
            .array(z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1) }))
            .min(1)
            .max(10),
        }),
      ]),
    )
    .max(50),
});

/** https://learn.microsoft.com/connectors/teams: a message with one Adaptive Card. */
const TEAMS = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: z.literal('AdaptiveCard'),
        version: z.enum(['1.2', '1.3', '1.4']),
        body: z.array(
          z.looseObject({ type: z.literal('TextBlock'), text: z.string().min(1), wrap: z.literal(true) }),
        ),
      }),
    }),
  ]),
});

/** https://developer.pagerduty.com/docs/send-alert-event */
const PAGERDUTY = z.strictObject({
  routing_key: z.literal('0123456789abcdef0123456789abcdef'),
  event_action: z.enum(['trigger', 'resolve']),
  dedup_key: z.string().min(1).max(255),
  client: z.string(),
  payload: z.strictObject({
    summary: z.string().min(1).max(1_024),
    source: z.string().min(1),
    severity: z.enum(['critical', 'error', 'warning', 'info']),
    timestamp: z.iso.datetime(),
    class: z.string(),
    custom_details: z.record(z.string(), z.string()),
  }),
});

test('a mail server gets one message with everything in it, which says its id', async () => {
  await using server = await startMailServer({ password: 'pw' });
  const settings = {
    host: '127.0.0.1',
    port: String(server.port),
    from: 'trueup@ops.example',
    to: 'ann@ops.example, bob@ops.example',
    user: 'trueup',
    tls: 'optional',
  };
  expect(await sendNotice(channel('email', settings), new Secret('pw'), NOTICE, HERE)).toBeNull();
  expect(server.mails).toHaveLength(1);
  const [mail] = server.mails;
  expect(mail).toMatchObject({ from: 'trueup@ops.example', to: ['ann@ops.example', 'bob@ops.example'] });
  expect(mail?.source).toMatch(/^Subject: Trueup: customers\/crm: Nothing goes to crm/m);
  expect(mail?.source).toContain(`Message-ID: <${NOTICE.id}@ops.example>`);
  expect(mail?.source).toContain('Auto-Submitted: auto-generated');
  expect(mail?.source).toMatch(/What to do: Run: trueup connect crm/);
  expect(mail?.source).toMatch(/RECOVERED customers\/crm: A third thing/);
  expect(mail?.source).toMatch(/&lt;has&gt;/);
});

test('a mail server that refuses is told as what it says, and one that asks for no encryption is not trusted by default', async () => {
  await using server = await startMailServer({ refuse: 'ann@ops.example' });
  const settings = {
    host: '127.0.0.1',
    port: String(server.port),
    from: 'trueup@ops.example',
    to: 'ann@ops.example',
  };
  const plain = await sendNotice(channel('email', settings), null, NOTICE, HERE);
  expect(plain).toMatchObject({ code: 'email.not_sent' });
  expect(plain?.message).toMatch(/STARTTLS/i);
  const refused = await sendNotice(channel('email', { ...settings, tls: 'optional' }), null, NOTICE, HERE);
  expect(refused).toMatchObject({ kind: 'config' });
  expect(refused?.message).toMatch(/no such mailbox/);
  expect(server.mails).toEqual([]);
});

test('Slack and Teams get one message each, in the format that they document', async () => {
  await using server = await startWebServer((_request, response) => {
    response.end('ok');
  });
  const secret = new Secret(`${server.origin}/services/T0/B0/s3cret?x=1`);
  expect(await sendNotice(channel('slack'), secret, NOTICE, HERE)).toBeNull();
  expect(await sendNotice(channel('teams'), secret, NOTICE, HERE)).toBeNull();
  const [slack, teams] = server.arrived;
  expect(slack).toMatchObject({ method: 'POST', url: '/services/T0/B0/s3cret?x=1' });
  const said = SLACK.parse(JSON.parse(slack?.body.toString() ?? ''));
  expect(JSON.stringify(said)).toContain('&lt;has&gt; ended &amp; so on');
  const card = TEAMS.parse(JSON.parse(teams?.body.toString() ?? ''));
  expect(JSON.stringify(card)).toContain('A second thing');
});

test('PagerDuty gets an event for each alert, and the recovery names the incident that the alert began', async () => {
  await using server = await startWebServer((_request, response) => {
    sendJson(response, 202, { status: 'success', message: 'Event processed', dedup_key: 'x' });
  });
  const key = new Secret('0123456789abcdef0123456789abcdef');
  const pager = channel('pagerduty', { url: `${server.origin}/v2/enqueue` });
  expect(await sendNotice(pager, key, NOTICE, HERE)).toBeNull();
  const recovered = { ...NOTICE, raised: [], recovered: [alert()] };
  expect(await sendNotice(pager, key, recovered, HERE)).toBeNull();
  const events = server.arrived.map(({ body }) => PAGERDUTY.parse(JSON.parse(body.toString())));
  expect(events.map((event) => event.event_action)).toEqual(['trigger', 'trigger', 'resolve', 'resolve']);
  expect(events[3]?.dedup_key).toBe(events[0]?.dedup_key);
  expect(new Set(events.map((event) => event.dedup_key)).size).toBe(3);
});

test('a webhook is signed so that its receiver can tell who sent it', async () => {
  await using server = await startWebServer((_request, response) => {
    response.writeHead(204).end();
  });
  const key = Buffer.from('a key of thirty-two bytes exactly');
  const hook = channel('webhook', { url: `${server.origin}/hook` });
  expect(await sendNotice(hook, new Secret(`whsec_${key.toString('base64')}`), NOTICE, HERE)).toBeNull();
  const [request] = server.arrived;
  const id = String(request?.headers['webhook-id']);
  const seconds = String(request?.headers['webhook-timestamp']);
  const signed = createHmac('sha256', key).update(`${id}.${seconds}.${request?.body.toString() ?? ''}`);
  expect(id).toBe(NOTICE.id);
  expect(request?.headers['webhook-signature']).toBe(`v1,${signed.digest('base64')}`);
  expect(JSON.parse(request?.body.toString() ?? '')).toMatchObject({ type: 'trueup.alerts.change' });
});

test('an address that connections may not reach is not called, and no message repeats the secret', async () => {
  await using server = await startWebServer((_request, response) => {
    sendJson(response, 404, { error: 'no_service' });
  });
  const secret = new Secret(`${server.origin}/services/T0/B0/s3cret`);
  const walled = await sendNotice(channel('slack'), secret, NOTICE, { ...HERE, network: {} });
  expect(walled).toMatchObject({ code: 'slack.forbidden_address' });
  expect(server.arrived).toEqual([]);
  const refused = await sendNotice(channel('slack'), secret, NOTICE, HERE);
  expect(refused).not.toBeNull();
  expect(JSON.stringify([walled, refused])).not.toMatch(/s3cret/);
});

test('settings that will not do are named', async () => {
  expect(await sendNotice(channel('email', { host: 'h' }), null, NOTICE, HERE)).toMatchObject({
    message: 'e-mail needs from and to',
  });
  expect(await sendNotice(channel('slack'), new Secret('xoxb-no-address'), NOTICE, HERE)).toMatchObject({
    kind: 'config',
  });
});
