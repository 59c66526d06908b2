import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { must } from '../../src/lib/assert.ts';
import { hashOf } from './history.ts';
import { judgeHistory } from './judge.ts';
import { filesOf, plant } from './planted/bug.ts';
import { BUGS, bugNamed } from './planted/bugs.ts';
import { findBug, ROOT } from './planted/find.ts';
import { runSeeds } from './runner.ts';
import { shrink, withoutTail } from './shrink.ts';
import { replayTape, seedTape } from './tape.ts';
import { readRegressions, readTape, saveTape } from './tapes.ts';
import { tellHistory } from './tell.ts';
import { kindOf } from './violation.ts';

const SEEDS = 240;
const REFERRING_SEEDS = 60;
/** Whatever else becomes hard to find, this bug must be found: it takes old values for new ones. */
const CANARY = 'every-change-is-an-edit';
const CANARY_SEEDS = 40;

describe('the simulated world', () => {
  test(`keeps every promise in ${String(SEEDS)} histories`, async () => {
    const { broken, histories } = await runSeeds({ firstSeed: 1, seeds: SEEDS, lanes: 2 });
    expect(broken).toEqual([]);
    expect(histories).toBe(SEEDS);
  });

  test(`keeps every promise in ${String(REFERRING_SEEDS)} histories of things and their parts`, async () => {
    const given = { firstSeed: 1, seeds: REFERRING_SEEDS, lanes: 2, about: 'references' };
    const { broken, histories } = await runSeeds(given);
    expect(broken).toEqual([]);
    expect(histories).toBe(REFERRING_SEEDS);
  });

  test('goes the same way again from the same seed, and from the tape of what was chosen', async () => {
    const tape = seedTape(7);
    const hash = hashOf(await judgeHistory(tape));
    expect(hashOf(await judgeHistory(seedTape(7)))).toBe(hash);
    expect(hashOf(await judgeHistory(replayTape(tape.recorded())))).toBe(hash);
    expect(hashOf(await judgeHistory(seedTape(8)))).not.toBe(hash);
  });

  test('breaks no promise that a saved tape once broke', async () => {
    for (const { name, recording } of await readRegressions()) {
      const { violations } = await judgeHistory(replayTape(recording));
      expect({ name, violations }).toEqual({ name, violations: [] });
    }
  });

  test('tells a history in words, faults and end included', async () => {
    const { lines, violations } = await tellHistory(seedTape(7));
    expect(violations).toEqual([]);
    const told = lines.join('\n');
    expect(told).toContain('somebody creates crm crm-1');
    expect(told).toContain('TRUEUP creates');
    expect(told).toContain('At the end');
    expect(lines.at(-1)).toBe('Every promise was kept.');
  });
});

describe('planted bugs', () => {
  test('a history that a bug breaks is found, and its kind is known', async () => {
    const bug = must(bugNamed(CANARY), 'the canary is a planted bug');
    expect(await findBug(bug, 1, CANARY_SEEDS)).toMatchObject({ kind: 'I2' });
  });

  test('every one of them still fits the code that it is planted in', async () => {
    for (const bug of BUGS) {
      for (const file of filesOf(bug)) {
        const source = await readFile(join(ROOT, file), 'utf8');
        expect(plant(bug, file, source)).not.toBe(source);
      }
    }
  });

  test('one whose text is not there exactly once is refused', () => {
    const bug = { name: 'gone', sentence: 'x', file: 'a.ts', find: 'no such text', replace: '' };
    expect(() => plant(bug, 'a.ts', 'const a = 1;')).toThrow('stands 0 times');
    expect(() => plant({ ...bug, find: 'a' }, 'a.ts', 'a = a')).toThrow('stands 2 times');
    const guards = [{ file: 'b.ts', find: 'b', replace: 'c' }];
    expect(plant({ ...bug, guards }, 'b.ts', 'a b')).toBe('a c');
    expect(filesOf({ ...bug, guards })).toEqual(['a.ts', 'b.ts']);
  });

  test('every one of them has a name of its own and a sentence', () => {
    expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
    for (const { sentence } of BUGS) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});

describe('shrinking', () => {
  test('a tape that breaks nothing is not shrunk', async () => {
    const tape = seedTape(7);
    await judgeHistory(tape);
    const limits = { triesMax: 5, untilMs: Infinity, nowMs: () => 0 };
    expect(await shrink(tape.recorded(), 'I5', limits)).toBeNull();
  });

  test('a tape keeps its history without the harmless end, in memory and as a file', async () => {
    const tape = seedTape(11);
    const hash = hashOf(await judgeHistory(tape));
    const recording = withoutTail({ ...tape.recorded(), people: [...tape.recorded().people, 0, 0] });
    expect(recording.people.at(-1)).not.toBe(0);
    await using directory = await mkdtempDisposable(join(tmpdir(), 'trueup-tape-'));
    const file = join(directory.path, 'tape.json');
    await saveTape(file, { broke: 'nothing', recording });
    const saved = await readTape(file);
    expect(saved).toEqual({ broke: 'nothing', recording });
    expect(hashOf(await judgeHistory(replayTape(saved.recording)))).toBe(hash);
  });

  test('violations of one check are of one kind, wherever they happened', () => {
    expect(kindOf('I13: crm crm-5 is not known, but it is there')).toBe('I13');
    expect(kindOf('capture crm threw: TypeError: x')).toBe('a unit of work threw');
    expect(kindOf('work that was begun never ended')).toBe('work that was begun never ended');
  });
});
