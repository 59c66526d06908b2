/** The look at a record just before it is written: what it is written against must still be what we know of it. */
import type { Lookup, SystemRecord } from '../connector/contract.ts';
import type { Failure } from '../connector/failure.ts';
import { asCalledBefore, sameCall, type Read } from '../engine/references.ts';
import { must } from '../lib/assert.ts';
import { recordAnswers } from './answer.ts';
import { failureOfError } from './failures.ts';
import type { Intent } from './intent.ts';
import { recordBrokenLook } from './isolate.ts';
import { readBeganMs } from './lag.ts';
import { lookTogether } from './look-together.ts';
import { readAll } from './references.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';
import { valuesOf } from './values.ts';

/**
 * Where the system cannot refuse a stale write, look just before writing: the window shrinks to one request. Where it could,
 * but the version is not known, the look gives the version to write against.
 */
export async function withoutChanged(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
): Promise<readonly Intent[]> {
  const existing = intents.filter(
    ({ recordId, ifVersion }) => recordId !== null && !(side.card.conditionalWrite && ifVersion !== null),
  );
  if (existing.length === 0) return intents;
  const look = (some: readonly Intent[]): Promise<Looked> => lookBefore(runtime, side, some);
  let looked: Looked;
  try {
    looked = await look(existing);
  } catch (error) {
    await recordBrokenLook(runtime, side, intents, existing, failureOfError(error), look);
    return [];
  }
  const { changed, versions } = looked;
  const moved = [...changed];
  const failure: Failure = {
    kind: 'precondition',
    code: 'trueup.changed_before_write',
    message: 'the record changed since it was last read',
  };
  await recordAnswers(
    runtime,
    side,
    moved,
    moved.map((intent) => ({ kind: 'failed', key: intent.writeId, failure })),
  );
  return intents.flatMap((intent) => {
    if (changed.has(intent)) return [];
    const ifVersion = versions.get(intent);
    return ifVersion === undefined ? [intent] : [{ ...intent, request: { ...intent.request, ifVersion } }];
  });
}

interface Looked {
  readonly changed: ReadonlySet<Intent>;
  /** Of those that have not changed, where the system can refuse another version. */
  readonly versions: ReadonlyMap<Intent, string | null>;
}

async function lookBefore(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
): Promise<Looked> {
  const ids = intents.map((intent) => must(intent.recordId, 'only a create has no record'));
  const changed = new Set<Intent>();
  const versions = new Map<Intent, string | null>();
  const beganMs = await readBeganMs(runtime, side);
  const lookups = await lookTogether(side, ids);
  const read = await readLooked(runtime, side, intents, lookups);
  for (const [index, intent] of intents.entries()) {
    const lookup = lookups[index];
    const isSame = lookup?.kind === 'found' && isAsAccounted(side, intent, lookup.record, read.get(lookup));
    // A look that may show a time before the record was known to be there proves nothing. Where a delete could be refused, one that
    // names no version would take along what is brought back meanwhile.
    const isGone =
      intent.kind === 'delete' &&
      lookup?.kind === 'absent' &&
      beganMs > intent.sentAgainst.asOfMs &&
      !side.card.conditionalWrite;
    if (!isSame && !isGone) changed.add(intent);
    else if (isSame && side.card.conditionalWrite) versions.set(intent, lookup.record.version);
  }
  return { changed, versions };
}

/** What the records that were found say; one that cannot be read is left out. */
async function readLooked(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
  lookups: readonly Lookup[],
): Promise<ReadonlyMap<Lookup, Read>> {
  const found = lookups.flatMap((lookup, index) => {
    const values = lookup.kind === 'found' ? valuesOf(side.model, lookup.record.fields) : null;
    return values === null ? [] : [{ lookup, values, known: intents[index]?.sentAgainst }];
  });
  if (side.model.references.length === 0)
    return new Map(found.map(({ lookup, values }) => [lookup, { values }]));
  const records = found.map(({ values }) => values);
  const reads = await runtime.transaction((tx) => readAll(tx, side.model, records));
  return new Map(
    found.flatMap(({ lookup, known }, index) => {
      const said = reads[index];
      return said === undefined ? [] : [[lookup, asCalledBefore(side.model, said, known)] as const];
    }),
  );
}

/** By the version, where there is one; otherwise by every value that we know of the record. */
function isAsAccounted(
  side: SideRuntime,
  { ifVersion, sentAgainst }: Intent,
  record: SystemRecord,
  read: Read | undefined,
): boolean {
  if (ifVersion !== null) return record.version === ifVersion;
  if (read === undefined) return false;
  // A field that the record had no value for and has one now was filled by somebody. What could not be read is not written,
  // and of a field that the record says nothing about it says nothing new.
  const isSame = side.model.lenses.every(({ field: { name, same } }) => {
    const value = read.values[name];
    if (value === undefined || sentAgainst.unread[name] !== undefined) return true;
    return same(value, sentAgainst.accounted[name] ?? null);
  });
  return isSame && isCalledAsKnown(side, sentAgainst, read);
}

/**
 * Values alone do not tell that somebody has meanwhile named the same thing by another word, after which nothing is owed, or
 * something that is not known yet, which a write would undo.
 */
function isCalledAsKnown(
  { model }: SideRuntime,
  { accounted, unread, called }: Intent['sentAgainst'],
  read: Read,
): boolean {
  return model.references.every((lens) => {
    const { name } = lens.field;
    const [says, known] = [read.called?.[name], called[name]];
    if (says === undefined || unread[name] !== undefined) return true;
    // What the record called its thing may not be known, though the thing is.
    if (known === undefined) return read.unread?.[name] === undefined || accounted[name] != null;
    return sameCall(lens, says, known);
  });
}
