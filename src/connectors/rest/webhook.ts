/** The webhook of a described system: what it sends, judged and read as the description says. */
import {
  bodyScheme,
  HUBSPOT_V3,
  SHOPIFY,
  SLACK,
  STANDARD,
  STRIPE,
} from '../../connector/http/webhook/schemes.ts';
import type { Delivery, SignatureScheme } from '../../connector/http/webhook/signature.ts';
import type { Given } from '../../connector/settings.ts';
import {
  WEBHOOK_SECRET,
  WEBHOOK_SECRET_BEFORE,
  type ToldRecord,
  type Webhook,
} from '../../connector/webhook.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { valueAt } from '../../lib/pointer.ts';
import { Secret } from '../../lib/secret.ts';
import { scalarText, textAt } from './answers.ts';
import type { Description } from './description/shape.ts';
import type { WebhooksShape } from './description/webhooks.ts';
import type { Place } from './description/words.ts';
import { exactJson } from './exact.ts';
import { readerOf } from './settings.ts';

/** No system has longer ids. */
const ID_CHARS_MAX = 500;

/** Where senders of a scheme always say the id of a message. */
const OWN_IDS: Readonly<Partial<Record<WebhooksShape['signature']['scheme'], Place>>> = {
  standard: { header: 'webhook-id' },
};

/** Null where the connection has no secret for it. A secret for nothing ⇒ failure `config`. */
export function webhookOf({ webhooks: shape, collections }: Description, given: Given): Webhook | null {
  const secrets = [WEBHOOK_SECRET, WEBHOOK_SECRET_BEFORE].flatMap((name) => given[name] ?? []);
  if (given[WEBHOOK_SECRET] === undefined) return null;
  if (shape === undefined)
    throw readerOf(given).wrong(WEBHOOK_SECRET, 'is given, and the description says nothing of webhooks');
  const message = shape.message ?? OWN_IDS[shape.signature.scheme];
  return {
    scheme: schemeOf(shape.signature),
    secrets: secrets.map((secret) => new Secret(secret)),
    ...(message === undefined
      ? {}
      : { idOf: (delivery) => textAt(message, delivery.headers, contentOf(delivery)) ?? undefined }),
    readLagMs: new Map(
      Object.keys(shape.collections).map((name) => [name, collections[name]?.read_lag ?? 0]),
    ),
    read: (delivery) => read(shape, delivery),
  };
}

/** The collections of which the connection is told. */
export function toldCollections({ webhooks }: Description, given: Given): ReadonlySet<string> {
  return new Set(given[WEBHOOK_SECRET] === undefined ? [] : Object.keys(webhooks?.collections ?? {}));
}

function schemeOf(signature: WebhooksShape['signature']): SignatureScheme {
  if (signature.scheme === 'body') {
    const { header, hash, encoding, prefix } = signature;
    return bodyScheme(header, hash, encoding, prefix);
  }
  return { standard: STANDARD, shopify: SHOPIFY, stripe: STRIPE, hubspot: HUBSPOT_V3, slack: SLACK }[
    signature.scheme
  ];
}

function read(shape: WebhooksShape, delivery: Delivery): readonly ToldRecord[] | null {
  const content = contentOf(delivery);
  if (content === undefined) return null;
  const events = shape.events === undefined ? [content] : valueAt(content, shape.events);
  if (events === undefined || events === null || typeof events !== 'object' || !isJsonArray(events))
    return null;
  return events.flatMap((event) => toldIn(shape, delivery, event));
}

function toldIn(
  { kind, collections }: WebhooksShape,
  { headers }: Delivery,
  event: Json,
): readonly ToldRecord[] {
  const said = kind === undefined ? null : textAt(kind, headers, event);
  return Object.entries(collections).flatMap(([collection, { kinds, id }]) => {
    if (kinds !== undefined && (said === null || !kinds.includes(said))) return [];
    const recordId = scalarText(valueAt(event, id)) ?? '';
    return isId(recordId) ? [{ collection, recordId }] : [];
  });
}

/** What no store could keep names no record. */
function isId(text: string): boolean {
  return text !== '' && text.length <= ID_CHARS_MAX && !text.includes('\0') && text.isWellFormed();
}

/** Undefined where it is no JSON. */
function contentOf({ body }: Delivery): Json | undefined {
  try {
    return exactJson(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
