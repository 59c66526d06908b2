import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { systemClock } from '../../lib/clock.ts';
import { seededRandom } from '../../lib/random.ts';
import { runSimulator } from './run.ts';

/** Runs in a process of its own, since Node reads NODE_EXTRA_CA_CERTS only when it starts. */
const CLIENT = `
  const { Connection } = require('@jsforce/jsforce-node');
  const [loginUrl, clientId, clientSecret] = process.argv.slice(1);
  const connection = new Connection({ loginUrl, oauth2: { loginUrl, clientId, clientSecret }, version: '60.0' });
  connection
    .authorize({ grant_type: 'client_credentials' })
    .then(() => connection.query('SELECT COUNT() FROM Account'))
    .then(({ totalSize }) => process.stdout.write(String(totalSize)));
`;

test('started as a program it tells where it is, and jsforce reads its sample data over TLS', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trueup-simulator-'));
  const caFile = join(folder, 'ca.pem');
  const stop = new AbortController();
  const lines: string[] = [];
  const started = Promise.withResolvers<undefined>();
  const say = (line: string): void => {
    lines.push(line);
    if (line.includes(caFile)) started.resolve(undefined);
  };
  const random = seededRandom(5);
  const running = runSimulator({ clock: systemClock, random, signal: stop.signal, port: 0, caFile, say });
  await Promise.race([started.promise, running]);
  expect(await read(lines, caFile)).toBe('50');
  stop.abort();
  await running;
  await rm(folder, { recursive: true });
});

async function read(lines: readonly string[], caFile: string): Promise<string> {
  const told = (label: string): string =>
    lines.find((line) => line.startsWith(label))?.split(/\s{2,}/)[1] ?? '';
  const parameters = [told('the same by TLS'), told('client id'), told('client secret')];
  const environment = { ...process.env, NODE_EXTRA_CA_CERTS: caFile };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', CLIENT, ...parameters], {
    env: environment,
  });
  return stdout;
}
