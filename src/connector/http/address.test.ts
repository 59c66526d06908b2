import type { LookupFunction } from 'node:net';

import { expect, test } from 'vitest';

import { ManualClock } from '../../../test/support/manual-clock.ts';
import { sendJson, startWebServer } from '../../../test/support/web-server.ts';
import { mayReach } from './address.ts';
import type { NetworkPolicy } from './network.ts';
import { TransportError } from './transport-error.ts';
import { createTransport, type Received } from './transport.ts';

const ALL: NetworkPolicy = { allowPlain: true, allowPrivate: true, allowLoopback: true };

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
  '%s is public',
  (address) => {
    expect(mayReach(address, {})).toBe(true);
  },
);

test.each([
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fd12::1',
  '[fd12::1]',
  '::ffff:10.0.0.1',
  '::ffff:c0a8:0101',
])('%s is private', (address) => {
  expect(
    [{}, { allowLoopback: true }, { allowPrivate: true }].map((policy) => mayReach(address, policy)),
  ).toEqual([false, false, true]);
});

test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1'])(
  '%s is this machine',
  (address) => {
    expect(
      [{}, { allowPrivate: true }, { allowLoopback: true }].map((policy) => mayReach(address, policy)),
    ).toEqual([false, false, true]);
  },
);

test.each([
  '169.254.169.254',
  '::ffff:a9fe:a9fe',
  '100.100.100.200',
  'fd00:ec2::254',
  '0.0.0.0',
  '::',
  '::7f00:1',
  '224.0.0.1',
  'ff02::1',
  '255.255.255.255',
  'fe80::1',
  'fe80::1%eth0',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  'localhost',
  '',
])('%j is reached under no policy', (address) => {
  expect(mayReach(address, ALL)).toBe(false);
});

async function get(href: string, network: NetworkPolicy, lookup?: LookupFunction): Promise<Received> {
  const clock = new ManualClock();
  const transport = createTransport({ clock, network, ...(lookup === undefined ? {} : { lookup }) });
  try {
    return await transport.send({
      method: 'GET',
      url: new URL(href),
      headers: {},
      body: undefined,
      timeoutMs: 60_000,
      answerBytesMax: 1_000,
      signal: new AbortController().signal,
    });
  } finally {
    await transport.close();
  }
}

const reasonOf = async (outcome: Promise<unknown>): Promise<unknown> =>
  await outcome.then(
    () => 'answered',
    (error: unknown) => (error instanceof TransportError && !error.sent ? error.reason : error),
  );

test.each(['0x7f.1', '2130706433', '0177.0.0.1', '[::ffff:127.0.0.1]', '127.0.0.1', '127.0.0.1.'])(
  'http://%s is this machine in another spelling, and refused',
  async (host) => {
    expect(await reasonOf(get(`http://${host}:9/`, { allowPlain: true, allowPrivate: true }))).toBe(
      'forbidden',
    );
  },
);

const to =
  (...addresses: readonly string[]): LookupFunction =>
  (_, options, callback) => {
    const found = addresses.map((address) => ({ address, family: 4 }));
    if (options.all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', 4);
  };

test('a name that leads to a forbidden address is refused, also as one of several', async () => {
  for (const lookup of [to('169.254.169.254'), to('8.8.8.8', '10.0.0.1'), to('127.0.0.1')])
    expect(await reasonOf(get('http://acme.example/', { allowPlain: true }, lookup))).toBe('forbidden');
});

test('a name is checked again for every new socket, so that changing it after the first gains nothing', async () => {
  await using server = await startWebServer((_, response) =>
    sendJson(response, 200, {}, { connection: 'close' }),
  );
  const answers = ['127.0.0.1', '169.254.169.254'];
  const lookup: LookupFunction = (_, options, callback) => {
    const address = answers.shift() ?? '169.254.169.254';
    if (options.all === true) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
  const href = `http://acme.example:${String(server.port)}/`;
  expect((await get(href, ALL, lookup)).status).toBe(200);
  expect(await reasonOf(get(href, ALL, lookup))).toBe('forbidden');
  expect(server.arrived).toHaveLength(1);
});

const failing: LookupFunction = () => {
  throw new Error('looked up');
};

test('plain http is refused where it is not allowed, before a name is even looked up', async () => {
  expect(await reasonOf(get('http://acme.example/', {}, failing))).toBe('forbidden');
});
