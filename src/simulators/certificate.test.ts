import { X509Certificate } from 'node:crypto';
import { get } from 'node:https';

import { expect, test } from 'vitest';

import { systemClock } from '../lib/clock.ts';
import { seededRandom, systemRandom } from '../lib/random.ts';
import { createCertificates } from './certificate.ts';
import { Faults } from './faults.ts';
import { startHttpServer } from './http-server.ts';

test('the server certificate is for loopback, valid now, and signed by the authority', () => {
  const nowMs = systemClock.nowMs();
  const { ca, certificate, privateKey } = createCertificates(nowMs, seededRandom(7));
  const [authority, server] = [new X509Certificate(ca), new X509Certificate(certificate)];
  expect(authority.ca).toBe(true);
  expect(authority.verify(authority.publicKey)).toBe(true);
  expect(server.verify(authority.publicKey)).toBe(true);
  expect(server.checkIssued(authority)).toBe(true);
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(server.checkHost('localhost')).toBe('localhost');
  expect(new Date(server.validFrom).getTime()).toBeLessThan(nowMs);
  expect(new Date(server.validTo).getTime()).toBeGreaterThan(nowMs);
  expect(privateKey).toContain('PRIVATE KEY');
});

test('a client that trusts the authority talks to the server, and one that does not is refused', async () => {
  const tls = createCertificates(systemClock.nowMs(), systemRandom);
  const server = await startHttpServer({
    answer: () => ({ status: 200, headers: {}, body: 'hello' }),
    faults: new Faults(),
    clock: systemClock,
    bodyBytesMax: 1_000,
    port: 0,
    tls,
  });
  const status = (ca: string | undefined): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(server.url, ca === undefined ? {} : { ca }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  expect(await status(tls.ca)).toBe(200);
  await expect(status(undefined)).rejects.toThrow(/certificate/);
  await server.close();
});
