import { createHmac } from 'node:crypto';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { Secret } from '../../../lib/secret.ts';
import { isInTime, judge, type Verdict } from './intake.ts';
import { bodyScheme, HUBSPOT_V3, SHOPIFY, SLACK, STANDARD, STRIPE } from './schemes.ts';
import type { Delivery, SignatureScheme } from './signature.ts';

const KEY = 'shared-secret';
const NOW_MS = 1_700_000_000_000;
const BODY = '{"id":1}';

function delivery(headers: Readonly<Record<string, string>>, body = BODY): Delivery {
  const url = 'https://trueup.example/hooks/a%2Fb?x=%40me';
  return { method: 'POST', url, headers: new Map(Object.entries(headers)), body: Buffer.from(body) };
}

const sign = (
  text: string,
  encoding: 'hex' | 'base64',
  hash = 'sha256',
  key: string | Buffer = KEY,
): string => createHmac(hash, key).update(text).digest(encoding);

const SECONDS = String(NOW_MS / 1_000);
const SIGNED: Readonly<Record<string, readonly [SignatureScheme, Delivery]>> = {
  shopify: [SHOPIFY, delivery({ 'x-shopify-hmac-sha256': sign(BODY, 'base64') })],
  github: [
    bodyScheme('X-Hub-Signature', 'sha1', 'hex', 'sha1='),
    delivery({ 'x-hub-signature': `sha1=${sign(BODY, 'hex', 'sha1')}` }),
  ],
  stripe: [
    STRIPE,
    delivery({
      'stripe-signature': `t=${SECONDS},v1=${'0'.repeat(64)},v1=${sign(`${SECONDS}.${BODY}`, 'hex')},v0=x`,
    }),
  ],
  slack: [
    SLACK,
    delivery({
      'x-slack-request-timestamp': SECONDS,
      'x-slack-signature': `v0=${sign(`v0:${SECONDS}:${BODY}`, 'hex')}`,
    }),
  ],
  standard: [
    STANDARD,
    delivery({
      'webhook-id': 'msg_1',
      'webhook-timestamp': SECONDS,
      'webhook-signature': `v1a,x v1,${sign(`msg_1.${SECONDS}.${BODY}`, 'base64', 'sha256', Buffer.from(KEY, 'base64'))}`,
    }),
  ],
  hubspot: [
    HUBSPOT_V3,
    delivery({
      'x-hubspot-request-timestamp': String(NOW_MS),
      'x-hubspot-signature-v3': sign(
        `POSThttps://trueup.example/hooks/a/b?x=@me${BODY}${String(NOW_MS)}`,
        'base64',
      ),
    }),
  ],
};

function verdictOf(scheme: SignatureScheme, one: Delivery, ...keys: readonly string[]): Verdict {
  return judge(one, { scheme, secrets: keys.map((key) => new Secret(key)) });
}

test.each(Object.entries(SIGNED))('%s: a good signature is taken, and nothing else', (_, [scheme, good]) => {
  expect(verdictOf(scheme, good, KEY).kind).toBe('signed');
  expect(verdictOf(scheme, good, 'new-secret', KEY).kind).toBe('signed');
  expect(verdictOf(scheme, { ...good, headers: new Map() }, KEY)).toEqual({
    kind: 'refused',
    why: 'not signed',
  });
  for (const keys of [['another'], [''], []])
    expect(verdictOf(scheme, good, ...keys)).toEqual({ kind: 'refused', why: 'wrong signature' });
});

test.each(Object.entries(SIGNED))('%s: no changed byte passes', (_, [scheme, good]) => {
  fc.assert(
    fc.property(fc.nat(BODY.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const body = Buffer.from(good.body);
      body.writeUInt8(body.readUInt8(at) ^ flip, at);
      expect(verdictOf(scheme, { ...good, body }, KEY).kind).toBe('refused');
    }),
  );
});

test.each([
  ['an empty secret', SHOPIFY, '', ''],
  ['a secret that is only its prefix', STANDARD, 'whsec_', ''],
])('%s accepts nothing, even what was signed with it', (_, scheme, secret, key) => {
  const headers = {
    'x-shopify-hmac-sha256': sign(BODY, 'base64', 'sha256', key),
    'webhook-id': 'm',
    'webhook-timestamp': SECONDS,
    'webhook-signature': `v1,${sign(`m.${SECONDS}.${BODY}`, 'base64', 'sha256', key)}`,
  };
  expect(verdictOf(scheme, delivery(headers), secret)).toEqual({ kind: 'refused', why: 'wrong signature' });
});

test.each(['stripe', 'slack', 'standard', 'hubspot'])('%s says when it was signed', (name) => {
  const [scheme, good] = SIGNED[name] ?? [SHOPIFY, delivery({})];
  expect(verdictOf(scheme, good, KEY)).toMatchObject({ atMs: NOW_MS });
});

test('what was signed more than five minutes away, either way, does not come in time', () => {
  expect([300_000, -300_000].map((awayMs) => isInTime(NOW_MS, NOW_MS + awayMs))).toEqual([true, true]);
  expect([300_001, -300_001].map((awayMs) => isInTime(NOW_MS, NOW_MS + awayMs))).toEqual([false, false]);
  expect(isInTime(null, NOW_MS)).toBe(true);
});

test('a time that is none is no signature', () => {
  const forged = delivery({ 'stripe-signature': `t=soon,v1=${sign(`soon.${BODY}`, 'hex')}` });
  expect(verdictOf(STRIPE, forged, KEY)).toEqual({ kind: 'refused', why: 'not signed' });
});

const idOf = ({ headers }: Delivery): string | undefined => headers.get('x-id');

/** The names by which a delivery is known again. */
function namesOf(scheme: SignatureScheme, one: Delivery): readonly string[] {
  const verdict = judge(one, { scheme, secrets: [new Secret(KEY)], idOf });
  return verdict.kind === 'signed' ? verdict.names : [];
}

test('where a time is signed a new id does not make an old message new', () => {
  const [scheme, good] = SIGNED['stripe'] ?? [SHOPIFY, delivery({})];
  const under = (id: string): readonly string[] =>
    namesOf(scheme, { ...good, headers: new Map([...good.headers, ['x-id', id]]) });
  const [one, other] = [under('1'), under('2')];
  expect(one).toHaveLength(2);
  expect(other.filter((name) => one.includes(name))).toHaveLength(1);
});

test('where no time is signed two changes told in the same words are two messages', () => {
  const told = (id: string): readonly string[] =>
    namesOf(SHOPIFY, delivery({ 'x-shopify-hmac-sha256': sign(BODY, 'base64'), 'x-id': id }));
  expect(told('1')).toEqual(told('1'));
  expect(told('2').filter((name) => told('1').includes(name))).toEqual([]);
  expect(namesOf(SHOPIFY, delivery({ 'x-shopify-hmac-sha256': sign(BODY, 'base64') }))).toEqual([]);
});
