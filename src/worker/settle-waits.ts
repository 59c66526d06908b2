/** Ends what waits: whoever brings what is waited for makes the wait due, and every wait is also checked by itself now and then. */
import { kindNow } from '../engine/plan.ts';
import { linkAt } from '../engine/state.ts';
import { must } from '../lib/assert.ts';
import type { StoredBundle, SyncTx } from '../store/contract.ts';
import type { Wait } from '../store/reference-contract.ts';
import { WAITS_CHECKED_MAX } from './limits.ts';
import { pointAnew } from './point-anew.ts';
import type { SyncRuntime } from './runtime.ts';
import { standingInTheWay, type KeyWait } from './unlinked.ts';
import { stillReferredTo, unreadOf } from './waits.ts';

/** Ends due waits whose time has come. Returns how many it ended. */
export async function settleWaits(runtime: SyncRuntime): Promise<number> {
  const { ended, looks, writes } = await runtime.transaction(async (tx) => settle(runtime, tx));
  for (const side of looks) runtime.wakes.wake(`look ${side}`);
  for (const side of writes) runtime.wakes.wake(`deliver ${side}`);
  return ended;
}

interface Settled {
  readonly ended: number;
  readonly looks: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

async function settle(runtime: SyncRuntime, tx: SyncTx): Promise<Settled> {
  const waits = await tx.claimWaits(WAITS_CHECKED_MAX);
  if (waits.length === 0) return { ended: 0, looks: new Set(), writes: new Set() };
  // Who is just deciding about an identity notes or ends its waits; the others come again by themselves.
  const bundles = await tx.lockBundles([...new Set(waits.map(({ identityId }) => identityId))], 'skip');
  const found = waits.filter(({ identityId }) => bundles.has(identityId));
  const points = found.filter((wait) => wait.kind === 'point');
  const mine = found.filter(({ kind }) => kind !== 'point');
  const over = mine.filter((wait) =>
    isObsolete(runtime, wait, must(bundles.get(wait.identityId), 'it is locked')),
  );
  const open = mine.filter((wait) => !over.includes(wait));
  const keyed = open.filter((wait) => wait.kind === 'key');
  const named = open.filter(({ kind }) => kind !== 'key');
  const met = [...(await metAmong(runtime, tx, named)), ...(await freedAmong(runtime, tx, keyed, bundles))];
  const reads = met.filter(({ kind }) => kind === 'read');
  const others = met.filter(({ kind }) => kind !== 'read');
  await tx.endWaits([...over, ...others, ...points]);
  // What is to be read again ends its waits itself: until then its record holds on to what it names.
  await tx.parkWaits(reads);
  for (const side of sidesOf(reads)) {
    const here = reads.filter((wait) => wait.side === side);
    await tx.noteHints(
      side,
      here.map(({ recordId }) => ({
        recordId: must(recordId, 'a record waits to be read'),
        kind: 'changed',
      })),
    );
  }
  // What waits in vain is decided afresh as well: nothing else would put it back into the queue.
  const writes = [...over.filter(({ kind }) => kind !== 'read'), ...others];
  await tx.releaseWrites(writes);
  const wakened = points.length === 0 ? [] : await pointAnew(runtime, tx, points, bundles);
  const ended = over.length + met.length + points.length;
  return { ended, looks: sidesOf(reads), writes: new Set([...sidesOf(writes), ...wakened]) };
}

function sidesOf(waits: readonly Wait[]): ReadonlySet<string> {
  return new Set(waits.map(({ side }) => side));
}

/** What waited is no longer there: a write that is not owed any more, a reference that has been read or taken away. */
function isObsolete({ model }: SyncRuntime, wait: Wait, bundle: StoredBundle): boolean {
  if (wait.kind === 'read') return unreadOf(linkAt(bundle, wait.side))?.[wait.field] === undefined;
  const write = bundle.writes.find(({ side }) => side === wait.side);
  if (write?.state !== 'planned' && write?.state !== 'queued') return true;
  // A write that was opened as another kind is parked as what it has become.
  const owed = kindNow(model, bundle, write);
  if (wait.kind === 'key') return owed !== 'create';
  return owed === null || (wait.kind === 'delete') !== (owed === 'delete');
}

/** The waits whose end has come. */
async function metAmong(runtime: SyncRuntime, tx: SyncTx, waits: readonly Wait[]): Promise<readonly Wait[]> {
  const met: Wait[] = [];
  const groups = Map.groupBy(waits, (wait) =>
    wait.kind === 'delete'
      ? `delete ${wait.side}`
      : JSON.stringify([wait.kind, wait.at.sync, wait.at.side, wait.at.by ?? null]),
  );
  for (const group of groups.values()) met.push(...(await metOfOneKind(runtime, tx, group)));
  return met;
}

/** Those in whose way the record stands no more. Whether another one does, delivering finds out. */
async function freedAmong(
  runtime: SyncRuntime,
  tx: SyncTx,
  waits: readonly KeyWait[],
  bundles: ReadonlyMap<string, StoredBundle>,
): Promise<readonly Wait[]> {
  const freed: Wait[] = [];
  for (const [side, some] of Map.groupBy(waits, (wait) => wait.side)) {
    const things = some.map(({ identityId }) => must(bundles.get(identityId), 'it is locked'));
    const found = await standingInTheWay(runtime, tx, side, things);
    freed.push(
      ...some.filter(({ identityId, parentRecord }) => found.get(identityId)?.parentRecord !== parentRecord),
    );
  }
  return freed;
}

/** Of waits for one place, or at one side. */
async function metOfOneKind(
  runtime: SyncRuntime,
  tx: SyncTx,
  waits: readonly Wait[],
): Promise<readonly Wait[]> {
  const [first] = waits;
  if (first === undefined) return [];
  if (first.kind === 'delete') {
    const ids = waits.map(({ identityId }) => identityId);
    const referred = await stillReferredTo(runtime, tx, first.side, ids);
    return waits.filter(({ identityId }) => !referred.has(identityId));
  }
  const wanted = waits.flatMap((wait) =>
    wait.kind === 'read' ? wait.parentRecord : wait.kind === 'write' ? wait.parentId : [],
  );
  const there = await (first.kind === 'read'
    ? tx.identitiesAt(first.at, wanted)
    : tx.recordsAt(first.at, wanted));
  return waits.filter((_, index) => there.has(wanted[index] ?? ''));
}
