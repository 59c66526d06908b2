/** How a connection to a described system proves who it is. */
import type { ConnectorContext } from '../../connector/contract.ts';
import type { Authorizer } from '../../connector/http/authorizer.ts';
import { createTransport, type Transport } from '../../connector/http/transport.ts';
import { basicAuthorizer, keyAuthorizer, tokenAuthorizer } from '../../connector/oauth/authorizers.ts';
import { boundTokens } from '../../connector/oauth/bound-tokens.ts';
import type { Consent } from '../../connector/oauth/consent.ts';
import { createTokenSource } from '../../connector/oauth/create-token-source.ts';
import {
  clientCredentialsGrant,
  jwtBearerGrant,
  refreshGrant,
  type Obtain,
} from '../../connector/oauth/grants.ts';
import { signingKey } from '../../connector/oauth/jwt.ts';
import { oauth1Authorizer } from '../../connector/oauth/oauth1.ts';
import type { ClientAuthentication, TokenEndpoint } from '../../connector/oauth/token-endpoint.ts';
import { required, type Reader } from '../../connector/settings.ts';
import { Secret } from '../../lib/secret.ts';
import type { AuthShape } from './description/auth.ts';
import { addressIn, secretOf } from './settings.ts';

type TokenAuth = Extract<AuthShape, { readonly token_url: string }>;

export interface Account {
  readonly authorizer: Authorizer | null;
  /** Parameters that carry the credential. */
  readonly query: Readonly<Record<string, string>>;
  /** What else must not show in messages. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Dials nothing yet. A setting that the kind of authentication needs and is missing ⇒ failure `config`. */
export function accountOf(
  auth: AuthShape,
  reader: Reader,
  context: ConnectorContext,
  { title, baseUrl }: { readonly title: string; readonly baseUrl: string },
): Account {
  switch (auth.kind) {
    case 'none':
      return plain(null);
    case 'bearer':
      return plain(keyAuthorizer('authorization', secretOf(reader, 'token'), 'Bearer '));
    case 'basic':
      return plain(basicAuthorizer(required(reader, 'user'), new Secret(reader.given['password'] ?? '')));
    case 'oauth1':
      return plain(oauth1Authorizer(oauth1Of(auth, reader), context.clock, context.random));
    case 'api_key': {
      const key = secretOf(reader, 'api_key');
      if (auth.header !== undefined) return plain(keyAuthorizer(auth.header.toLowerCase(), key, auth.prefix));
      return { ...plain(null), query: { [auth.query ?? 'key']: key.reveal() }, secrets: [key.reveal()] };
    }
    case 'client_credentials':
    case 'authorization_code':
    case 'jwt': {
      const { clock, network } = context;
      const transport = createTransport({ clock, network });
      return {
        ...plain(tokens(auth, reader, context, { title, baseUrl, transport })),
        close: () => transport.close(),
      };
    }
  }
}

function plain(authorizer: Authorizer | null): Account {
  return { authorizer, query: {}, secrets: [], close: async () => undefined };
}

function tokens(
  auth: TokenAuth,
  reader: Reader,
  context: ConnectorContext,
  place: { readonly title: string; readonly baseUrl: string; readonly transport: Transport },
): Authorizer {
  const first = auth.kind === 'authorization_code' ? (reader.given['refresh_token'] ?? '') : '';
  const source = createTokenSource({
    system: 'rest',
    title: place.title,
    obtain: obtainOf(auth, reader, context, place.transport),
    store: boundTokens(
      context.tokens,
      boundTo(auth, reader, place.baseUrl),
      first === '' ? null : new Secret(first),
    ),
    clock: context.clock,
  });
  return tokenAuthorizer(source, {
    ...(auth.header === undefined ? {} : { header: auth.header.toLowerCase() }),
    ...(auth.prefix === undefined ? {} : { prefix: auth.prefix }),
  });
}

function obtainOf(auth: TokenAuth, reader: Reader, context: ConnectorContext, transport: Transport): Obtain {
  const { clock, random } = context;
  const clientId = required(reader, 'client_id');
  const endpoint: TokenEndpoint = {
    url: addressIn(reader, auth.token_url),
    clientId,
    authentication: authenticationOf(auth, reader),
    transport,
    clock,
  };
  const parameters = { ...auth.parameters, ...(auth.scope === undefined ? {} : { scope: auth.scope }) };
  switch (auth.kind) {
    case 'client_credentials':
      return clientCredentialsGrant(endpoint, parameters);
    case 'authorization_code':
      // The scope was granted once; asked for again, some endpoints refuse it.
      return refreshGrant(endpoint, auth.parameters);
    case 'jwt': {
      const keyId = reader.given['key_id'];
      const assertion = {
        issuer: clientId,
        subject: reader.given['user'] ?? clientId,
        audience: addressIn(reader, auth.audience),
        key: signingKey(secretOf(reader, 'private_key'), 'rest'),
        algorithm: auth.algorithm,
        ...(keyId === undefined ? {} : { keyId }),
        ...(auth.scope === undefined ? {} : { scope: auth.scope }),
      };
      return jwtBearerGrant(endpoint, assertion, clock, random);
    }
  }
}

function authenticationOf({ kind, authentication }: TokenAuth, reader: Reader): ClientAuthentication {
  const isPublic =
    authentication === 'none' || (kind === 'jwt' && reader.given['client_secret'] === undefined);
  return isPublic
    ? { kind: 'none' }
    : { kind: authentication, clientSecret: secretOf(reader, 'client_secret') };
}

/** Another address, client or person, and the stored tokens are not for it. */
function boundTo(auth: TokenAuth, { given }: Reader, baseUrl: string): readonly string[] {
  const own = [given['client_id'], given['account'], given['user'], auth.scope].map((part) => part ?? '');
  return [auth.kind, auth.token_url, baseUrl, ...own];
}

/** What a person is asked for; null where the settings are enough. */
export function consentIn(auth: AuthShape, reader: Reader, baseUrl: string): Consent | null {
  if (auth.kind !== 'authorization_code' || (reader.given['refresh_token'] ?? '') !== '') return null;
  return {
    authorizationUrl: addressIn(reader, auth.authorization_url),
    tokenUrl: addressIn(reader, auth.token_url),
    clientId: required(reader, 'client_id'),
    authentication: authenticationOf(auth, reader),
    boundTo: boundTo(auth, reader, baseUrl),
    ...(auth.scope === undefined ? {} : { scope: auth.scope }),
    ...(auth.consent === undefined ? {} : { parameters: auth.consent }),
    ...(auth.localhost === true ? { callbackHost: 'localhost' } : {}),
  };
}

function oauth1Of(
  { method, realm }: Extract<AuthShape, { readonly kind: 'oauth1' }>,
  reader: Reader,
): Parameters<typeof oauth1Authorizer>[0] {
  return {
    consumerKey: required(reader, 'consumer_key'),
    consumerSecret: secretOf(reader, 'consumer_secret'),
    token: required(reader, 'token_id'),
    tokenSecret: secretOf(reader, 'token_secret'),
    method,
    ...(realm === true ? { realm: required(reader, 'account') } : {}),
  };
}
