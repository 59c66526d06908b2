/** A certified OpenID provider that others wrote, on loopback, where one person signs in without being asked. */
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider, type Adapter, type AdapterPayload } from 'oidc-provider';

import type { JsonObject } from '../../src/lib/json.ts';

export const CLIENT = { id: 'trueup', secret: 'canary-client-secret-0123456789' };
const COOKIE_KEY = 'a key for the cookies of a test';
const HOPS_MAX = 12;

/** What an answer of the token endpoint becomes on its way, where a test plays somebody in between. */
export type Meddling = (answer: JsonObject) => JsonObject;

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Who signs in from now on, with the claims the provider tells of them. */
  person: { subject: string; claims: JsonObject };
  meddling: Meddling | null;
  /** Signs claims as the provider would. */
  signed(claims: JsonObject, header?: JsonObject): string;
  /** What a browser does: goes there, signs in, and stops at the address that leads back. */
  visit(url: string): Promise<URL>;
}

/** Disposed of, it closes every socket. */
export async function startProvider(redirectUris: readonly string[]): Promise<TestProvider> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const found: TestProvider = {
    issuer,
    person: { subject: 'somebody', claims: {} },
    meddling: null,
    signed: (claims, header = { alg: 'RS256', kid: 'test' }) => token(header, claims, privateKey),
    visit: (url) => visit(url, new URL(redirectUris[0] ?? '').origin),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  const provider = new Provider(issuer, configuration(found, privateKey, redirectUris));
  provider.use(async (context, next) => {
    const [, uid] = /^\/interaction\/([^/]+)$/.exec(context.path) ?? [];
    if (uid !== undefined) {
      await provider.interactionFinished(context.req, context.res, {
        login: { accountId: found.person.subject },
      });
      context.respond = false;
      return;
    }
    await next();
    if (context.path === '/token' && found.meddling !== null && context.status === 200)
      context.body = found.meddling(context.body as JsonObject);
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return found;
}

function configuration(
  found: TestProvider,
  privateKey: KeyObject,
  redirectUris: readonly string[],
): ConstructorParameters<typeof Provider>[1] {
  const stored = new Map<string, AdapterPayload>();
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' };
  return {
    adapter: (model) => adapterOver(stored, model),
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [key] },
    cookies: { keys: [COOKIE_KEY] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    ttl: { Session: 60, Interaction: 60, Grant: 60, AccessToken: 60, IdToken: 60 },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ ...found.person.claims, sub: accountId }),
    }),
    // Consent is given to whatever is asked for.
    loadExistingGrant: async (context) => {
      const { client, session, provider } = context.oidc;
      const grant = new provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
}

/** What the provider keeps, in memory and without telling that it is. */
function adapterOver(stored: Map<string, AdapterPayload>, model: string): Adapter {
  const key = (id: string): string => `${model} ${id}`;
  const among = async (is: (row: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> =>
    [...stored].find(([name, row]) => name.startsWith(key('')) && is(row))?.[1];
  return {
    upsert: async (id, row) => void stored.set(key(id), row),
    find: async (id) => stored.get(key(id)),
    findByUid: (uid) => among((row) => row.uid === uid),
    findByUserCode: (code) => among((row) => row.userCode === code),
    consume: async (id) => {
      const row = stored.get(key(id));
      if (row !== undefined) stored.set(key(id), { ...row, consumed: true });
    },
    destroy: async (id) => void stored.delete(key(id)),
    revokeByGrantId: async (grantId) => {
      for (const [name, row] of stored) if (row.grantId === grantId) stored.delete(name);
    },
  };
}

const part = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(header: JsonObject, claims: JsonObject, key: KeyObject): string {
  const text = `${part(header)}.${part(claims)}`;
  if (header['alg'] === 'none') return `${text}.`;
  const pem = createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' }));
  return `${text}.${sign('sha256', Buffer.from(text), pem).toString('base64url')}`;
}

async function visit(start: string, backTo: string): Promise<URL> {
  const jar = new Map<string, string>();
  let url = new URL(start);
  for (let hop = 0; hop < HOPS_MAX; hop += 1) {
    if (url.origin === backTo) return url;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    await answer.body?.cancel();
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const next = answer.headers.get('location');
    if (next === null) throw new Error(`the provider stopped at ${url.pathname}: ${String(answer.status)}`);
    url = new URL(next, url);
  }
  throw new Error('the provider leads in circles');
}
