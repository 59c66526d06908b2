/** The first match of two populated databases with known truth, by the commands that people type. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import pg from 'pg';

import { startEmbeddedPostgres } from '../src/store/embedded/server.ts';
import { playFirstMatch, type FirstMatchResult } from '../test/matching/first-match.ts';
import { populate, type Populated } from '../test/matching/populated.ts';
import { measured, rateBeside, startMemoryWatch, type Measurement } from './measure.ts';

const SEED = 1;
const BAR_S = 60;
const BAR_RECORDS = 100_000;

/** `records` at each side. Fails where a link is wrong or a class is not counted to the record: then no time is of interest. */
export async function benchMatching(records: number): Promise<readonly Measurement[]> {
  const populated = populate(records, SEED);
  const peak = startMemoryWatch();
  const { planMs, reportMs, ...found } = await playedOnServer(populated);
  const peakMegabytes = peak();
  const { counted, wrongLinks, wrongSuggestions } = found;
  if (wrongLinks + wrongSuggestions > 0 || !isDeepStrictEqual(counted, populated.expected))
    throw new Error(`wrong: ${JSON.stringify(found)}, expected ${JSON.stringify(populated.expected)}`);
  const name = `first match of twice ${String(records)} records`;
  const perS = (2 * records * 1_000) / (planMs + reportMs);
  return [
    measured(`${name}: reading, linking by keys, planning`, planMs / 1_000, 's'),
    measured(`${name}: report of what is alike`, reportMs / 1_000, 's'),
    rateBeside(name, perS, 'records/s', (2 * BAR_RECORDS) / BAR_S, 'bar: twice 100,000 in 60 s'),
    measured(`${name}: wrong automatic links among ${String(counted.linked)}`, wrongLinks, 'links'),
    measured(`${name}: peak memory`, peakMegabytes, 'MB'),
  ];
}

async function playedOnServer(populated: Populated): Promise<FirstMatchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'trueup-bench-matching-'));
  const server = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    settings: ['max_wal_size=8GB', 'shared_buffers=512MB'],
  });
  const admin = new pg.Pool({ connectionString: server.url, max: 2 });
  const open: pg.Pool[] = [admin];
  const database = async (name: string): Promise<{ readonly url: string; readonly pool: pg.Pool }> => {
    await admin.query(`create database ${name}`);
    const url = server.url.replace(/\/postgres$/, `/${name}`);
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    open.push(pool);
    return { url, pool };
  };
  try {
    const databases = {
      crm: await database('crm'),
      erp: await database('erp'),
      store: await database('store'),
    };
    return await playFirstMatch({ directory, databases }, populated);
  } finally {
    for (const pool of open) await pool.end();
    await server.stop();
    // As root the server's data lies elsewhere than where it was asked for.
    for (const folder of [server.directory, directory]) await rm(folder, { recursive: true, force: true });
  }
}
