/** What a reconciliation came to, in words and as plain data. */
import type { Difference, Explanation } from '../../engine/reconcile.ts';
import type { Value } from '../../engine/value.ts';
import { counted } from '../../lib/counted.ts';
import type { ClassCount, Finding, SampleFigure, SideTally } from './tally.ts';

/** A reconciliation of some or all sides of a sync. */
export interface Report {
  readonly sync: string;
  /** Store-clock instants. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly sides: readonly SideTally[];
  /** All drift up to a bound, and samples of what a state explains. */
  readonly findings: readonly Finding[];
  /** How much drift is counted and not listed. */
  readonly driftLeftOut: number;
}

export function driftOf({ sides }: Report): number {
  return sides.reduce((sum, { drift }) => sum + drift, 0);
}

export function reportOf(base: Omit<Report, 'driftLeftOut'>): Report {
  const listed = base.findings.filter(({ difference }) => difference.explanation === null).length;
  const report = { ...base, driftLeftOut: 0 };
  return { ...report, driftLeftOut: driftOf(report) - listed };
}

const KINDS: Readonly<Record<Difference['kind'], string>> = {
  missing: 'missing at the side',
  extra: 'at the side and linked to nothing',
  duplicate: 'has the match key of another record',
  differs: 'holds other values',
};

const EXPLANATIONS: Readonly<Record<Explanation, string>> = {
  writePending: 'a write of it is on its way',
  writeHeld: 'a guard holds the write of it',
  writeDead: 'the write of it failed for good: see trueup deadletters',
  held: 'a person must decide: see trueup holds',
  waits: 'it waits for what it refers to',
  ruled: 'by a decision or the mapping this side keeps its own',
  keepsOwn: 'it is only written where nothing stands',
  rewritten: 'the system made this of what was written',
  lookPending: 'a look at it is due',
  lookDead: 'it could not be read: see trueup deadletters',
  changedSince: 'it changed after the side was last read',
  excluded: 'it takes no part',
  hidden: 'the system keeps it from the account',
  leftDeleted: 'it was deleted, and is left so',
  notOwed: 'nothing is to be made here',
};

/** The class of a difference, in words that end no sentence. */
export function classText({
  kind,
  explanation,
}: Pick<ClassCount, 'kind' | 'explanation'>): readonly [string, string] {
  return [KINDS[kind], explanation === null ? 'DRIFT: nothing explains it' : EXPLANATIONS[explanation]];
}

/** One finding as cells, one row for every field that differs. */
export interface FindingRow {
  readonly side: string;
  readonly recordId: string;
  readonly identityId: string;
  readonly difference: string;
  readonly why: string;
  readonly field: string;
  readonly holds: string;
  readonly golden: string;
}

export function rowsOf({ side, recordId, identityId, difference }: Finding): readonly FindingRow[] {
  const [what, why] = classText(difference);
  const row = {
    side,
    recordId: recordId ?? '',
    identityId: identityId ?? '',
    difference: difference.kind === 'duplicate' ? `${what}: ${difference.of}` : what,
    why,
    field: '',
    holds: '',
    golden: '',
  };
  if (difference.kind !== 'differs' || difference.fields.length === 0) return [row];
  return difference.fields.map(({ field, holds, golden, explanation }) => ({
    ...row,
    why: classText({ kind: 'differs', explanation })[1],
    field,
    holds: valueText(holds),
    golden: valueText(golden),
  }));
}

function valueText(value: Value | undefined): string {
  if (value === undefined) return '';
  if (value === null) return '(empty)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What was drawn of a side and what that says, in words that end no sentence. */
export function sampleText({ of, drawn, drift, confidence, shareBelow, othersAtMost }: SampleFigure): string {
  const looked = `${grouped(drawn)} of ${grouped(of)} records were drawn and looked at`;
  if (drawn === of) return looked;
  if (shareBelow >= 1) return `${looked}, which says nothing about the others`;
  const found = drift === 0 ? 'none' : grouped(drift);
  return (
    `${looked}, ${found} of which drifted: with ${String(confidence * 100)} % confidence fewer than ${percentUp(shareBelow)} of all do, ` +
    `at most ${grouped(othersAtMost)} of the others`
  );
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

const DIGITS = 2;

/** Rounded up: a bound that was rounded down would be none. */
function percentUp(share: number): string {
  const percent = share * 100;
  const step = 10 ** (Math.floor(Math.log10(percent)) - DIGITS + 1);
  return `${String(Number((Math.ceil(percent / step) * step).toPrecision(DIGITS)))} %`;
}

/** The answer in one sentence, and one more for every side of which only a sample was looked at. */
export function verdictOf(report: Report): string {
  const samples = report.sides.flatMap(({ side, sample }) =>
    sample === null ? [] : [`At ${side} ${sampleText(sample)}.`],
  );
  return [wholeVerdict(report, samples.length > 0), ...samples].join(' ');
}

function wholeVerdict(report: Report, isSampled: boolean): string {
  const drift = driftOf(report);
  const seen = report.sides.reduce((sum, side) => sum + side.seen, 0).toLocaleString('en-US');
  const explained = report.sides
    .flatMap(({ classes }) => classes)
    .reduce((sum, { explanation, count }) => sum + (explanation === null ? 0 : count), 0);
  const rest =
    explained === 0 ? '' : `; ${explained.toLocaleString('en-US')} differences have a known reason`;
  return drift === 0
    ? `${isSampled ? 'In step as far as was looked' : 'In step'}: of ${seen} records none differs without a known reason${rest}.`
    : `Drift: ${counted(drift, 'difference')} among ${seen} records that nothing explains${rest}.`;
}
