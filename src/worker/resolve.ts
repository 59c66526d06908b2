/**
 * Settles writes whose answer was lost, by evidence. Nothing here guesses: what cannot be established becomes a remembered
 * body (it may still land) or a dead letter that asks a person.
 */
import type { Lookup } from '../connector/contract.ts';
import { readRecord } from '../engine/mapping.ts';
import { linkAt } from '../engine/state.ts';
import { must } from '../lib/assert.ts';
import type { StoredBundle, SyncTx, WriteEnd, WriteRow } from '../store/contract.ts';
import { Batch } from './batch.ts';
import { failureOfError } from './failures.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { ruleOnUnknown, settleUnknown, type Finding } from './settle.ts';

const CANDIDATES_MAX = 10;

/** Resolves due unknown writes of the side. Returns how many it looked into. */
export async function resolveUnknown(runtime: SyncRuntime, side: SideRuntime): Promise<number> {
  const { name } = side.model;
  const countMax = Math.min(PAGE_RECORDS_MAX, side.card.getBatchMax);
  const rows = await runtime.transaction(async (tx) => {
    const bundles = await tx.lockBundles(await tx.claimUnknown(name, countMax), 'skip');
    return [...bundles.values()].flatMap((bundle) =>
      bundle.writes
        .filter((write) => write.side === name && write.state === 'unknown')
        .map((write) => ({ write, bundle })),
    );
  });
  if (rows.length === 0) return 0;
  const readBeganMs = await runtime.nowMs();
  const findings = await investigate(runtime, side, rows);
  const wakened = await runtime.transaction((tx) =>
    settle(
      runtime,
      tx,
      side,
      rows.map(({ write }) => write),
      findings,
      readBeganMs,
    ),
  );
  for (const woken of wakened) runtime.wakes.wake(`deliver ${woken}`);
  return rows.length;
}

async function investigate(
  runtime: SyncRuntime,
  side: SideRuntime,
  rows: readonly { readonly write: WriteRow; readonly bundle: StoredBundle }[],
): Promise<ReadonlyMap<string, Finding>> {
  const findings = new Map<string, Finding>();
  const addressed = rows.flatMap(({ write, bundle }) => {
    const recordId = write.recordId ?? linkAt(bundle, side.model.name)?.recordId ?? null;
    return recordId === null ? [] : [{ write, recordId }];
  });
  try {
    const lookups =
      addressed.length === 0
        ? []
        : await side.session.get(
            side.model.collection,
            addressed.map(({ recordId }) => recordId),
            side.model.natives,
          );
    for (const [index, { write }] of addressed.entries())
      findings.set(write.writeId, findingOf(side, lookups[index]));
    for (const { write } of rows) {
      if (!findings.has(write.writeId)) findings.set(write.writeId, await findCreated(runtime, side, write));
    }
  } catch (error) {
    const failure = failureOfError(error);
    for (const { write } of rows)
      if (!findings.has(write.writeId)) findings.set(write.writeId, { kind: 'failed', failure });
  }
  return findings;
}

function findingOf(side: SideRuntime, lookup: Lookup | undefined): Finding {
  switch (lookup?.kind) {
    case 'found': {
      const reading = readRecord({ ...side.model, where: [] }, lookup.record.fields);
      return {
        kind: 'record',
        record: lookup.record,
        values: reading.kind === 'values' ? reading.values : null,
      };
    }
    case 'absent':
      return { kind: 'absent' };
    case 'failed':
      return { kind: 'failed', failure: lookup.failure };
    case 'hidden':
    case undefined:
      return {
        kind: 'failed',
        failure: { kind: 'transient', code: 'trueup.not_visible', message: 'the record cannot be seen' },
      };
  }
}

/** Looks for the record a create may have made, by the first single field that identifies it and that the side has. */
async function findCreated(runtime: SyncRuntime, side: SideRuntime, write: WriteRow): Promise<Finding> {
  if (side.card.createIdentity === 'none') return { kind: 'impossible' };
  const body = must(write.body, 'a sent write has a body');
  const key = runtime.model.match
    .flatMap((rule) => (rule.length === 1 ? rule : []))
    .find((field) => body[field] != null && side.model.lensOf.has(field));
  const lens = key === undefined ? undefined : side.model.lensOf.get(key);
  const value = key === undefined ? undefined : body[key];
  if (lens === undefined || value === undefined) return { kind: 'impossible' };
  const native = lens.put(value);
  if (native === null || (typeof native === 'object' && 'reason' in native)) return { kind: 'impossible' };
  const found = await side.session.find(
    side.model.collection,
    lens.native,
    [native],
    side.model.natives,
    CANDIDATES_MAX,
  );
  const [record, ...others] = found;
  if (record === undefined) return { kind: 'absent' };
  return others.length > 0 ? { kind: 'several' } : findingOf(side, { kind: 'found', record });
}

async function settle(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  writes: readonly WriteRow[],
  findings: ReadonlyMap<string, Finding>,
  readBeganMs: number,
): Promise<ReadonlySet<string>> {
  const bundles = await tx.lockBundles(writes.map((write) => write.identityId));
  const batch = new Batch(runtime, tx);
  const ends: WriteEnd[] = [];
  const looks: string[] = [];
  for (const write of writes) {
    const bundle = bundles.get(write.identityId);
    const row = bundle?.writes.find((open) => open.writeId === write.writeId);
    if (bundle === undefined || row?.state !== 'unknown' || row.epoch !== write.epoch) continue;
    batch.load(bundle);
    const finding = must(findings.get(write.writeId), 'every unknown write was investigated');
    const openForMs = must(row.resolveAtMs, 'an unknown write has a time to be resolved') - tx.nowMs;
    const ruling = ruleOnUnknown(runtime, row, finding, openForMs, readBeganMs);
    const settled = settleUnknown(runtime, batch, bundle, row, ruling, tx.nowMs);
    ends.push(settled.end);
    if (settled.look !== null) looks.push(settled.look);
  }
  await tx.endWrites(ends);
  const wakened = await batch.store();
  await tx.noteHints(
    side.model.name,
    looks.map((recordId) => ({ recordId, kind: 'changed' })),
  );
  return wakened;
}
