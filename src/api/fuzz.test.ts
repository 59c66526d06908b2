import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, ORIGIN, signInFirst, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { requestMaker, type MadeRequest, type OpenApi } from '../../test/support/openapi-fuzz.ts';
import { settleRounds } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import { seededRandom } from '../lib/random.ts';
import { observeAll } from '../worker/rounds.ts';

/** `TRUEUP_FUZZ_REQUESTS=5000 npm test -- src/api/fuzz` for many. */
const REQUESTS = Number(process.env['TRUEUP_FUZZ_REQUESTS'] ?? 400);
const SEED = Number(process.env['TRUEUP_FUZZ_SEED'] ?? 1);
/** Of the processor, so that a busy machine blames no answer. */
const ANSWER_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 1_000_000;
const UNLIMITED = { burst: 1e9, perSecond: 1e9 };
/** Texts that no answer may hold: a secret that is stored, what a database says, where the code lies. */
const NEVER = /canary-secret|select .* from|syntax error at|node_modules|\bat .*\.ts:\d|-----BEGIN/;

const store = sharedTestStore();
let api: TestApi;
let authorization: string;
let known: readonly string[];

beforeAll(async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem() };
  const runtime = await createTestRuntime(store, simpleDefinition(['crm', 'erp']), systems);
  for (const name of ['Ann', 'Bob', 'Cid'])
    systems.crm.create({ email: `${name}@example.com`, name, phone: null, city: null });
  await observeAll(runtime, new AbortController().signal);
  await settleRounds(store, runtime, 2);
  const [record = ''] = Object.keys(systems.crm.all());
  systems.crm.edit(record, { city: 'Rome' });
  systems.erp.edit(Object.keys(systems.erp.all())[0] ?? '', { city: 'Paris' });
  await settleRounds(store, runtime, 1);
  api = createTestApi(store, {
    rates: { address: UNLIMITED, account: UNLIMITED, signIn: UNLIMITED, delivery: UNLIMITED },
  });
  const client = clientOf(api, await signInFirst(api));
  const made = await client.api.v1.tokens.$post({ json: { name: 'fuzz', scopes: ['admin'] } });
  authorization = `Bearer ${(await made.json()).token}`;
  await client.api.v1.secrets[':name'].$put({
    param: { name: 'CRM' },
    json: { value: 'canary-secret-fuzz' },
  });
  const found = await (await client.api.v1.records.$get({ query: { sync: 'things', side: 'crm' } })).json();
  const holds = await (await client.api.v1.holds.$get({ query: {} })).json();
  const ids = [...found.items.map(({ identity }) => identity ?? ''), ...holds.items.map(({ id }) => id)];
  known = ['things', 'crm', 'erp', 'email', 'city', 'conflict', 'CRM', '1', record, ...ids];
});
afterAll(() => api.close());

/** What is wrong with the answer to a request; null when nothing is. */
async function judge(made: MadeRequest): Promise<string | null> {
  const before = process.cpuUsage();
  const answer = await api.app.request(ORIGIN + made.path, {
    method: made.method,
    headers: { ...made.headers, authorization },
    ...(made.body === null ? {} : { body: made.body }),
  });
  // A stream of events has no end to wait for.
  if (answer.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await answer.body?.cancel();
    return null;
  }
  const text = await answer.text();
  const { user, system } = process.cpuUsage(before);
  const tookMs = (user + system) / 1_000;
  if (answer.status >= 500) return `${String(answer.status)} ${text}`;
  if (tookMs > ANSWER_MS_MAX) return `took ${String(Math.round(tookMs))} ms`;
  if (text.length > ANSWER_BYTES_MAX) return `is ${String(text.length)} bytes long`;
  if (NEVER.test(text)) return `leaks ${NEVER.exec(text)?.[0] ?? ''}`;
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  return answer.status >= 400 && !isProblem ? `${String(answer.status)} without a problem document` : null;
}

test(
  'whatever is asked, nothing breaks, leaks or hangs',
  async () => {
    const document = (await (await api.app.request(`${ORIGIN}/api/v1/openapi.json`)).json()) as OpenApi;
    const make = requestMaker(document, seededRandom(SEED), known);
    const wrong: string[] = [];
    for (let count = 0; count < REQUESTS && wrong.length < 20; count += 1) {
      const made = make();
      const found = await judge(made);
      if (found !== null)
        wrong.push(`${made.method} ${made.path} ${made.body ?? ''}\n  ${found}`.slice(0, 600));
    }
    expect(wrong).toEqual([]);
  },
  30_000 + REQUESTS * 200,
);
