/** Rows of updates and deletes are accounted for by what failed and by counting, and never wrongly where a system misleads. */
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { accountOf, type EndedJob } from './bulk-account.ts';
import type { JobEnd, List } from './bulk-job.ts';
import { refuse } from './failures.ts';
import type { Outcome, Row } from './row.ts';

type Fate = 'written' | 'failed' | 'unprocessed';

const LISTS: Readonly<Record<Fate, List>> = {
  written: 'successfulResults',
  failed: 'failedResults',
  unprocessed: 'unprocessedrecords',
};
const HEADERS: Readonly<Record<List, readonly string[]>> = {
  successfulResults: ['sf__Id', 'sf__Created', 'Name', 'Id'],
  failedResults: ['sf__Id', 'sf__Error', 'Name', 'Id'],
  unprocessedrecords: ['Name', 'Id'],
};
const REFUSAL = 'FIELD_CUSTOM_VALIDATION_EXCEPTION:No:--';

/** What is wrong about a list. */
type Lie =
  | { readonly kind: 'away' }
  | { readonly kind: 'without' | 'twice'; readonly at: number }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'cut'; readonly share: number };

const lie: fc.Arbitrary<Lie> = fc.oneof(
  fc.constant({ kind: 'away' as const }),
  fc.constant({ kind: 'stranger' as const }),
  fc.record({ kind: fc.constantFrom('without' as const, 'twice' as const), at: fc.nat(20) }),
  fc.record({ kind: fc.constant('cut' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
const lies = fc.record({
  successfulResults: fc.array(lie, { maxLength: 3 }),
  failedResults: fc.array(lie, { maxLength: 3 }),
  unprocessedrecords: fc.array(lie, { maxLength: 3 }),
});
const HONEST = { successfulResults: [], failedResults: [], unprocessedrecords: [] };
const fates = fc.array(fc.constantFrom<Fate>('written', 'written', 'failed', 'unprocessed'), {
  maxLength: 20,
});

interface Job extends EndedJob {
  readonly asked: List[];
}

function jobOf(
  truth: readonly Fate[],
  told: Readonly<Record<List, readonly Lie[]>>,
  off = [0, 0],
  state = 'JobComplete',
): Job {
  const ids = truth.map((_, index) => `001${String(index).padStart(15, '0')}`);
  const count = (fate: Fate): number => truth.filter((one) => one === fate).length;
  const end: JobEnd = {
    state,
    errorMessage: '',
    done: count('written') + (off[0] ?? 0),
    failed: count('failed') + (off[1] ?? 0),
  };
  const asked: List[] = [];
  return {
    end,
    rows: ids.map(rowOf),
    table: { header: ['Id', 'Name'], rows: [] },
    asked,
    list: (name) => {
      asked.push(name);
      const named = ids.filter((_, index) => LISTS[truth[index] ?? 'written'] === name);
      return told[name].some(({ kind }) => kind === 'away')
        ? Promise.reject(refuse('unexpected_answer', 'away'))
        : Promise.resolve(printed(name, named, told[name]));
    },
  };
}

function printed(name: List, named: readonly string[], told: readonly Lie[]): string {
  let ids = named;
  for (const one of told) {
    if (one.kind === 'without') ids = ids.toSpliced(one.at, 1);
    if (one.kind === 'twice') ids = [...ids, ...ids.slice(one.at, one.at + 1)];
    if (one.kind === 'stranger') ids = [...ids, '001999999999999999'];
  }
  const rows = ids.map((id) => (name === 'unprocessedrecords' ? ['A, B', id] : [id, REFUSAL, 'A, B', id]));
  const text = [HEADERS[name], ...rows].map((row) => `"${row.join('","')}"\n`).join('');
  const cut = told.find((one) => one.kind === 'cut');
  return cut === undefined ? text : text.slice(0, Math.floor(text.length * cut.share));
}

function rowOf(id: string): Row {
  const request = { key: id, kind: 'update' as const, recordId: id, ifVersion: null, fields: new Map() };
  return { request, operation: 'update', id, values: [], key: null, parent: '' };
}

/** What is said of a row, in the words of its fate; null where nobody knows. */
function said(outcome: Outcome | undefined): Fate | null {
  if (outcome?.kind === 'done') return 'written';
  if (outcome?.failure.kind === 'unknownOutcome') return null;
  return outcome?.failure.code === 'salesforce.job_aborted' ? 'unprocessed' : 'failed';
}

async function saidOf(job: Job): Promise<readonly (Fate | null)[]> {
  const outcomes = await accountOf(job);
  return job.rows.map((row) => said(outcomes.get(row)));
}

function wrong(truth: readonly Fate[], told: readonly (Fate | null)[]): readonly (Fate | null)[] {
  return told.filter((one, index) => one !== null && one !== truth[index]);
}

test('where all tallies, every row is told as it went and the successful ones are not read', async () => {
  await fc.assert(
    fc.asyncProperty(fates, async (truth) => {
      const job = jobOf(truth, HONEST);
      expect(await saidOf(job)).toEqual(truth);
      expect(job.asked).toEqual(['failedResults', 'unprocessedrecords']);
    }),
  );
});

test('no list that lacks, doubles, invents or cuts off rows makes a row what it did not become', async () => {
  await fc.assert(
    fc.asyncProperty(fates, lies, async (truth, told) => {
      expect(wrong(truth, await saidOf(jobOf(truth, told)))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test('counters that are wrong make no row what it did not become', async () => {
  const off = fc.integer({ min: -3, max: 3 });
  await fc.assert(
    fc.asyncProperty(fates, off, off, async (truth, done, failed) => {
      expect(wrong(truth, await saidOf(jobOf(truth, HONEST, [done, failed])))).toEqual([]);
    }),
  );
});

test('a row that two lists name, each as something else, is of unknown outcome', async () => {
  const job = jobOf(['written', 'written', 'failed'], HONEST);
  const contradicting: Job = {
    ...job,
    end: { ...job.end, failed: 2 },
    list: async (name) =>
      `${await job.list(name)}${name === 'failedResults' ? await job.list('successfulResults') : ''}`,
  };
  const [, second] = await saidOf(contradicting);
  expect(second).toBeNull();
});

test('a job that did not complete is accounted for row by row', async () => {
  const job = jobOf(['written', 'failed', 'unprocessed'], HONEST, [0, 0], 'Failed');
  expect(await saidOf(job)).toEqual(['written', 'failed', 'unprocessed']);
  expect(job.asked).toContain('successfulResults');
});

test('some rows of a job that has more are accounted for row by row', async () => {
  const job = jobOf(['written', 'failed', 'unprocessed', 'written'], HONEST);
  const some = { ...job, rows: job.rows.slice(1) };
  expect(await saidOf(some)).toEqual(['failed', 'unprocessed', 'written']);
});
