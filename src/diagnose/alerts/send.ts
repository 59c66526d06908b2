/** Sends a notice to a channel. Everything over HTTP goes through the kit, and so past its guard on addresses. */
import { createTransport } from 'nodemailer';

import { ConnectorFailure, type Failure } from '../../connector/failure.ts';
import { createHttpClient } from '../../connector/http/client.ts';
import type { NetworkPolicy } from '../../connector/http/network.ts';
import type { Body } from '../../connector/http/request.ts';
import { unreachable } from '../../lib/assert.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Secret } from '../../lib/secret.ts';
import type { ChannelKind, ChannelRow } from '../../store/alerts.ts';
import { emailOf, pagerDutyEvents, slackBody, teamsBody, webhookRequest } from './formats.ts';
import type { Notice } from './notice.ts';

export interface SendContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: NetworkPolicy;
  readonly signal: AbortSignal;
}

const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
const SEND_TIMEOUT_MS = 20_000;
const SMTP_PORT = 587;
const SMTPS_PORT = 465;

/** Why a channel's settings or secret will not do; null when they will. */
export function complaintAbout(
  kind: ChannelKind,
  settings: Readonly<Record<string, string>>,
  secret: Secret | null,
): string | null {
  switch (kind) {
    case 'email': {
      const missing = ['host', 'from', 'to'].filter((name) => (settings[name] ?? '') === '');
      if (missing.length > 0) return `e-mail needs ${missing.join(' and ')}`;
      return settings['user'] !== undefined && secret === null ? 'the user needs a password' : null;
    }
    case 'slack':
    case 'teams':
      return secret !== null && isWebAddress(secret.reveal())
        ? null
        : 'the secret must be the webhook’s address';
    case 'pagerduty':
      return secret === null ? 'the secret must be the integration’s routing key' : null;
    case 'webhook':
      return isWebAddress(settings['url'] ?? '') ? null : '--url must be the address to call';
    default:
      return unreachable(kind);
  }
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

/** Null when the channel took the notice; otherwise why not. */
export async function sendNotice(
  channel: ChannelRow,
  secret: Secret | null,
  notice: Notice,
  context: SendContext,
): Promise<Failure | null> {
  const complaint = complaintAbout(channel.kind, channel.settings, secret);
  if (complaint !== null) return { kind: 'config', code: 'alerts.channel', message: complaint };
  try {
    await deliver(channel, secret, notice, context);
    return null;
  } catch (error) {
    if (error instanceof ConnectorFailure) return error.failure;
    if (channel.kind === 'email' && error instanceof Error) return smtpFailure(error);
    throw error;
  }
}

async function deliver(
  { kind, settings }: ChannelRow,
  secret: Secret | null,
  notice: Notice,
  context: SendContext,
): Promise<void> {
  const address = secret?.reveal() ?? '';
  switch (kind) {
    case 'email':
      return sendEmail(settings, secret, notice);
    case 'slack':
      return post(
        'slack',
        'Slack',
        address,
        [{ kind: 'json', value: slackBody(notice) }],
        {},
        address,
        context,
      );
    case 'teams':
      return post(
        'teams',
        'Teams',
        address,
        [{ kind: 'json', value: teamsBody(notice) }],
        {},
        address,
        context,
      );
    case 'pagerduty': {
      if (secret === null) return;
      const events = pagerDutyEvents(notice, secret).map((value): Body => ({ kind: 'json', value }));
      return post('pagerduty', 'PagerDuty', settings['url'] ?? PAGERDUTY, events, {}, address, context);
    }
    case 'webhook': {
      const { text, headers } = webhookRequest(notice, secret, context.clock.nowMs());
      const body: Body = { kind: 'text', text, contentType: 'application/json' };
      return post('webhook', 'the webhook', settings['url'] ?? '', [body], headers, address, context);
    }
    default:
      return unreachable(kind);
  }
}

async function post(
  system: string,
  title: string,
  url: string,
  bodies: readonly Body[],
  headers: Readonly<Record<string, string>>,
  secret: string,
  { clock, random, network, signal }: SendContext,
): Promise<void> {
  const client = createHttpClient({
    system,
    title,
    baseUrl: new URL(url).origin,
    connectionKey: `alerts_${system}`,
    clock,
    random,
    network,
    failures: { rules: [] },
    timeoutMs: SEND_TIMEOUT_MS,
    // The path of the address is as secret as the address.
    secrets: secret === '' ? [] : [secret, new URL(url).pathname],
  });
  try {
    for (const body of bodies) {
      await client.text({
        operation: 'alert',
        method: 'POST',
        path: url,
        headers,
        body,
        effect: 'write',
        purpose: 'person',
        signal,
      });
    }
  } finally {
    await client.close();
  }
}

/** Encrypted from the start on port 465, otherwise by STARTTLS, which is required unless `tls` is `optional`. */
async function sendEmail(
  settings: Readonly<Record<string, string>>,
  secret: Secret | null,
  notice: Notice,
): Promise<void> {
  const port = Number(settings['port'] ?? SMTP_PORT);
  const transport = createTransport({
    host: settings['host'] ?? '',
    port,
    secure: port === SMTPS_PORT,
    requireTLS: settings['tls'] !== 'optional',
    ...(secret === null ? {} : { auth: { user: settings['user'] ?? '', pass: secret.reveal() } }),
    connectionTimeout: SEND_TIMEOUT_MS,
    greetingTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const from = settings['from'] ?? '';
  try {
    await transport.sendMail({
      from,
      to: settings['to'] ?? '',
      ...emailOf(notice),
      messageId: `<${notice.id}@${
        from
          .split('@')
          .at(-1)
          ?.replaceAll(/[^\w.-]/g, '') ?? 'trueup'
      }>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Trueup-Notice': notice.id },
    });
  } finally {
    transport.close();
  }
}

/** A server that answers with 5xx means no; everything else may pass. */
function smtpFailure(error: Error): Failure {
  const code = 'responseCode' in error ? Number(error.responseCode) : 0;
  const message = `the mail server did not take the message: ${error.message.slice(0, 300)}`;
  return { kind: code >= 500 ? 'config' : 'transient', code: 'email.not_sent', message };
}
