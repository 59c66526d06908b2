import { createHash, createVerify, generateKeyPairSync } from 'node:crypto';

import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sendJson, startWebServer, type WebServer } from '../../../test/support/web-server.ts';
import { must } from '../../lib/assert.ts';
import { seededRandom } from '../../lib/random.ts';
import { Secret } from '../../lib/secret.ts';
import { createTransport, type Transport } from '../http/transport.ts';
import { authorise, type Authorisation } from './authorise.ts';
import { jwtBearerGrant } from './grants.ts';
import { signingKey } from './jwt.ts';

const grant = { access_token: 'a', refresh_token: 'r', token_type: 'bearer' };

function authorisation(
  server: WebServer,
  transport: Transport,
  show: (url: URL) => void,
  clock = new ManualClock(),
): Authorisation {
  return {
    endpoint: {
      url: `${server.origin}/token`,
      clientId: 'me',
      authentication: { kind: 'none' },
      transport,
      clock,
    },
    authorizationUrl: 'https://acme.example/authorize?org=1',
    scope: 'api refresh_token',
    show: (url) => show(new URL(url)),
    random: seededRandom(7),
    signal: new AbortController().signal,
  };
}

const open = (): Transport =>
  createTransport({ clock: new ManualClock(), network: { allowPlain: true, allowLoopback: true } });

async function comeBack(asked: URL, parameters: Readonly<Record<string, string>>): Promise<number> {
  const back = new URL(must(asked.searchParams.get('redirect_uri'), 'redirect'));
  for (const [name, value] of Object.entries(parameters)) back.searchParams.set(name, value);
  const response = await fetch(back);
  await response.text();
  return response.status;
}

test('only the right state counts, once, and the code is redeemed with the verifier of the challenge', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, grant));
  const transport = open();
  const statuses: Promise<readonly number[]>[] = [];
  let asked = new URL('about:blank');
  const outcome = await authorise(
    authorisation(server, transport, (url) => {
      asked = url;
      const state = must(url.searchParams.get('state'), 'state');
      statuses.push(
        (async () => [
          await comeBack(url, { code: 'stolen', state: 'guessed' }),
          await comeBack(url, { code: 'good', state }),
        ])(),
      );
    }),
  );
  await transport.close();
  expect(outcome).toMatchObject({ kind: 'granted' });
  expect(await Promise.all(statuses)).toEqual([[400, 200]]);
  const form = new URLSearchParams(server.arrived[0]?.body.toString());
  expect(form.get('code')).toBe('good');
  expect(form.get('redirect_uri')).toBe(asked.searchParams.get('redirect_uri'));
  const challenge = createHash('sha256')
    .update(must(form.get('code_verifier'), 'verifier'))
    .digest('base64url');
  expect(asked.searchParams.get('code_challenge')).toBe(challenge);
  expect(asked.searchParams.get('org')).toBe('1');
  expect(server.arrived).toHaveLength(1);
});

test('a code of another issuer is not redeemed', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, grant));
  const transport = open();
  const visits: Promise<number>[] = [];
  const outcome = await authorise(
    authorisation(server, transport, (url) => {
      const state = must(url.searchParams.get('state'), 'state');
      visits.push(comeBack(url, { code: 'good', state, iss: 'https://evil.example' }));
    }),
  );
  await Promise.all(visits);
  await transport.close();
  expect(outcome?.kind).toBe('refused');
  expect(server.arrived).toEqual([]);
});

test('a person who says no is heard, and one who never answers is not waited for', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, grant));
  const transport = open();
  const visits: Promise<number>[] = [];
  const no = await authorise(
    authorisation(server, transport, (url) => {
      const state = must(url.searchParams.get('state'), 'state');
      visits.push(comeBack(url, { error: 'access_denied', state }));
    }),
  );
  expect(no).toEqual({ kind: 'refused', why: 'consent was not given (access_denied)' });
  const clock = new ManualClock();
  const silence = await authorise(authorisation(server, transport, () => clock.advance(600_000), clock));
  expect(silence).toBeNull();
  await Promise.all(visits);
  await transport.close();
  expect(server.arrived).toEqual([]);
});

test('a bearer assertion is signed with our key and short-lived', async () => {
  await using server = await startWebServer((_, response) => sendJson(response, 200, grant));
  const transport = open();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const clock = new ManualClock({ startMs: 1_700_000_000_000 });
  const { endpoint } = authorisation(server, transport, () => undefined, clock);
  const obtain = jwtBearerGrant(
    endpoint,
    {
      issuer: 'me',
      subject: 'ada@example.com',
      audience: 'https://login',
      key: signingKey(pem, 'acme'),
      algorithm: 'RS256',
    },
    clock,
    seededRandom(1),
  );
  expect(await obtain.obtain(null)).toMatchObject({ kind: 'granted' });
  await transport.close();
  const form = new URLSearchParams(server.arrived[0]?.body.toString());
  const [header = '', claims = '', signature = ''] = must(form.get('assertion'), 'assertion').split('.');
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    iss: 'me',
    sub: 'ada@example.com',
    iat: 1_700_000_000,
    exp: 1_700_000_180,
  });
  const verify = createVerify('sha256').update(`${header}.${claims}`);
  expect(verify.verify(publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
});

test('a key that is none is refused without being quoted', () => {
  const wrong = new Secret('-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----');
  expect(() => signingKey(wrong, 'acme')).toThrow('acme.bad_private_key: The private key is not a PEM file');
});
