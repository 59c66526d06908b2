import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createTestDatabase } from '../support/postgres.ts';
import { playFirstMatch, type FirstMatchResult } from './first-match.ts';
import { populate, type Populated } from './populated.ts';

const RECORDS = 1_500;

async function played(populated: Populated): Promise<FirstMatchResult> {
  const [crm, erp, store] = [
    await createTestDatabase(),
    await createTestDatabase(),
    await createTestDatabase(),
  ];
  const directory = await mkdtemp(join(tmpdir(), 'trueup-first-match-'));
  try {
    return await playFirstMatch({ directory, databases: { crm, erp, store } }, populated);
  } finally {
    for (const database of [crm, erp, store]) await database.drop();
    await rm(directory, { recursive: true, force: true });
  }
}

test.each([1, 2])(
  'two populated systems: no record is linked to another’s, and every class is counted to the record (seed %d)',
  async (seed) => {
    const populated = populate(RECORDS, seed);
    const { counted, wrongLinks, wrongSuggestions } = await played(populated);
    expect({ ...counted, wrongLinks, wrongSuggestions }).toEqual({
      ...populated.expected,
      wrongLinks: 0,
      wrongSuggestions: 0,
    });
  },
);
