/** How a connection proves who it is, and what the system allows it. */
import { z } from 'zod';

import { strict } from '../../../lib/yaml/strict.ts';
import { place, span } from './words.ts';

const address = z
  .string()
  .regex(/^https?:\/\/[^\s?#]+$/, { error: 'expected an address such as https://api.example.com/v1' });

const tokenKeys = {
  token_url: address.describe('The token endpoint. {account} is filled in.'),
  scope: z.string().optional(),
  authentication: z
    .enum(['basic', 'post', 'none'])
    .default('post')
    .describe('How client_id and client_secret are sent: as Basic authentication or in the body.'),
  parameters: z
    .record(z.string(), z.string())
    .optional()
    .describe('What the endpoint wants beside the standard.'),
  header: z.string().min(1).optional().describe('The header of the token (default Authorization).'),
  prefix: z.string().optional().describe('What stands before the token (default `Bearer `).'),
};

export const authShape = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('none') }),
  strict({
    kind: z.literal('api_key'),
    header: z.string().min(1).optional(),
    query: z.string().min(1).optional(),
    prefix: z.string().optional(),
  }).describe('The setting api_key in a header, or in a query parameter.'),
  strict({ kind: z.literal('basic') }).describe('The settings user and password.'),
  strict({ kind: z.literal('bearer') }).describe('The setting token.'),
  strict({ kind: z.literal('client_credentials'), ...tokenKeys }).describe('client_id and client_secret.'),
  strict({
    kind: z.literal('authorization_code'),
    authorization_url: address,
    localhost: z.boolean().optional().describe('The callback is registered as localhost, not 127.0.0.1.'),
    consent: z.record(z.string(), z.string()).optional().describe('Parameters of the page of consent.'),
    ...tokenKeys,
  }).describe('A person consents with `trueup connect`, or the setting refresh_token stands in.'),
  strict({
    kind: z.literal('jwt'),
    audience: z.string().min(1),
    algorithm: z.enum(['RS256', 'PS256', 'ES256']).default('RS256'),
    ...tokenKeys,
  }).describe('The settings client_id (issuer), user (subject), private_key and key_id.'),
  strict({
    kind: z.literal('oauth1'),
    method: z.enum(['HMAC-SHA256', 'HMAC-SHA1']).default('HMAC-SHA256'),
    realm: z.boolean().optional().describe('The setting account is sent as realm.'),
  }).describe('OAuth 1.0a by the settings consumer_key, consumer_secret, token_id and token_secret.'),
]);

const learnShape = strict({
  remaining: place.optional().describe('Units that are left.'),
  max: place.optional().describe('Units of a full bucket.'),
  charged: place.optional().describe('Units that this request took.'),
  resets_in: place.optional().describe('How long until the window ends, in seconds.'),
});

export const limitShape = strict({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,30}$/, { error: 'expected small letters, digits and _' }),
  units: z.number().positive(),
  per_second: z.number().positive().optional().describe('What comes back every second.'),
  window: span.optional().describe('The bucket is full again when the window is over.'),
  cost: z.number().min(0).default(1).describe('What a request takes (default 1).'),
  daily: z.boolean().optional().describe('A day’s quota: a part is kept for what is urgent.'),
  learn: learnShape.optional().describe('Where answers say how it stands.'),
}).refine(({ per_second, window }) => (per_second === undefined) !== (window === undefined), {
  error: 'say per_second or window, and not both',
});

export type AuthShape = z.infer<typeof authShape>;
export type LimitShape = z.infer<typeof limitShape>;
export const baseAddress = address;
