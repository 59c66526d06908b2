/** Syncs diagnosed one after another within a time: what was found, the heaviest first, and what could not be looked at. */
import type { Clock } from '../lib/clock.ts';
import type { AboutRecords } from '../store/alerts.ts';
import type { SyncRow } from '../store/control.ts';
import { isTooSlow, withinTime, type Tx } from '../store/database.ts';
import { identitiesOf } from '../store/history.ts';
import { blindSpots, type BlindSpot } from './blind-spots.ts';
import { gatherEvidence } from './evidence.ts';
import { SYMPTOMS, type Finding, type Symptom, type Weight } from './finding.ts';
import { diagnose } from './symptoms.ts';

/** One cause, with everything that people complain of because of it. */
export interface WeighedFinding extends Omit<Finding, 'symptom'> {
  readonly sync: string;
  readonly symptoms: readonly Symptom[];
}

export interface Diagnosis {
  /** The heaviest first, at most `FINDINGS_MAX`. */
  readonly findings: readonly WeighedFinding[];
  readonly blind: readonly (BlindSpot & { readonly sync: string | null })[];
}

export interface Diagnosing {
  /** Each sync is looked at in a transaction of its own. */
  readonly transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly clock: Clock;
}

const DIAGNOSIS_MS_MAX = 20_000;
const FINDINGS_MAX = 300;

/** Ends within `msMax`: a sync that takes too long, and those after it, are named as not looked at. */
export async function diagnoseSyncs(
  { transaction, clock }: Diagnosing,
  syncs: readonly SyncRow[],
  msMax = DIAGNOSIS_MS_MAX,
): Promise<Diagnosis> {
  const endMs = clock.monotonicMs() + msMax;
  const leftMs = (): number => endMs - clock.monotonicMs();
  const found: WeighedFinding[] = [];
  const blind: Diagnosis['blind'][number][] = [];
  for (const sync of syncs) {
    const seen = leftMs() <= 0 ? null : await looked(transaction, sync, leftMs);
    if (seen === null) blind.push({ sync: sync.name, side: null, says: tooLong(msMax) });
    else {
      found.push(...seen.findings);
      blind.push(...seen.blind);
    }
  }
  const findings = found.toSorted(byWeight);
  const more = findings.length - FINDINGS_MAX;
  if (more > 0)
    blind.push({ sync: null, side: null, says: `${String(more)} lighter findings are not listed` });
  return { findings: findings.slice(0, FINDINGS_MAX), blind };
}

function tooLong(msMax: number): string {
  return `it was not looked at: the diagnosis may take ${String(Math.round(msMax / 1_000))} seconds, and they were over`;
}

/** Null when the time was over first. */
async function looked(
  transaction: Diagnosing['transaction'],
  sync: SyncRow,
  leftMs: () => number,
): Promise<Diagnosis | null> {
  try {
    return await transaction(async (tx) => {
      const limited = withinTime(tx, leftMs);
      const evidence = await gatherEvidence(limited, sync);
      const findings = merged(sync.name, diagnose(evidence));
      const named: WeighedFinding[] = [];
      for (const one of findings) named.push(await withIdentities(limited, sync, one));
      return { findings: named, blind: blindSpots(evidence).map((spot) => ({ ...spot, sync: sync.name })) };
    });
  } catch (error) {
    if (isTooSlow(error)) return null;
    throw error;
  }
}

/** What has one cause is told once, with all its symptoms. */
function merged(sync: string, findings: readonly Finding[]): readonly WeighedFinding[] {
  const byCause = Map.groupBy(findings, ({ cause, side, next }) => JSON.stringify([cause, side, next]));
  return [...byCause.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { symptom, ...rest } = first;
    return [{ ...rest, sync, symptoms: [symptom, ...others.map((other) => other.symptom)] }];
  });
}

async function withIdentities(
  tx: Tx,
  { syncKey }: SyncRow,
  weighed: WeighedFinding,
): Promise<WeighedFinding> {
  const { records, side } = weighed;
  if (records === null || side === null || records.samples.length === 0) return weighed;
  const ids = records.samples.map(({ recordId }) => recordId);
  const identities = await identitiesOf(tx, syncKey, side, ids);
  const samples = records.samples.map(({ recordId, identityId }): AboutRecords['samples'][number] => ({
    recordId,
    identityId: identityId ?? identities.get(recordId) ?? null,
  }));
  return { ...weighed, records: { ...records, samples } };
}

const WEIGHTS: readonly Weight[] = ['stopped', 'partly', 'asSetUp'];
const IN_ORDER = Object.keys(SYMPTOMS) as readonly Symptom[];

/** What stops everything before what stops some, then by the complaint, the number of records, and how long it lasts. */
function byWeight(one: WeighedFinding, other: WeighedFinding): number {
  return (
    WEIGHTS.indexOf(one.weight) - WEIGHTS.indexOf(other.weight) ||
    complaint(one) - complaint(other) ||
    (other.records?.count ?? 0) - (one.records?.count ?? 0) ||
    (one.sinceMs ?? Infinity) - (other.sinceMs ?? Infinity) ||
    one.cause.localeCompare(other.cause)
  );
}

function complaint({ symptoms }: WeighedFinding): number {
  return Math.min(...symptoms.map((symptom) => IN_ORDER.indexOf(symptom)));
}
