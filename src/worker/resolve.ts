/**
 * Settles writes whose answer was lost, by evidence. Nothing here guesses: what cannot be established becomes a remembered
 * body (it may still land) or a dead letter that asks a person.
 */
import type { Lookup, SystemRecord } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { acknowledge, remember, weigh, withoutWrite } from '../engine/acknowledge.ts';
import { readRecord } from '../engine/mapping.ts';
import { linkAt } from '../engine/state.ts';
import type { Values } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { StoredBundle, SyncTx, WriteEnd, WriteRow } from '../store/contract.ts';
import { resolveInMs } from './answer.ts';
import { Batch } from './batch.ts';
import { failureOfError, stored } from './failures.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

const CANDIDATES_MAX = 10;
/** A system that could not be asked is asked again after this. */
const LOOK_AGAIN_MS = 5_000;

/** What was found out about one write, outside any transaction. */
type Finding =
  | { readonly kind: 'record'; readonly record: SystemRecord; readonly values: Values | null }
  | { readonly kind: 'absent' }
  | { readonly kind: 'several' }
  | { readonly kind: 'impossible' }
  | { readonly kind: 'failed'; readonly failure: Failure };

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
    [native as string],
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
    settleOne(runtime, tx, batch, bundle, row, finding, readBeganMs, ends, looks);
  }
  await tx.endWrites(ends);
  const wakened = await batch.store();
  await tx.noteHints(
    side.model.name,
    looks.map((recordId) => ({ recordId, kind: 'changed' })),
  );
  return wakened;
}

function settleOne(
  runtime: SyncRuntime,
  tx: SyncTx,
  batch: Batch,
  bundle: StoredBundle,
  row: WriteRow,
  finding: Finding,
  readBeganMs: number,
  ends: WriteEnd[],
  looks: string[],
): void {
  const key = {
    identityId: row.identityId,
    side: row.side,
    writeId: row.writeId,
    epoch: row.epoch,
    kind: row.kind,
  };
  const body = must(row.body, 'a sent write has a body');
  const sent = { side: row.side, kind: row.kind, body, seq: row.seq };
  const story = { identityId: row.identityId, side: row.side, recordId: row.recordId };
  const openForMs = must(row.resolveAtMs, 'an unknown write has a time to be resolved') - tx.nowMs;
  const isQuiet = openForMs <= 0;
  const lookLater = (failure: Failure, lookInMs: number): void => {
    ends.push({
      ...key,
      to: 'unknown',
      failure: stored(failure),
      resolveInMs: Math.max(0, openForMs),
      lookInMs,
    });
  };
  const notLanded = (): void => {
    // Until it can no longer be running it may still happen: absence proves nothing before that.
    if (!isQuiet) return lookLater(NOT_LANDED, openForMs);
    ends.push({ ...key, to: 'queued', failure: stored(NOT_LANDED), dueInMs: 0, countsAttempt: false });
    batch.note({ ...story, kind: 'resolved', body: { outcome: 'notLanded' } });
  };
  switch (finding.kind) {
    case 'failed':
      lookLater(finding.failure, LOOK_AGAIN_MS);
      return;
    case 'impossible':
    case 'several':
      if (!isQuiet) return lookLater(UNKNOWN_CREATE, openForMs);
      ends.push({ ...key, to: 'dead', failure: stored(UNKNOWN_CREATE) });
      batch.note({ ...story, kind: 'failed', body: { ...stored(UNKNOWN_CREATE) } });
      return;
    case 'absent':
      if (row.kind === 'create') notLanded();
      else if (row.kind === 'delete') {
        ends.push({ ...key, to: 'acknowledged' });
        const receipt = { recordId: row.recordId ?? '', version: null, returned: null, nowMs: tx.nowMs };
        batch.apply(acknowledge(runtime.model, bundle, sent, receipt), {
          ...story,
          kind: 'written',
          body: { write: row.kind, resolved: true },
        });
      } else {
        ends.push({ ...key, to: 'closed', failure: stored(NOT_LANDED) });
        batch.put(withoutWrite(bundle, row.side));
        if (row.recordId !== null) looks.push(row.recordId);
      }
      return;
    case 'record': {
      const { record, values } = finding;
      const observation = {
        side: row.side,
        recordId: record.id,
        version: record.version,
        values: values ?? {},
        readBeganMs,
      };
      const evidence =
        row.kind === 'create' ? 'landed' : weigh(runtime.model, sent, row.ifVersion, observation, isQuiet);
      if (evidence === 'notLanded') notLanded();
      else if (evidence === 'landed') {
        ends.push({ ...key, to: 'acknowledged' });
        const receipt = { recordId: record.id, version: null, returned: null, nowMs: tx.nowMs };
        batch.apply(acknowledge(runtime.model, bundle, sent, receipt), {
          ...story,
          recordId: record.id,
          kind: 'written',
          body: { write: row.kind, values: body, resolved: true },
        });
        looks.push(record.id);
      } else if (!isQuiet) lookLater(UNCLEAR, openForMs);
      else {
        ends.push({ ...key, to: 'closed', failure: stored(UNCLEAR) });
        batch.apply(
          {
            bundle: remember(bundle, sent, tx.nowMs + resolveInMs(runtime, row.side)),
            changes: [],
            decisions: [],
            holds: [],
          },
          { ...story, kind: 'resolved', body: { outcome: 'unclear', values: body } },
        );
        looks.push(record.id);
      }
    }
  }
}

const NOT_LANDED: Failure = {
  kind: 'transient',
  code: 'trueup.not_landed',
  message: 'the write was found not to have happened',
};
const UNCLEAR: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.unclear',
  message: 'the record changed in another way; it is merged as it is now',
};
const UNKNOWN_CREATE: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.create_outcome_unknown',
  message: 'the answer to a create was lost, and nothing tells whether the record exists',
  advice: 'Look in the system: link the record if it is there, or replay the write if it is not.',
};
