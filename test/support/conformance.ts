/** Runs the conformance suite against a connector and holds what comes of it against the score that the connector tells. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import {
  conformanceCases,
  type ConformanceHarness,
  type ConformanceOutcome,
} from '../../src/connector/conformance/index.ts';
import { scoreMarkdown, sheetFor, type Score, type ScoreSheet } from '../../src/connector/score.ts';

const CONNECTORS = join(import.meta.dirname, '..', '..', 'src', 'connectors');
const [BEGIN, END] = ['<!-- score: written by npm run scores -->', '<!-- end of score -->'];
const writes = process.env['TRUEUP_WRITE_SCORES'] === '1';

interface SuiteOptions {
  /** Cases of one set-up may run at the same time. */
  readonly concurrent?: boolean;
}

/** Registers every case for every set-up, and a last test: that the connector's score and README tell just this. */
export function conformanceSuite(
  system: string,
  told: Score,
  setUps: Readonly<Record<string, () => ConformanceHarness>>,
  options: SuiteOptions = {},
): void {
  const outcomes = new Map<string, Map<string, ConformanceOutcome>>();
  for (const [name, harnessOf] of Object.entries(setUps)) {
    const own = new Map<string, ConformanceOutcome>();
    outcomes.set(name, own);
    describe(`${system}: ${name}`, { concurrent: options.concurrent ?? false }, () => {
      for (const rule of conformanceCases())
        test(`${rule.name}: ${rule.title}`, async () => {
          const outcome = await rule.run(harnessOf());
          own.set(rule.name, outcome);
          expect(outcome.kind).toBe(writes ? outcome.kind : toldOf(sheetFor(told, name), rule.name));
        });
    });
  }
  test(`the score and the README of ${system} tell what came of it`, async () => {
    const score = together([...outcomes].map(([name, own]) => sheetOf(name, own)));
    if (writes) await writeScore(system, score);
    expect(writes ? score : told).toEqual(score);
    expect(await sectionOf(system)).toBe(markdownOf(score));
  });
}

function toldOf(sheet: ScoreSheet | undefined, name: string): ConformanceOutcome['kind'] | 'unknown' {
  if (sheet === undefined) return 'unknown';
  if (sheet.notTried.includes(name)) return 'notTried';
  return Object.values(sheet.notApplicable).flat().includes(name) ? 'notApplicable' : 'held';
}

function markdownOf(score: Score): string {
  return scoreMarkdown(
    score,
    conformanceCases().map(({ name }) => name),
  );
}

/** In the suite's order, whatever the order they ran in. */
function sheetOf(setUp: string, own: ReadonlyMap<string, ConformanceOutcome>): ScoreSheet {
  const names = conformanceCases().map(({ name }) => name);
  const those = (kind: ConformanceOutcome['kind']): readonly string[] =>
    names.filter((name) => own.get(name)?.kind === kind);
  const notApplicable: Record<string, string[]> = {};
  for (const name of names) {
    const outcome = own.get(name);
    if (outcome?.kind === 'notApplicable') (notApplicable[outcome.reason] ??= []).push(name);
  }
  return {
    setUps: [setUp],
    held: those('held').length,
    notApplicable,
    notTried: those('notTried'),
  };
}

/** Sheets that say the same are one sheet of several set-ups. */
function together(sheets: readonly ScoreSheet[]): Score {
  const shared = new Map<string, ScoreSheet>();
  for (const sheet of sheets) {
    const says = JSON.stringify({ ...sheet, setUps: [] });
    const before = shared.get(says)?.setUps ?? [];
    shared.set(says, { ...sheet, setUps: [...before, ...sheet.setUps] });
  }
  return [...shared.values()];
}

async function readme(system: string): Promise<string> {
  return await readFile(join(CONNECTORS, system, 'README.md'), 'utf8');
}

async function sectionOf(system: string): Promise<string> {
  const [, rest = ''] = (await readme(system)).split(BEGIN);
  return rest.slice(0, rest.indexOf(END)).trim();
}

async function writeScore(system: string, score: Score): Promise<void> {
  const text = await readme(system);
  const section = `${BEGIN}\n\n${markdownOf(score)}\n\n${END}\n`;
  const before = text.includes(BEGIN) ? text.slice(0, text.indexOf(BEGIN)) : `${text.trimEnd()}\n\n`;
  const after = text.includes(END) ? text.slice(text.indexOf(END) + END.length).replace(/^\n/, '') : '';
  await writeFile(join(CONNECTORS, system, 'README.md'), before + section + after);
  const code = [
    '/** What came of the conformance suite. Written by `npm run scores`; the suite refuses what is not so. */',
    `import type { Score } from '../../connector/score.ts';`,
    '',
    `export const SCORE: Score = ${JSON.stringify(score, null, 2)};`,
  ];
  await writeFile(join(CONNECTORS, system, 'score.ts'), `${code.join('\n')}\n`);
}
