/** A process between Trueup and one system that understands HTTP, and does to requests and answers what networks do. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';

import { systemClock } from '../../src/lib/clock.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { answer, bodyOf, instructions, serve } from './child.ts';
import { HELD_MAX_MS } from './grades.ts';
import { CONTROL_PATH, COUNTS_PATH, type Calls } from './protocol.ts';

/** What the supervisor tells a proxy. */
export interface ProxyInstructions {
  readonly seed: number;
  readonly port: number;
  /** Whether the system recognises a create that comes twice. Nobody on the way may repeat one where it does not. */
  readonly refusesTwins: boolean;
}

const FAULTS = ['delayed', 'dropped', 'cut', 'timedOut', 'duplicated', 'held', 'corrupted', 'storm'] as const;
type Fault = (typeof FAULTS)[number];

/** Of a thousand requests. A storm refuses everything for a while. */
const RATES: Readonly<Record<Fault, number>> = {
  delayed: 120,
  dropped: 30,
  cut: 45,
  timedOut: 15,
  duplicated: 40,
  held: 40,
  corrupted: 20,
  storm: 3,
};
const DELAY_MAX_MS = 500;
const STORM_MAX_MS = 3_000;

const { seed, port, refusesTwins } = instructions() as ProxyInstructions;
const random = seededRandom(seed);
const counts = new Map<string, number>();
let isOn = false;
let storm = { status: 503, untilMs: 0 };

function draw(): Fault | null {
  if (!isOn) return null;
  let at = random.fraction() * 1_000;
  for (const fault of FAULTS) {
    at -= RATES[fault];
    if (at < 0) return fault;
  }
  return null;
}

function strike(fault: string): void {
  counts.set(fault, (counts.get(fault) ?? 0) + 1);
}

interface Passed {
  readonly status: number;
  readonly body: Buffer;
}

function pass(path: string, body: Buffer): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const options = { host: '127.0.0.1', port, method: 'POST', path, headers };
    const request = httpRequest(options, (message) => {
      bodyOf(message).then((whole) => resolve({ status: message.statusCode ?? 502, body: whole }), reject);
    });
    request.once('error', reject);
    request.end(body);
  });
}

function give(response: ServerResponse, { status, body }: Passed): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

async function forward(path: string, body: Buffer, response: ServerResponse): Promise<void> {
  if (systemClock.monotonicMs() < storm.untilMs) {
    strike(`refused ${String(storm.status)}`);
    response.writeHead(storm.status, { 'retry-after': '1' }).end();
    return;
  }
  const fault = draw();
  if (fault === null) {
    give(response, await pass(path, body));
    return;
  }
  if (await suffer(fault, path, body, response)) strike(fault);
}

/** Whether the fault could strike this request; where it could not, the request passes. */
async function suffer(fault: Fault, path: string, body: Buffer, response: ServerResponse): Promise<boolean> {
  const isWrite = path === '/write';
  switch (fault) {
    case 'delayed':
      await systemClock.sleep(random.fraction() * DELAY_MAX_MS);
      give(response, await pass(path, body));
      return true;
    case 'dropped':
      response.destroy();
      return true;
    case 'cut': {
      const passed = await pass(path, body);
      response.writeHead(passed.status, { 'content-length': passed.body.length });
      // Half of an answer, or none at all.
      if (random.fraction() < 0.5) response.write(passed.body.subarray(0, passed.body.length / 2));
      setImmediate(() => response.destroy());
      return true;
    }
    case 'timedOut':
      await pass(path, body);
      response.writeHead(504).end();
      return true;
    case 'duplicated': {
      const passed = await pass(path, body);
      const mayRepeat = !isWrite || refusesTwins || !hasCreates(body);
      if (mayRepeat) await pass(path, body);
      give(response, passed);
      return mayRepeat;
    }
    case 'held':
      if (isWrite) await systemClock.sleep(random.fraction() * HELD_MAX_MS);
      // Delivered whoever still waits for it.
      give(response, await pass(path, body));
      return isWrite;
    case 'corrupted':
      await corrupt(path, body, response);
      return true;
    case 'storm':
      storm = {
        status: random.fraction() < 0.5 ? 429 : 503,
        untilMs: systemClock.monotonicMs() + random.fraction() * STORM_MAX_MS,
      };
      give(response, await pass(path, body));
      return true;
  }
}

function hasCreates(body: Buffer): boolean {
  const ask = JSON.parse(body.toString('utf8')) as Calls['write']['ask'];
  return ask.requests.some(({ kind }) => kind === 'create');
}

/** The answer as a gateway's own page, or with its end missing and no word of it. */
async function corrupt(path: string, body: Buffer, response: ServerResponse): Promise<void> {
  const passed = await pass(path, body);
  const isPage = random.fraction() < 0.5;
  const page = Buffer.from('<html><body>Please sign in</body></html>');
  give(response, { status: 200, body: isPage ? page : passed.body.subarray(0, -3) });
}

async function control(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const ask = JSON.parse((await bodyOf(request)).toString('utf8')) as { readonly on: boolean };
  isOn = ask.on;
  storm = { status: 503, untilMs: 0 };
  answer(response, 200, {});
}

async function serveOne(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  if (path === CONTROL_PATH) await control(request, response);
  else if (path === COUNTS_PATH) answer(response, 200, Object.fromEntries(counts));
  else await forward(path, await bodyOf(request), response);
}

await serve(
  createServer((request, response) => {
    serveOne(request, response).catch(() => response.destroy());
  }),
);
