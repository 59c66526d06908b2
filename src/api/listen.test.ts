import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createTestApi, signInFirst, type TestApi } from '../../test/support/api.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { systemRandom } from '../lib/random.ts';
import { listen, type Listening } from './listen.ts';
import { createSetUp } from './set-up.ts';

const store = sharedTestStore();
let api: TestApi;
let folder: string;
let server: Listening;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  api = createTestApi(store);
  headers = await signInFirst(api);
  folder = await mkdtemp(join(tmpdir(), 'trueup-console-'));
  const built = join(folder, 'console');
  await mkdir(join(built, 'assets'), { recursive: true });
  await writeFile(join(folder, 'key'), 'canary-outside');
  await writeFile(join(built, 'index.html'), '<!doctype html><title>console</title>');
  await writeFile(join(built, 'assets', 'main-0a1b2c3d.js'), 'export {};');
  await writeFile(join(built, '.env'), 'canary-hidden');
  await symlink(join(folder, 'key'), join(built, 'assets', 'key.txt'));
  server = await listen(api.host, {
    hostname: '127.0.0.1',
    port: 0,
    publicUrl: null,
    consoleDirectory: built,
    setUp: createSetUp(systemRandom),
  });
});
afterAll(async () => {
  await server.close();
  await api.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends a path as it is: `fetch` would tidy it up before it leaves. */
function ask(path: string, given: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers: given }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('the page of the console is given for every address of its own, and its files as what they are', async () => {
  for (const path of ['/', '/records/42', '/syncs/customers/plan']) {
    const page = await ask(path);
    expect([page.status, page.text]).toEqual([200, '<!doctype html><title>console</title>']);
  }
  const script = await ask('/assets/main-0a1b2c3d.js');
  expect(script.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  const again = await ask('/assets/main-0a1b2c3d.js', { 'if-none-match': String(script.headers['etag']) });
  expect(again.status).toBe(304);
});

test.each([
  '/../key',
  '/assets/../../key',
  '/%2e%2e/key',
  '/assets/%2e%2e%2f%2e%2e%2fkey',
  '/assets/..%5c..%5ckey',
  '//etc/passwd',
  '/assets/key.txt',
  '/.env',
  '/assets/%00/../../key',
  '/api/v1/../../key',
])('no address leads out of the folder of the console: %s', async (path) => {
  const answer = await ask(path);
  expect(answer.text).not.toContain('canary');
  expect(answer.text).not.toContain('root:');
});

test('every answer forbids scripts from elsewhere, sniffing, framing and keeping', async () => {
  for (const path of ['/', '/api/v1/session', '/api/v1/nothing', '/api/v1/overview']) {
    const answer = await ask(path);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toContain('unsafe');
  }
});

test('a name that was rebound to this server is refused, whatever cookie comes with it', async () => {
  const { port } = new URL(server.url);
  const rebound = await ask('/api/v1/overview', { ...headers, host: `evil.example:${port}` });
  expect([rebound.status, JSON.parse(rebound.text)]).toMatchObject([421, { code: 'wrong_host' }]);
  const own = await ask('/api/v1/overview', { ...headers, host: `localhost:${port}` });
  expect(own.status).toBe(200);
});

test('live state tells what has changed, and ends with the server', async () => {
  const { hostname, port } = new URL(server.url);
  const stream = await fetch(`http://${hostname}:${port}/api/v1/events`, { headers });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const reader = stream.body?.getReader();
  let text = '';
  const readUntil = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) {
      const part = await reader?.read();
      if (part?.value === undefined) return;
      text += Buffer.from(part.value).toString('utf8');
    }
  };
  await readUntil('event: open');
  // The first look only says how things are; what is changed after it is news.
  for (let change = 0; change < 200 && !text.includes('connections'); change += 1) {
    await store.raw.pool.query(
      `insert into connections (workspace_no, name, system, settings) values ($1, $2, 'files', '{}')`,
      [store.workspaceNo, `c${String(change)}`],
    );
    await Promise.race([readUntil('connections'), api.host.clock.sleep(100)]);
  }
  expect(text).toContain('event: changed\ndata: {"topics":["connections"]}');
  await reader?.cancel();
});

test('without built files the page says how to make them', async () => {
  const bare = await listen(api.host, {
    hostname: '127.0.0.1',
    port: 0,
    publicUrl: null,
    consoleDirectory: join(folder, 'nothing'),
    setUp: createSetUp(systemRandom),
  });
  const page = await fetch(bare.url);
  expect([page.status, (await page.text()).includes('npm run build')]).toEqual([200, true]);
  await bare.close();
});
