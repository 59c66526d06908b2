/** Lists, searches and journeys over HTTP while the store knows very many records. */
import { filesWork } from '../src/cli/serve-dictionary.ts';
import { serve } from '../src/serve.ts';
import { measured, type Measurement } from './measure.ts';
import { identitySql, plantLinked } from './plant.ts';
import { createWorkbench, type Workbench } from './workbench.ts';

const UNLIMITED = { burst: 1e9, perSecond: 1e9 };
const CALLS = 300;
const WARM_CALLS = 20;
const HOLDS = 10_000;
const SHARES = [0.5, 0.99];

/** `records` at each of two sides, all linked, one journal entry each, and open holds. */
export async function benchApi(records: number): Promise<readonly Measurement[]> {
  const bench = await createWorkbench('poll');
  const serving = await serve(bench.installation, {
    hostname: '127.0.0.1',
    port: 0,
    publicUrl: null,
    rates: { address: UNLIMITED, account: UNLIMITED, signIn: UNLIMITED, delivery: UNLIMITED },
    files: filesWork,
  });
  try {
    await plant(bench, records);
    const token = await tokenFor(serving.url, serving.setUpToken ?? '');
    const ask = async (path: string): Promise<void> => {
      const answer = await fetch(`${serving.url}/api/v1${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${path}: ${text}`);
    };
    const name = records >= 1e6 ? `${String(records / 1e6)} M` : `${String(records / 1e3)} k`;
    const results: Measurement[] = [];
    const one = async (what: string, pathOf: (call: number) => string): Promise<void> => {
      const sorted = await timesOf(ask, pathOf);
      for (const share of SHARES) {
        const tookMs = sorted[Math.floor(sorted.length * share)] ?? 0;
        results.push(measured(`API, ${name} records a side: ${what}, p${String(share * 100)}`, tookMs, 'ms'));
      }
    };
    const pick = (call: number): number => ((call * 7_919) % records) + 1;
    await one('smallest answer (health of the way there)', () => '/session');
    await one(
      'records of a side, a page in the middle',
      (call) => `/records?sync=customers&side=crm&cursor=${cursorAt(pick(call))}`,
    );
    await one('search by id', (call) => `/records?query=crm-${String(pick(call))}`);
    await one('search by value', (call) => `/records?query=user${String(pick(call))}@`);
    await one('records in sync at a side', () => '/records?sync=customers&side=crm&state=inSync');
    await one('records held at a side', () => '/records?sync=customers&side=crm&state=held');
    await one(
      'records pending at a side, of which there are none',
      () => '/records?sync=customers&side=crm&state=pending',
    );
    await one(
      'one page of a walk through all values',
      (call) => `/records?within=values&query=ustomer%20Number%20${String(pick(call))}`,
    );
    await one('journey of a record', (call) => `/records/${identityOf(pick(call))}`);
    await one('holds', () => '/holds');
    await one('runs', () => '/runs');
    await ask('/overview');
    await one('overview', () => '/overview');
    return results;
  } finally {
    await serving.close();
    await bench.close();
  }
}

async function timesOf(
  ask: (path: string) => Promise<void>,
  pathOf: (call: number) => string,
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let call = 0; call < WARM_CALLS + CALLS; call += 1) {
    const startedMs = performance.now();
    await ask(pathOf(call));
    if (call >= WARM_CALLS) tookMs.push(performance.now() - startedMs);
  }
  return tookMs.toSorted((left, right) => left - right);
}

function cursorAt(number: number): string {
  return Buffer.from(JSON.stringify(`crm-${String(number)}`)).toString('base64url');
}

function identityOf(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** Straight into the store: what is measured is reading it. */
async function plant({ installation }: Workbench, records: number): Promise<void> {
  const syncKey = await plantLinked(installation, records, (side) => `'${side}-' || n`);
  const id = identitySql;
  await installation.transaction(async (tx) => {
    await tx.execute(
      `insert into journal (sync_key, at, identity_id, side, record_id, kind, body)
       select $1, now(), ${id}, 'crm', 'crm-' || n, 'linked', '{}' from generate_series(1, $2::int) as n`,
      [syncKey, records],
    );
    await tx.execute(
      `insert into holds (sync_key, hold_id, identity_id, side, field, reason, seen, opened_at)
       select $1, gen_random_uuid(), ${id}, 'crm', 'city', 'conflict', '{}', now() + make_interval(secs => n) from generate_series(1, $2::int) as n`,
      [syncKey, HOLDS],
    );
    await tx.execute(
      `insert into runs (sync_key, run_id, side, kind, state, started_at, ended_at)
       select $1, gen_random_uuid(), 'crm', 'sweep', 'complete', now(), now() from generate_series(1, 10000)`,
      [syncKey],
    );
  });
  for (const table of ['journal', 'holds', 'runs'])
    await installation.transaction((tx) => tx.execute(`analyze ${table}`));
}

async function tokenFor(url: string, setUpToken: string): Promise<string> {
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const person = { email: 'bench@example.com', name: 'Bench', password: 'a password for the bench' };
  const signedIn = await post('/set-up', { ...person, token: setUpToken }, {});
  const { csrfToken } = (await signedIn.json()) as { readonly csrfToken: string };
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const made = await post(
    '/tokens',
    { name: 'bench', scopes: ['viewer'] },
    { cookie, 'x-trueup-csrf': csrfToken },
  );
  return ((await made.json()) as { readonly token: string }).token;
}
