import { createHmac } from 'node:crypto';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { Secret } from '../../../lib/secret.ts';
import { createIntake } from './intake.ts';
import { ReplayMemory } from './replay.ts';
import { bodyScheme, HUBSPOT_V3, SHOPIFY, SLACK, STRIPE } from './schemes.ts';
import type { Delivery, SignatureScheme } from './signature.ts';

const KEY = 'shared-secret';
const NOW_MS = 1_700_000_000_000;
const BODY = '{"id":1}';

function delivery(headers: Readonly<Record<string, string>>, body = BODY): Delivery {
  const url = 'https://trueup.example/hooks/a%2Fb?x=%40me';
  return { method: 'POST', url, headers: new Map(Object.entries(headers)), body: Buffer.from(body) };
}

const sign = (text: string, encoding: 'hex' | 'base64', hash = 'sha256', key = KEY): string =>
  createHmac(hash, key).update(text).digest(encoding);

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

const clock = (offsetMs = 0): ManualClock => new ManualClock({ startMs: NOW_MS + offsetMs });
const secrets =
  (...keys: readonly string[]) =>
  (): readonly Secret[] =>
    keys.map((key) => new Secret(key));

test.each(Object.entries(SIGNED))('%s: a good signature is accepted once', (_, [scheme, good]) => {
  const judge = createIntake({ scheme, secrets: secrets(KEY), clock: clock() });
  expect([judge(good).kind, judge(good).kind]).toEqual(['accepted', 'repeated']);
});

test.each(Object.entries(SIGNED))(
  '%s: no changed byte, foreign or empty secret passes',
  (_, [scheme, good]) => {
    const judge = (keys: readonly string[], one: Delivery): string =>
      createIntake({ scheme, secrets: secrets(...keys), clock: clock() })(one).kind;
    fc.assert(
      fc.property(fc.nat(BODY.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const body = Buffer.from(good.body);
        body.writeUInt8(body.readUInt8(at) ^ flip, at);
        expect(judge([KEY], { ...good, body })).toBe('refused');
      }),
    );
    for (const keys of [['another'], [''], []]) expect(judge(keys, good)).toBe('refused');
    expect(judge(['new-secret', KEY], good)).toBe('accepted');
    expect(judge([KEY], { ...good, headers: new Map() })).toBe('refused');
  },
);

test('an empty secret accepts nothing, even what was signed with it', () => {
  const forged = delivery({ 'x-shopify-hmac-sha256': sign(BODY, 'base64', 'sha256', '') });
  const judge = createIntake({ scheme: SHOPIFY, secrets: secrets(''), clock: clock() });
  expect(judge(forged)).toEqual({ kind: 'refused', why: 'wrong signature' });
});

test.each(['stripe', 'slack', 'hubspot'])(
  '%s: what was signed more than five minutes away is too old',
  (name) => {
    const [scheme, good] = SIGNED[name] ?? [SHOPIFY, delivery({})];
    const at = (offsetMs: number): unknown =>
      createIntake({ scheme, secrets: secrets(KEY), clock: clock(offsetMs) })(good);
    expect(at(300_000)).toMatchObject({ kind: 'accepted' });
    for (const offsetMs of [300_001, -300_001])
      expect(at(offsetMs)).toEqual({ kind: 'refused', why: 'too old' });
  },
);

const idOf = ({ headers }: Delivery): string | undefined => headers.get('x-shopify-event-id');
const message = (id: string, body: string): Delivery =>
  delivery({ 'x-shopify-hmac-sha256': sign(body, 'base64'), 'x-shopify-event-id': id }, body);

test('a message is known by its id and by its content, and both can be forgotten when it could not be stored', () => {
  const judge = createIntake({ scheme: SHOPIFY, secrets: secrets(KEY), clock: clock(), idOf });
  const first = judge(message('1', 'a'));
  expect(judge(message('2', 'a')).kind).toBe('repeated');
  expect(judge(message('1', 'b')).kind).toBe('repeated');
  expect(judge(message('3', 'c')).kind).toBe('accepted');
  if (first.kind === 'accepted') first.forget();
  expect(judge(message('1', 'a')).kind).toBe('accepted');
});

test('a body that is too large is refused before it is hashed', () => {
  const judge = createIntake({ scheme: SHOPIFY, secrets: secrets(KEY), clock: clock() });
  expect(judge(delivery({}, 'x'.repeat(262_145)))).toEqual({ kind: 'refused', why: 'too large' });
});

test('the memory of ids holds what it promised, for as long, and never more than fits', () => {
  const steps = fc.array(fc.tuple(fc.nat(30), fc.nat(40)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (visits) => {
      const memory = new ReplayMemory(100, 10);
      const model: { id: string; atMs: number }[] = [];
      let nowMs = 0;
      for (const [number, passMs] of visits) {
        nowMs += passMs;
        const id = String(number);
        const known = model.filter(({ atMs }) => nowMs - atMs < 100).slice(-10);
        const isNew = known.every((one) => one.id !== id);
        expect(memory.remember(id, nowMs)).toBe(isNew);
        if (isNew) model.push({ id, atMs: nowMs });
        expect(memory.size).toBeLessThanOrEqual(10);
      }
    }),
  );
});
