/** How a system tells of changes by itself: how it signs what it sends, and where in it the records are named. */
import { z } from 'zod';

import type { Findings } from '../../../lib/yaml/findings.ts';
import { strict } from '../../../lib/yaml/strict.ts';
import { suggest } from '../../../lib/yaml/suggest.ts';
import { place, pointer } from './words.ts';

const signatureShape = z.discriminatedUnion('scheme', [
  strict({ scheme: z.literal('standard') }).describe('Standard Webhooks: webhook-signature.'),
  strict({ scheme: z.literal('shopify') }).describe('X-Shopify-Hmac-SHA256.'),
  strict({ scheme: z.literal('stripe') }).describe('Stripe-Signature.'),
  strict({ scheme: z.literal('hubspot') }).describe('X-HubSpot-Signature-v3.'),
  strict({ scheme: z.literal('slack') }).describe('X-Slack-Signature.'),
  strict({
    scheme: z.literal('body'),
    header: z.string().min(1),
    hash: z.enum(['sha256', 'sha1']).default('sha256'),
    encoding: z.enum(['hex', 'base64']).default('hex'),
    prefix: z.string().optional().describe('What stands before the signature, such as sha256=.'),
  }).describe('HMAC over the bytes of the body alone, in a header of that name.'),
]);

const tellsShape = strict({
  kinds: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('What `kind` says when it is about these records.'),
  id: pointer.describe('Where in an event the id of the record stands, as `get` takes it.'),
});

export const webhooksShape = strict({
  signature: signatureShape.describe('The setting webhook_secret is its key.'),
  message: place
    .optional()
    .describe(
      'The sender’s id of a delivery, the same on every try: {header: NAME}, or a pointer into the body (standard: webhook-id).',
    ),
  events: pointer.optional().describe('Where the list of events stands, where one delivery holds several.'),
  kind: place
    .optional()
    .describe('What an event is about: a pointer into the event, or {header: NAME} of the delivery.'),
  collections: z.record(z.string().min(1), tellsShape),
});

export type WebhooksShape = z.infer<typeof webhooksShape>;

const at = (...steps: readonly string[]): readonly string[] => ['webhooks', 'collections', ...steps];

/** That every record it tells of can be told to be of one collection, and that there is such a collection. */
export function checkWebhooks(
  { kind, collections }: WebhooksShape,
  known: readonly string[],
  findings: Findings,
): void {
  const told = Object.entries(collections);
  if (told.length === 0)
    findings.atKey(at(), 'nothing says of which records it tells', 'Say {COLLECTION: {id: POINTER}}.');
  for (const [name, { kinds }] of told) {
    if (!known.includes(name))
      findings.atKey(at(name), `there is no collection \`${name}\``, suggest(name, known));
    if (kinds !== undefined && kind === undefined)
      findings.atKey(
        at(name, 'kinds'),
        'nothing says where the kind of an event stands',
        'Say kind beside collections.',
      );
    if (kinds === undefined && told.length > 1)
      findings.atKey(at(name), 'nothing says which events are about these records', 'Say kinds: [KIND, …].');
  }
}
