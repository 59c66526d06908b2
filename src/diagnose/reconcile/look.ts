/** Weighs what a side shows of some records against all that the store knows of them. */
import type { SystemRecord } from '../../connector/contract.ts';
import { readRecord } from '../../engine/mapping.ts';
import { matchKeys } from '../../engine/match.ts';
import type { SyncModel } from '../../engine/model.ts';
import { differenceAt, holdsGolden, type Difference, type Shown } from '../../engine/reconcile.ts';
import { linkAt, writeAt } from '../../engine/state.ts';
import { readBundles } from '../../store/bundles.ts';
import type { StoredBundle, SyncTx } from '../../store/contract.ts';
import type { Tx } from '../../store/database.ts';
import { looksAt, storedRecords, type StoredRecord } from '../../store/reconciliations.ts';
import { streamStates } from '../../store/status.ts';
import { readAll } from '../../worker/references.ts';
import type { SideRuntime } from '../../worker/runtime.ts';

/** A sync to reconcile: its model and its store. */
export interface Reconciled {
  readonly syncKey: string;
  readonly model: SyncModel;
  readonly transaction: <T>(action: (tx: Tx, sync: SyncTx) => Promise<T>) => Promise<T>;
}

/** A record as its side showed it, before its references were read. */
export interface Sight {
  readonly recordId: string;
  readonly shown: Shown;
  /** When the system says it was last changed, in its own clock. */
  readonly modifiedAtMs: number | null;
}

export function sightOf({ model }: SideRuntime, record: SystemRecord): Sight {
  const reading = readRecord(model, record.fields);
  const shown: Shown =
    reading.kind === 'values' ? reading : { kind: reading.kind === 'invalid' ? 'unreadable' : 'excluded' };
  return { recordId: record.id, shown, modifiedAtMs: record.modifiedAtMs ?? null };
}

/** One answer per sight: null where the record is as it should be. */
export interface Weighed {
  readonly recordId: string;
  readonly identityId: string | null;
  readonly difference: Difference | null;
}

/** A clock that is ahead must not explain for ever what nobody has noticed. */
const CLOCK_AHEAD_MS_MAX = 300_000;

export async function weigh(
  { syncKey, model, transaction }: Reconciled,
  side: SideRuntime,
  sights: readonly Sight[],
): Promise<readonly Weighed[]> {
  if (sights.length === 0) return [];
  const { name } = side.model;
  return transaction(async (tx, sync) => {
    const ids = sights.map(({ recordId }) => recordId);
    const stored = await storedRecords(tx, syncKey, name, ids);
    const read = await readReferences(sync, side, sights);
    const doubtful = read.filter((sight) => !isInStep(side, sight, stored.get(sight.recordId)));
    const differences = await explain({ tx, sync, syncKey, model, side, stored }, doubtful);
    return read.map(({ recordId }) => ({
      recordId,
      identityId: stored.get(recordId)?.identityId ?? null,
      difference: differences.get(recordId) ?? null,
    }));
  });
}

function isInStep(side: SideRuntime, { shown }: Sight, record: StoredRecord | undefined): boolean {
  if (shown.kind !== 'values' || shown.unread !== undefined || record?.status !== 'live') return false;
  return record.golden !== null && holdsGolden(side.model, shown.values, record.golden);
}

async function readReferences(
  sync: SyncTx,
  side: SideRuntime,
  sights: readonly Sight[],
): Promise<readonly Sight[]> {
  if (side.model.references.length === 0) return sights;
  const values = sights.map(({ shown }) => (shown.kind === 'values' ? shown.values : {}));
  const reads = await readAll(sync, side.model, values);
  return sights.map((sight, index) => {
    const read = reads[index];
    if (sight.shown.kind !== 'values' || read === undefined) return sight;
    return { ...sight, shown: { kind: 'values', ...read } };
  });
}

interface Weighing {
  readonly tx: Tx;
  readonly sync: SyncTx;
  readonly syncKey: string;
  readonly model: SyncModel;
  readonly side: SideRuntime;
  readonly stored: ReadonlyMap<string, StoredRecord>;
}

async function explain(
  { tx, sync, syncKey, model, side, stored }: Weighing,
  sights: readonly Sight[],
): Promise<ReadonlyMap<string, Difference | null>> {
  if (sights.length === 0) return new Map();
  const { name } = side.model;
  const looks = await looksAt(
    tx,
    syncKey,
    name,
    sights.map(({ recordId }) => recordId),
  );
  const keysOf = new Map(
    sights.map(({ recordId, shown }) => [
      recordId,
      shown.kind === 'values' ? matchKeys(model, shown.values) : [],
    ]),
  );
  const byKey = await sync.identitiesByKey([...keysOf.values()].flat());
  const own = sights.flatMap(({ recordId }) => stored.get(recordId)?.identityId ?? []);
  const bundles = await readBundles(tx, syncKey, [...new Set([...own, ...byKey.values()])]);
  const readUntilMs = await seenUntilMs(tx, syncKey, name);
  return new Map(
    sights.map(({ recordId, shown, modifiedAtMs }) => {
      const record = stored.get(recordId);
      const keyed = (keysOf.get(recordId) ?? []).flatMap((key) => bundles.get(byKey.get(key) ?? '') ?? []);
      const known = {
        recordId,
        status: record?.status ?? null,
        bundle: bundles.get(record?.identityId ?? '') ?? null,
        look: looks.get(recordId) ?? ('none' as const),
        isNewer: isNewer(modifiedAtMs, readUntilMs, tx.nowMs),
        keyHolder: keyHolder(keyed, name, recordId),
        isBeingMade: keyed.some((bundle) => writeAt(bundle, name)?.kind === 'create'),
      };
      return [recordId, differenceAt(side.model, shown, known)];
    }),
  );
}

function keyHolder(keyed: readonly StoredBundle[], side: string, recordId: string): string | null {
  const others = keyed.flatMap((bundle) => {
    const link = linkAt(bundle, side);
    return link?.status === 'live' && link.recordId !== recordId ? [link.recordId] : [];
  });
  return others[0] ?? null;
}

/** Everything committed at the side before this instant has been seen; 0 when nothing has. */
async function seenUntilMs(tx: Tx, syncKey: string, side: string): Promise<number> {
  const streams = await streamStates(tx, syncKey);
  return Math.max(
    0,
    ...streams.filter((stream) => stream.side === side).map(({ currentAsOfMs }) => currentAsOfMs ?? 0),
  );
}

function isNewer(modifiedAtMs: number | null, readUntilMs: number, nowMs: number): boolean {
  if (readUntilMs === 0) return true;
  return modifiedAtMs !== null && modifiedAtMs > readUntilMs && modifiedAtMs <= nowMs + CLOCK_AHEAD_MS_MAX;
}
