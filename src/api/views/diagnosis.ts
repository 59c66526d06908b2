import type { z } from '@hono/zod-openapi';

import type { Diagnosis, WeighedFinding } from '../../diagnose/diagnosis.ts';
import { FAULTS } from '../../diagnose/finding.ts';
import type { SyncRow } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { goldenOf, type GoldenRow } from '../../store/search.ts';
import { at } from '../shapes/common.ts';
import type { Diagnosis as Shape } from '../shapes/diagnosis.ts';
import { titleOf } from '../words/title.ts';

type DiagnosisShape = z.infer<typeof Shape>;
type FindingShape = DiagnosisShape['items'][number];

/** A diagnosis with its records by the names that people know them by. */
export async function diagnosisView(
  tx: Tx,
  syncs: readonly SyncRow[],
  { findings, blind }: Diagnosis,
  asOfMs: number,
): Promise<DiagnosisShape> {
  const identities = findings.flatMap(({ records }) =>
    (records?.samples ?? []).flatMap(({ identityId }) => identityId ?? []),
  );
  const keys = syncs.map(({ syncKey }) => syncKey);
  const golden = await goldenOf(tx, keys, [...new Set(identities)]);
  const byKey = new Map(syncs.map((sync) => [sync.syncKey, sync]));
  return {
    asOf: at(asOfMs),
    items: findings.map((finding) => findingShape(finding, byKey, golden)),
    next: null,
    blind,
  };
}

function findingShape(
  { sinceMs, records, problemId: problem, fault, ...finding }: WeighedFinding,
  syncs: ReadonlyMap<string, SyncRow>,
  golden: ReadonlyMap<string, GoldenRow>,
): FindingShape {
  const samples = records?.samples ?? [];
  return {
    ...finding,
    problem,
    fault: { kind: fault, says: FAULTS[fault] },
    since: at(sinceMs),
    records: records?.count ?? null,
    samples: samples.map(({ recordId: record, identityId: identity }) => {
      const known = identity === null ? undefined : golden.get(identity);
      const sync = known === undefined ? undefined : syncs.get(known.syncKey);
      const title = known === undefined || sync === undefined ? '' : titleOf(sync.definition, known.golden);
      return { record, identity, title: title === '' ? record : title };
    }),
  };
}
