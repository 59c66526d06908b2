import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createRedactor } from './redact.ts';

const secret = fc
  .string({ minLength: 8, maxLength: 40, unit: 'grapheme' })
  .filter((text) => /\S{8}/.test(text) && !'[secret]'.includes(text));
const noise = fc.string({ maxLength: 40 });

test('a known secret never comes out, in whatever encoding it went in', () => {
  const encodings: readonly ((text: string) => string)[] = [
    (text) => text,
    encodeURIComponent,
    (text) => new URLSearchParams({ q: text }).toString(),
    (text) => JSON.stringify({ note: text }),
    (text) => Buffer.from(text).toString('base64'),
    (text) => Buffer.from(text).toString('base64url'),
    (text) => Buffer.from(text).toString('hex'),
  ];
  fc.assert(
    fc.property(secret, noise, noise, fc.constantFrom(...encodings), (hidden, before, after, encode) => {
      const shown = createRedactor(() => [hidden]).text(`${before}${encode(hidden)}${after}`);
      expect(shown).not.toContain(hidden);
      expect(shown).not.toContain(encode(hidden));
    }),
    { numRuns: 500 },
  );
});

const token = fc.stringMatching(/^[a-zA-Z0-9._-]{12,40}$/);

test('an unknown secret does not come out of the places where secrets are', () => {
  const places: readonly ((text: string) => string)[] = [
    (text) => `Authorization: Bearer ${text}`,
    (text) => `authorization: Basic ${text}`,
    (text) => `Cookie: sid=${text}`,
    (text) => `Set-Cookie: ${text}; Path=/`,
    (text) => `GET /x?a=1&access_token=${text}&b=2`,
    (text) => `https://h/x?api_key=${text}`,
    (text) => JSON.stringify({ deep: [{ refresh_token: text }] }),
    (text) => JSON.stringify({ client_secret: `a "quoted" ${text}` }),
    (text) => JSON.stringify(JSON.stringify({ password: text })),
    (text) => `OAuth realm="1", oauth_token="${text}", oauth_signature="${text}"`,
    (text) => `X-Api-Key=${text}`,
  ];
  fc.assert(
    fc.property(token, fc.constantFrom(...places), (hidden, place) => {
      expect(createRedactor(() => []).text(place(hidden))).not.toContain(hidden);
    }),
    { numRuns: 500 },
  );
});

test('of requests and answers only what says nothing about anybody is shown', () => {
  const redactor = createRedactor(() => []);
  fc.assert(
    fc.property(token, (hidden) => {
      const url = new URL(`https://acme.example/contacts/${hidden}?email=${hidden}&limit=5`);
      const shown = redactor.request({
        method: 'POST',
        url,
        body: { kind: 'form', fields: { password: hidden } },
      });
      expect(shown).not.toContain(hidden);
      const headers = new Map([
        ['set-cookie', hidden],
        ['x-token', hidden],
        ['location', `https://acme.example/${hidden}`],
        ['retry-after', '5'],
      ]);
      expect(redactor.answer({ status: 429, headers })).toBe('429 (retry-after: 5)');
    }),
  );
  const url = new URL('https://acme.example/a?q=1');
  const body = { kind: 'json', value: { a: 1 } } as const;
  expect(redactor.request({ method: 'POST', url, body })).toBe('POST acme.example (query q; json, 7 bytes)');
});

test('a foreign text is one bounded line', () => {
  const shown = createRedactor(() => []).text(`first\r\nsecond\u001B[31m${'x'.repeat(1_000)}`);
  expect(shown).toHaveLength(500);
  expect(shown.startsWith('first second [31mxxx')).toBe(true);
});

test('ordinary words of an error stay readable', () => {
  const text =
    "Required fields are missing: [Name]; duplicate value found: Ext__c on record 001A. It's 5 of 10.";
  expect(createRedactor(() => ['hunter2!']).text(text)).toBe(text);
});
