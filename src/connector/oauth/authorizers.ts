import type { Secret } from '../../lib/secret.ts';
import type { Authorizer } from '../http/authorizer.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

/** Sends the source's access token as `Authorization: Bearer`, or under another header and prefix. */
export function tokenAuthorizer(
  source: TokenSource,
  {
    header = 'authorization',
    prefix = 'Bearer ',
  }: { readonly header?: string; readonly prefix?: string } = {},
): Authorizer {
  let last: AccessToken | null = null;
  return {
    headers: async (_, signal) => {
      last = await source.accessToken(signal);
      return { [header]: prefix + last.value.reveal() };
    },
    // With another token in use by now, the refused one is history.
    refused: async (headers) =>
      last === null || headers[header] !== prefix + last.value.reveal() || (await source.refused(last)),
    secrets: () => (last === null ? [] : [last.value.reveal()]),
  };
}

/** A key that never changes, in a header of its own: `X-Shopify-Access-Token`. */
export function keyAuthorizer(header: string, key: Secret, prefix = ''): Authorizer {
  return {
    headers: async () => ({ [header]: prefix + key.reveal() }),
    refused: async () => false,
    secrets: () => [key.reveal()],
  };
}

/** User name and password (RFC 7617). */
export function basicAuthorizer(user: string, password: Secret): Authorizer {
  const pair = Buffer.from(`${user}:${password.reveal()}`, 'utf8').toString('base64');
  return {
    headers: async () => ({ authorization: `Basic ${pair}` }),
    refused: async () => false,
    secrets: () => [password.reveal(), pair],
  };
}
