/** Requests that leave only to be refused, while four workers want far more than a system allows. Time is virtual, sockets are real. */
import { ConnectorFailure } from '../src/connector/failure.ts';
import type { BudgetStore, Limit } from '../src/connector/http/budget.ts';
import { createHttpClient } from '../src/connector/http/client.ts';
import { createMemoryBudgets } from '../src/connector/http/memory-budgets.ts';
import { TIMEOUT_MS } from '../src/connectors/salesforce/api.ts';
import { createSalesforce } from '../src/connectors/salesforce/index.ts';
import { seededRandom } from '../src/lib/random.ts';
import { Faults } from '../src/simulators/faults.ts';
import { startHttpServer, type HttpAnswer } from '../src/simulators/http-server.ts';
import { createSalesforceSimulator } from '../src/simulators/salesforce/simulator.ts';
import { connectorContext } from '../test/support/connector-context.ts';
import { measured, rateBeside, type Measurement } from './measure.ts';
import { VirtualClock } from './virtual-clock.ts';

const WASTED_PERCENT_MAX = 2;
const WORKERS = 4;
const CALLERS = 8;
const START_MS = Date.UTC(2027, 0, 15, 8);
const THINKING_MS = 120;
const RETRY_WITHOUT_WORD_MS = 1_000;
const NETWORK = { allowPlain: true, allowLoopback: true };
const ALWAYS = Number.MAX_SAFE_INTEGER;

/** Windows of ten seconds, as many systems count. */
const WINDOW_MS = 10_000;
const REQUESTS_A_WINDOW = 100;
const DECLARED: Limit = {
  name: 'burst',
  units: REQUESTS_A_WINDOW,
  refill: { kind: 'window', windowMs: WINDOW_MS },
  costDefault: 1,
};

/** The day of an org that others have used up but for 8,000 requests, and go on using. */
const ORG = { requestsADay: 20_000, usedBefore: 12_000, othersPerSecond: 4, halvesAt: 16_000 };

/** What became of the requests of all workers. `allowed`: what the system would have taken in the same time. */
interface Count {
  readonly sent: number;
  readonly refused: number;
  readonly allowed: number;
}

type Call = (signal: AbortSignal, caller: number) => Promise<unknown>;

interface Stage {
  readonly clock: VirtualClock;
  readonly budgets: BudgetStore;
  readonly endMs: number;
}

interface WindowRules {
  readonly says: boolean;
  readonly declared: boolean;
  readonly halves: boolean;
}

/** The wasted share of each kind of throttling beside the bar, and how much of what was allowed was used. */
export async function benchThrottling(minutes: number): Promise<readonly Measurement[]> {
  const windows = { says: true, declared: false, halves: false };
  const kinds: readonly (readonly [string, (stage: Stage) => Promise<Count>])[] = [
    ['429 with Retry-After, limit declared', (stage) => windowed(stage, { ...windows, declared: true })],
    ['429 with Retry-After, limit not known', (stage) => windowed(stage, windows)],
    ['429 without Retry-After, limit not known', (stage) => windowed(stage, { ...windows, says: false })],
    [
      '429 with Retry-After, declared limit drops to a half midway',
      (stage) => windowed(stage, { ...windows, declared: true, halves: true }),
    ],
    ['Salesforce’s day runs out', (stage) => salesforce(stage, false)],
    [
      'Salesforce REQUEST_LIMIT_EXCEEDED, the day’s limit drops to a half midway',
      (stage) => salesforce(stage, true),
    ],
  ];
  const measurements: Measurement[] = [];
  for (const [name, run] of kinds) {
    const clock = new VirtualClock(START_MS);
    const stage = { clock, budgets: createMemoryBudgets(clock), endMs: START_MS + minutes * 60_000 };
    measurements.push(...told(`throttled ${String(minutes)} minutes, ${name}`, await run(stage)));
  }
  return measurements;
}

function told(name: string, { sent, refused, allowed }: Count): readonly Measurement[] {
  const wasted = (100 * refused) / sent;
  return [
    rateBeside(`${name}: calls wasted`, wasted, '%', WASTED_PERCENT_MAX, 'the bar'),
    rateBeside(`${name}: useful calls`, sent - refused, 'calls', allowed, 'what was allowed'),
    measured(`${name}: calls refused`, refused, 'calls'),
  ];
}

/** A system that takes so many requests in each window and answers 429 to the rest. */
async function windowed(stage: Stage, rules: WindowRules): Promise<Count> {
  const { clock, budgets, endMs } = stage;
  const system = throttler(stage, rules);
  const faults = slow(new Faults());
  const server = await startHttpServer({
    answer: system.answer,
    faults,
    clock: clock.forSystem(),
    bodyBytesMax: 1_000,
    port: 0,
  });
  const clients = Array.from({ length: WORKERS }, (_, worker) =>
    createHttpClient({
      system: 'acme',
      title: 'Acme',
      baseUrl: server.url,
      connectionKey: 'one',
      clock: clock.forClient(TIMEOUT_MS),
      random: seededRandom(worker + 1),
      network: NETWORK,
      failures: { rules: [] },
      limits: rules.declared ? [DECLARED] : [],
      budgets,
      timeoutMs: TIMEOUT_MS,
    }),
  );
  try {
    const calls = clients.map(
      (client): Call =>
        (signal, caller) =>
          client.json({
            operation: caller % 2 === 0 ? 'read' : 'write',
            method: caller % 2 === 0 ? 'GET' : 'POST',
            path: '/records',
            effect: caller % 2 === 0 ? 'read' : 'write',
            purpose: caller % 2 === 0 ? 'capture' : 'delivery',
            signal,
          }),
    );
    await demand(stage, calls);
    return system.count(endMs);
  } finally {
    for (const client of clients) await client.close();
    await server.close();
  }
}

function throttler(
  { clock, endMs }: Stage,
  { says, halves }: WindowRules,
): { readonly answer: () => HttpAnswer; readonly count: (endMs: number) => Count } {
  const [halfMs, count] = [(START_MS + endMs) / 2, { sent: 0, refused: 0 }];
  const allowedAt = (atMs: number): number =>
    halves && atMs >= halfMs ? REQUESTS_A_WINDOW / 2 : REQUESTS_A_WINDOW;
  let [windowEndsMs, left] = [START_MS, 0];
  return {
    answer: () => {
      const nowMs = clock.nowMs();
      while (nowMs >= windowEndsMs) {
        left = allowedAt(windowEndsMs);
        windowEndsMs += WINDOW_MS;
      }
      count.sent += 1;
      const headers = { 'content-type': 'application/json' };
      if (left > 0) {
        left -= 1;
        return { status: 200, headers, body: '{}' };
      }
      count.refused += 1;
      const wait = { 'retry-after': String(Math.ceil((windowEndsMs - nowMs) / 1_000)) };
      return { status: 429, headers: says ? { ...headers, ...wait } : headers, body: '{}' };
    },
    count: () => {
      let allowed = 0;
      for (let atMs = START_MS; atMs < endMs; atMs += WINDOW_MS) allowed += allowedAt(atMs);
      return { ...count, allowed };
    },
  };
}

/** The connector itself in a simulated org whose day runs out: others spend of it too, and are not told by anybody. */
async function salesforce({ clock, budgets, endMs }: Stage, halves: boolean): Promise<Count> {
  const simulator = createSalesforceSimulator({ clock: clock.forSystem(), random: seededRandom(1) });
  const { limits, credentials } = simulator;
  const { httpUrl, grpcAddress, ca } = await simulator.start();
  const connector = createSalesforce({ network: { ...NETWORK, authorities: ca }, budgets });
  const settings = {
    login_url: httpUrl,
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    pubsub_endpoint: grpcAddress,
  };
  const sessions = await Promise.all(
    Array.from({ length: WORKERS }, (_, worker) =>
      connector.open(
        settings,
        connectorContext({ clock: clock.forClient(TIMEOUT_MS), random: seededRandom(worker + 1), budgets }),
      ),
    ),
  );
  try {
    const id = simulator.org.person('Ann Admin').create('Account', { Name: 'Acme' });
    for (const session of sessions) await session.get('Account', [id], ['Name']);
    simulator.fault({ match: {}, kind: 'delay', delayMs: THINKING_MS, times: ALWAYS });
    limits.dailyRequestsMax = ORG.requestsADay;
    limits.spend(ORG.usedBefore - limits.used());
    const before = takenBy(limits);
    const calls = sessions.map(
      (session): Call =>
        () =>
          session.get('Account', [id], ['Name']),
    );
    let allowed = ORG.requestsADay - ORG.usedBefore;
    await demand({ clock, budgets, endMs }, calls, async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(1_000, signal);
        if (halves && limits.dailyRequestsMax === ORG.requestsADay && limits.used() >= ORG.halvesAt) {
          limits.dailyRequestsMax /= 2;
          allowed = takenBy(limits) - before;
        }
        if (limits.used() + ORG.othersPerSecond > limits.dailyRequestsMax) continue;
        limits.spend(ORG.othersPerSecond);
        allowed -= ORG.othersPerSecond;
      }
    });
    const useful = takenBy(limits) - before;
    return { sent: useful + limits.refused, refused: limits.refused, allowed };
  } finally {
    for (const session of sessions) await session.close();
    await simulator.stop();
  }
}

function takenBy({ taken }: { readonly taken: ReadonlyMap<string, number> }): number {
  return [...taken.values()].reduce((total, count) => total + count, 0);
}

/** Every worker asks as often as it is let, from several places at once, and waits as the queue does when it is told to. */
async function demand(
  { clock, endMs }: Stage,
  calls: readonly Call[],
  beside: (signal: AbortSignal) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const over = new AbortController();
  const asking = calls.flatMap((call) =>
    Array.from({ length: CALLERS }, async (_, caller) => {
      while (!over.signal.aborted) {
        const waitMs = await waitAfter(call(over.signal, caller));
        if (waitMs > 0) await clock.sleep(waitMs, over.signal);
      }
    }),
  );
  const others = beside(over.signal);
  await clock.runUntil(endMs);
  over.abort();
  await Promise.all([...asking, others]);
}

async function waitAfter(called: Promise<unknown>): Promise<number> {
  try {
    await called;
    return 0;
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    return Math.max(1, error.failure.retryAfterMs ?? RETRY_WITHOUT_WORD_MS);
  }
}

function slow(faults: Faults): Faults {
  faults.order({ match: {}, kind: 'delay', delayMs: THINKING_MS, times: ALWAYS });
  return faults;
}
