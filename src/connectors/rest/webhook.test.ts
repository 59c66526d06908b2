import { expect, test } from 'vitest';

import { CURSORS, WEBHOOKS } from '../../../test/support/rest-descriptions.ts';
import type { Delivery } from '../../connector/http/webhook/signature.ts';
import type { ToldRecord, Webhook } from '../../connector/webhook.ts';
import { must } from '../../lib/assert.ts';
import { errorText, readDescription } from './description/read.ts';
import { toldCollections, webhookOf } from './webhook.ts';

const GIVEN = { webhook_secret: 'now', webhook_secret_before: 'before' };

function readText(text: string): ReturnType<typeof readDescription> {
  return readDescription(text, 'crm.yaml');
}

function webhook(block: string, given: Readonly<Record<string, string>> = GIVEN): Webhook | null {
  const read = readText(`${CURSORS}${block}`);
  if (read.kind === 'errors') throw new Error(read.errors.map(errorText).join('\n'));
  return webhookOf(read.description, given);
}

function told(
  block: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): readonly ToldRecord[] | null {
  const delivery: Delivery = {
    method: 'POST',
    url: 'https://here/hooks/default/crm',
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  };
  return must(webhook(block), 'the description knows a webhook').read(delivery);
}

const person = (recordId: string): ToldRecord => ({ collection: 'people', recordId });

test('the records that an event names are told, and nothing else of it', () => {
  expect(told(WEBHOOKS, { type: 'person.changed', data: { id: 'p1', name: 'Eve' } })).toEqual([person('p1')]);
  expect(told(WEBHOOKS, { type: 'order.changed', data: { id: 'p1' } })).toEqual([]);
  expect(told(WEBHOOKS, { type: 'person.changed', data: {} })).toEqual([]);
});

test('one delivery can hold several events, and say in a header what they are about', () => {
  const several = `webhooks:
  signature: {scheme: body, header: X-Signature}
  events: /events
  kind: {header: X-Topic}
  collections: {people: {kinds: [people], id: /id}}
`;
  const body = { events: [{ id: 1 }, { id: '2' }, { name: 'without' }] };
  expect(told(several, body, { 'x-topic': 'people' })).toEqual([person('1'), person('2')]);
  expect(told(several, body, { 'x-topic': 'orders' })).toEqual([]);
  expect(told(several, { events: {} }, { 'x-topic': 'people' })).toBeNull();
});

test('a number that a double would change keeps its digits', () => {
  expect(told(WEBHOOKS, '{"type": "person.changed", "data": {"id": 70640550693037008423}}')).toEqual([
    person('70640550693037008423'),
  ]);
});

test.each([
  ['what is no JSON', 'hello', null],
  ['a document nested beyond reason', '['.repeat(200_000), null],
  ['an id that no store can keep', { type: 'person.changed', data: { id: 'a\0b' } }, []],
  ['half a character', '{"type": "person.changed", "data": {"id": "\\ud800"}}', []],
  ['an id beyond reason', { type: 'person.changed', data: { id: 'x'.repeat(501) } }, []],
  ['an id that is a document', { type: 'person.changed', data: { id: { a: 1 } } }, []],
])('%s tells of no record', (_, body, expected) => {
  expect(told(WEBHOOKS, body)).toEqual(expected);
});

test('the secrets of the connection judge; without one it has no webhook', () => {
  expect(webhook(WEBHOOKS)?.secrets.map((secret) => secret.reveal())).toEqual(['now', 'before']);
  expect(webhook(WEBHOOKS, {})).toBeNull();
  expect(() => webhook('')).toThrow(/webhook_secret is given, and the description says nothing of webhooks/);
  const read = readText(`${CURSORS}${WEBHOOKS}`);
  const description = must(read.kind === 'ok' ? read.description : null, 'it is a good description');
  expect([...toldCollections(description, GIVEN), ...toldCollections(description, {})]).toEqual(['people']);
});

test.each([
  [
    'a collection that is not there',
    'people: {kinds',
    'poeple: {kinds',
    /there is no collection `poeple`\. Did you mean `people`/,
  ],
  ['a scheme that is none', 'scheme: standard', 'scheme: standart', /crm\.yaml:\d+:\d+ .*standart/],
  ['kinds without a place', '  kind: /type\n', '', /nothing says where the kind of an event stands/],
  ['a place that is none', 'id: /data/id', 'id: data/id', /expected a JSON pointer/],
])('%s is refused with its place and the fix', (_, before, after, expected) => {
  expect(WEBHOOKS).toContain(before);
  const read = readText(`${CURSORS}${WEBHOOKS.replace(before, after)}`);
  expect(read.kind === 'errors' ? read.errors.map(errorText).join('\n') : '').toMatch(expected);
});
