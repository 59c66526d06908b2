/**
 * Settles writes whose answer was lost, by evidence. Nothing here guesses: what cannot be established becomes a remembered
 * body (it may still land) or a dead letter that asks a person.
 */
import type { Lookup, SystemRecord } from '../connector/contract.ts';
import type { FieldLens } from '../engine/model.ts';
import { asCalledBefore } from '../engine/references.ts';
import { linkAt, type Link } from '../engine/state.ts';
import { InvalidValue, type NativeValue, type Value } from '../engine/value.ts';
import { must } from '../lib/assert.ts';
import type { KnownRecord, StoredBundle, SyncTx, WriteEnd, WriteRow } from '../store/contract.ts';
import { Batch } from './batch.ts';
import { endAll } from './ends.ts';
import { failureOfError } from './failures.ts';
import { giveWayAt } from './given-again.ts';
import { afterLag, readBeganMs } from './lag.ts';
import { PAGE_RECORDS_MAX } from './limits.ts';
import { lookTogether } from './look-together.ts';
import { readAll } from './references.ts';
import { isRival } from './rivals.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { overtaken, ruleOnUnknown, settleUnknown, type Finding, type Seen } from './settle.ts';
import { valuesOf } from './values.ts';

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
  const beganMs = await readBeganMs(runtime, side);
  const findings = await investigate(runtime, side, rows);
  const writes = rows.map(({ write }) => write);
  const wakened = await runtime.transaction((tx) => settle(runtime, tx, side, writes, findings, beganMs));
  for (const woken of wakened) runtime.wakes.wake(`deliver ${woken}`);
  return rows.length;
}

async function investigate(
  runtime: SyncRuntime,
  side: SideRuntime,
  rows: readonly { readonly write: WriteRow; readonly bundle: StoredBundle }[],
): Promise<ReadonlyMap<string, Finding>> {
  const findings = new Map<string, Finding>();
  const rivals = new Map<string, Seen>();
  const addressed = rows.flatMap(({ write, bundle }) => {
    const recordId = write.recordId ?? linkAt(bundle, side.model.name)?.recordId ?? null;
    return recordId === null ? [] : [{ write, recordId }];
  });
  try {
    const lookups = await lookTogether(
      side,
      addressed.map(({ recordId }) => recordId),
    );
    for (const [index, { write }] of addressed.entries()) {
      const finding = findingOf(side, must(lookups[index], 'there is one lookup per record'));
      if (write.kind === 'create' && finding.kind === 'record' && isRivalOf(runtime, side, write, finding))
        rivals.set(write.writeId, { ...finding, isRival: true });
      // A record that somebody has entered in place of a lost create tells nothing of that once it is gone.
      else if (write.kind !== 'create' || finding.kind === 'record' || finding.kind === 'failed')
        findings.set(write.writeId, finding);
    }
    const creates = rows.map(({ write }) => write).filter(({ writeId }) => !findings.has(writeId));
    for (const [writeId, finding] of await findCreated(runtime, side, creates))
      findings.set(writeId, besideRival(rivals.get(writeId), finding));
  } catch (error) {
    const failure = failureOfError(error);
    for (const { write } of rows)
      if (!findings.has(write.writeId)) findings.set(write.writeId, { kind: 'failed', failure });
  }
  return findings;
}

/** Of a record that cannot be read nobody knows. */
function isRivalOf({ model }: SyncRuntime, side: SideRuntime, { body }: WriteRow, { values }: Seen): boolean {
  return values !== null && isRival(model, side.model, must(body, 'a sent write has a body'), values);
}

/** What a search for what a create has made tells where a rival has its place: whether there is another record besides. */
function besideRival(rival: Seen | undefined, found: Finding): Finding {
  if (rival === undefined || found.kind === 'failed') return found;
  const isAlone = found.kind === 'absent' || (found.kind === 'record' && found.record.id === rival.record.id);
  return isAlone ? rival : { kind: 'second' };
}

function findingOf(side: SideRuntime, lookup: Lookup): Finding {
  switch (lookup.kind) {
    case 'found': {
      const { record } = lookup;
      return { kind: 'record', record, values: valuesOf(side.model, record.fields) };
    }
    case 'absent':
      return { kind: 'absent' };
    case 'failed':
      return { kind: 'failed', failure: lookup.failure };
    case 'hidden':
      return { kind: 'hidden' };
  }
}

/** Of what cannot be read nothing follows that a later look could know better, and each sweep sees it anew. */
function tellsValues(finding: Finding): boolean {
  return finding.kind !== 'record' || finding.values !== null;
}

/** Looks for the records that creates may have made, by a field that identifies them: one question per field, not per create. */
async function findCreated(
  runtime: SyncRuntime,
  side: SideRuntime,
  writes: readonly WriteRow[],
): Promise<ReadonlyMap<string, Finding>> {
  const findings = new Map<string, Finding>();
  const sought = new Map<FieldLens, Sought[]>();
  for (const write of writes) {
    const key = side.card.createIdentity === 'none' ? null : keyOf(runtime, side, write);
    if (key === null) findings.set(write.writeId, { kind: 'impossible' });
    else sought.set(key.lens, [...(sought.get(key.lens) ?? []), { write, value: key.value }]);
  }
  for (const [lens, creates] of sought) {
    for (const [write, records] of await findBy(side, lens, creates))
      findings.set(write.writeId, findingAmong(side, records));
  }
  return findings;
}

interface Sought {
  readonly write: WriteRow;
  readonly value: Value;
}

async function findBy(
  side: SideRuntime,
  lens: FieldLens,
  sought: readonly Sought[],
): Promise<ReadonlyMap<WriteRow, readonly SystemRecord[]>> {
  const { collection, natives: fields } = side.model;
  const natives = sought.map(({ value }) => lens.put(value) as NativeValue);
  const countMax = sought.length * CANDIDATES_MAX;
  const found = await side.session.find(collection, lens.native, natives, fields, countMax);
  const [first, ...more] = sought;
  if (first === undefined) return new Map();
  if (more.length === 0) return new Map([[first.write, found]]);
  const holding = (value: Value): readonly SystemRecord[] =>
    found.filter((record) => isSame(lens, record.fields.get(lens.native), value));
  const records = new Map(sought.map(({ write, value }) => [write, holding(value)]));
  const told = new Set([...records.values()].flat());
  if (told.size === found.length && found.length < countMax) return records;
  // The system's own idea of equal is wider than ours: whose record this is, only asking for each tells.
  for (const one of sought) {
    const [[write, mine] = []] = await findBy(side, lens, [one]);
    if (write !== undefined && mine !== undefined) records.set(write, mine);
  }
  return records;
}

function isSame(lens: FieldLens, native: NativeValue | undefined, value: Value): boolean {
  const read = native === undefined ? null : lens.get(native);
  return !(read instanceof InvalidValue) && lens.field.same(read, value);
}

function findingAmong(side: SideRuntime, records: readonly SystemRecord[]): Finding {
  const [record, ...others] = records;
  if (record === undefined) return { kind: 'absent' };
  return others.length > 0 ? { kind: 'several' } : findingOf(side, { kind: 'found', record });
}

/** The first single field that identifies the record, that the side has, and that the create wrote. */
function keyOf(
  runtime: SyncRuntime,
  side: SideRuntime,
  write: WriteRow,
): { readonly lens: FieldLens; readonly value: Value } | null {
  const body = must(write.body, 'a sent write has a body');
  for (const [field, ...more] of runtime.model.match) {
    const lens = field === undefined || more.length > 0 ? undefined : side.model.lensOf.get(field);
    const value = lens === undefined ? undefined : body[lens.field.name];
    // A system is asked for one field; a value of several is none, and many records have one reference.
    if (lens === undefined || lens.parts !== null || lens.refersTo !== null || value == null) continue;
    const native = lens.put(value);
    return native === null || native instanceof InvalidValue ? null : { lens, value };
  }
  return null;
}

/**
 * Creates for which a record was found that belongs to another identity: somebody gave it this key, or the system gave the
 * id of a deleted record to ours. Nothing here tells which.
 */
function linkedElsewhere(
  found: readonly Found[],
  known: ReadonlyMap<string, KnownRecord>,
): ReadonlySet<string> {
  const others = found.filter(({ recordId, identityId }) => {
    const record = known.get(recordId);
    return (
      record !== undefined && record.status !== 'gone' && (record.identityId ?? identityId) !== identityId
    );
  });
  return new Set(others.map(({ writeId }) => writeId));
}

/** A record that was found for a create. */
interface Found {
  readonly writeId: string;
  readonly identityId: string;
  readonly recordId: string;
}

function foundFor(writes: readonly WriteRow[], findings: ReadonlyMap<string, Finding>): readonly Found[] {
  return writes.flatMap(({ kind, writeId, identityId }) => {
    const finding = findings.get(writeId);
    const isFound = kind === 'create' && finding?.kind === 'record';
    return isFound ? [{ writeId, identityId, recordId: finding.record.id }] : [];
  });
}

/** The findings with what their records refer to. */
async function readFindings(
  tx: SyncTx,
  side: SideRuntime,
  writes: readonly WriteRow[],
  bundles: ReadonlyMap<string, StoredBundle>,
  findings: ReadonlyMap<string, Finding>,
): Promise<ReadonlyMap<string, Finding>> {
  if (side.model.references.length === 0) return findings;
  const all = [...findings];
  const reads = await readAll(
    tx,
    side.model,
    all.map(([, finding]) => (finding.kind === 'record' ? (finding.values ?? {}) : {})),
  );
  return new Map(
    all.map(([writeId, finding], index): [string, Finding] => {
      const read = reads[index];
      if (finding.kind !== 'record' || finding.values === null || read === undefined)
        return [writeId, finding];
      const bundle = bundles.get(writes.find((write) => write.writeId === writeId)?.identityId ?? '');
      const link = bundle === undefined ? undefined : linkAt(bundle, side.model.name);
      const known = link === undefined ? undefined : withoutStale(link);
      const { values, called = {} } = asCalledBefore(side.model, read, known);
      return [writeId, { ...finding, values, called }];
    }),
  );
}

/** Who goes on calling a thing as it is called no more has not got the write that was to put that right. */
function withoutStale({ accounted, called = {}, stale = [] }: Link): Pick<Link, 'accounted' | 'called'> {
  const fresh = Object.entries(called).filter(([name]) => !stale.includes(name));
  return { accounted, called: Object.fromEntries(fresh) };
}

async function settle(
  runtime: SyncRuntime,
  tx: SyncTx,
  side: SideRuntime,
  writes: readonly WriteRow[],
  findings: ReadonlyMap<string, Finding>,
  beganMs: number,
): Promise<ReadonlySet<string>> {
  const bundles = await tx.lockBundles(writes.map((write) => write.identityId));
  const { name } = side.model;
  const made = foundFor(writes, findings);
  const known = await tx.recordsOf(
    name,
    made.map(({ recordId }) => recordId),
  );
  const others = linkedElsewhere(made, known);
  const read = await readFindings(tx, side, writes, bundles, findings);
  const batch = new Batch(runtime, tx);
  for (const bundle of bundles.values()) batch.load(bundle);
  await giveWayAt(tx, batch, name, known.values());
  const ends: WriteEnd[] = [];
  const looks: string[] = [];
  for (const write of writes) {
    const stored = bundles.get(write.identityId);
    const row = stored?.writes.find((open) => open.writeId === write.writeId);
    if (stored === undefined || row?.state !== 'unknown' || row.epoch !== write.epoch) continue;
    const bundle = { ...stored, links: batch.get(write.identityId)?.links ?? stored.links };
    const found = must(read.get(write.writeId), 'every unknown write was investigated');
    const finding: Finding = others.has(write.writeId) ? { kind: 'several' } : found;
    const resolveAtMs = must(row.resolveAtMs, 'an unknown write has a time to be resolved');
    // However long the look took to come: what landed after it began it does not show.
    const openForMs = resolveAtMs - (beganMs + side.card.readLagMs);
    const seen = [linkAt(bundle, name), finding.kind === 'record' ? known.get(finding.record.id) : undefined];
    const isOvertaken = tellsValues(finding) && seen.some((one) => one !== undefined && one.asOfMs > beganMs);
    const ruling = isOvertaken ? overtaken() : ruleOnUnknown(runtime, row, finding, openForMs);
    const settled = settleUnknown(runtime, batch, bundle, row, ruling, tx.nowMs);
    ends.push(settled.end);
    if (settled.look !== null) looks.push(settled.look);
  }
  await endAll(tx, ends);
  const wakened = await batch.store();
  const hints = looks.map((recordId) => ({ recordId, kind: 'changed' as const }));
  await tx.noteHints(name, afterLag(side, hints));
  return wakened;
}
