import { createHmac } from 'node:crypto';

/** A request as a system sends it. */
export interface SentDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signed as Standard Webhooks says; `secret` is the key in base64. */
export function signedDelivery(
  body: string,
  { id, atMs, secret }: { readonly id: string; readonly atMs: number; readonly secret: string },
): SentDelivery {
  const seconds = String(Math.floor(atMs / 1_000));
  const signature = createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(`${id}.${seconds}.${body}`)
    .digest('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1,${signature}`,
    },
  };
}
