import type { Delivery, SignatureScheme } from './signature.ts';

/** More signatures than a change of secrets needs. */
const SIGNATURES_MAX = 5;

/** The body's signature alone in a header, after an optional prefix: Shopify, GitHub (`sha256=`). Says no time. */
export function bodyScheme(
  header: string,
  hash: 'sha1' | 'sha256',
  encoding: 'hex' | 'base64',
  prefix = '',
): SignatureScheme {
  return {
    hash,
    encoding,
    read: ({ headers, body }) => {
      const value = headers.get(header.toLowerCase());
      if (value === undefined || !value.startsWith(prefix)) return null;
      return { parts: [body], signatures: [value.slice(prefix.length)], atMs: null };
    },
  };
}

/** `X-Shopify-Hmac-SHA256`. */
export const SHOPIFY: SignatureScheme = bodyScheme('x-shopify-hmac-sha256', 'sha256', 'base64');

/** `Stripe-Signature: t=<seconds>,v1=<hex>,v1=<hex>` over `<t>.<body>`. */
export const STRIPE: SignatureScheme = {
  hash: 'sha256',
  encoding: 'hex',
  read: ({ headers, body }) => {
    const pairs = (headers.get('stripe-signature') ?? '').split(',').map((pair) => pair.trim().split('='));
    const time = pairs.find(([name]) => name === 't')?.[1] ?? '';
    const signatures = pairs.flatMap(([name, value]) =>
      name === 'v1' && value !== undefined ? [value] : [],
    );
    return timed(time, 1_000, [`${time}.`, body], signatures);
  },
};

/** `X-Slack-Signature: v0=<hex>` over `v0:<seconds>:<body>`. */
export const SLACK: SignatureScheme = {
  hash: 'sha256',
  encoding: 'hex',
  read: ({ headers, body }) => {
    const time = headers.get('x-slack-request-timestamp') ?? '';
    const value = headers.get('x-slack-signature') ?? '';
    return timed(time, 1_000, [`v0:${time}:`, body], value.startsWith('v0=') ? [value.slice(3)] : []);
  },
};

/**
 * Standard Webhooks: `webhook-signature: v1,<base64> v1,<base64>` over `<id>.<seconds>.<body>`; the secret is the key in base64
 * after `whsec_` (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 */
export const STANDARD: SignatureScheme = {
  hash: 'sha256',
  encoding: 'base64',
  keyOf: (secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'),
  read: ({ headers, body }) => {
    const id = headers.get('webhook-id') ?? '';
    const time = headers.get('webhook-timestamp') ?? '';
    const signatures = (headers.get('webhook-signature') ?? '')
      .split(' ')
      .flatMap((signature) => (signature.startsWith('v1,') ? [signature.slice(3)] : []));
    return id === '' ? null : timed(time, 1_000, [`${id}.${time}.`, body], signatures);
  },
};

/** `X-HubSpot-Signature-v3: <base64>` over method, decoded address, body and milliseconds. */
export const HUBSPOT_V3: SignatureScheme = {
  hash: 'sha256',
  encoding: 'base64',
  read: ({ method, url, headers, body }) => {
    const time = headers.get('x-hubspot-request-timestamp') ?? '';
    const signature = headers.get('x-hubspot-signature-v3');
    return timed(time, 1, [method + hubspotUrl(url), body, time], signature === undefined ? [] : [signature]);
  },
};

function timed(
  time: string,
  unitMs: number,
  parts: readonly (string | Delivery['body'])[],
  signatures: readonly string[],
): ReturnType<SignatureScheme['read']> {
  if (!/^\d{1,16}$/.test(time) || signatures.length === 0) return null;
  return { parts, signatures: signatures.slice(0, SIGNATURES_MAX), atMs: Number(time) * unitMs };
}

/** HubSpot signs the address with these characters decoded and no others. */
function hubspotUrl(url: string): string {
  return url.replaceAll(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (escape) => decodeURIComponent(escape));
}
