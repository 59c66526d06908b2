/** Every check of a world at rest. */
import type { Json } from '../../../src/lib/json.ts';
import { SIDE_EMPTIED } from '../../../src/worker/emptied.ts';
import { UNEXPECTED } from '../../../src/worker/failures.ts';
import type { Entry, Fields } from '../records.ts';
import type { World } from '../world.ts';
import { checkAccounts } from './accounts.ts';
import { checkClaims } from './claims.ts';
import { checkConvergence } from './convergence.ts';
import { checkExistence } from './existence.ts';
import { elementsOf, fieldsTold, isReadable, TEXT_FIELDS } from './truth.ts';
import { checkWrites, pairOf } from './writes.ts';

/** More than this in one small history is a flood (I22). */
const REQUESTS_MAX = 3_000;

export async function checkAll(world: World): Promise<void> {
  await Promise.resolve();
  noteReadBefore(world);
  noteTakenBefore(world);
  noteBackUntold(world);
  checkConvergence(world);
  checkAccounts(world);
  checkWrites(world);
  checkExistence(world);
  checkClaims(world);
  checkFailures(world);
  forgiveReusedIds(world);
  for (const [name, { requests }] of world.systems)
    if (requests > REQUESTS_MAX) world.violations.push(`I22: ${name} was asked ${String(requests)} times`);
}

/**
 * What was read of a record, and taken in only after its id had gone to another one, makes that other one look like an edit of
 * the first: Trueup's own journal tells when it took it in, and the system's log what it held and when.
 */
function noteReadBefore(world: World): void {
  const linked = world.store.dump().journal.filter(({ kind }) => kind === 'linked');
  for (const [side, { records }] of world.systems) {
    for (const recordId of records.givenAgain) {
      const entries = records.entries.filter((entry) => entry.recordId === recordId);
      // A journal entry is dated by the beginning of its transaction: the id may have gone to another one before its end.
      const isUnseen = world.unseen.has(`${side} ${recordId}`);
      const isReadBefore = linked.some(
        (entry) =>
          entry.side === side &&
          entry.recordId === recordId &&
          entries.some(
            ({ kind, atMs, order }) =>
              kind === 'create' &&
              (isUnseen || atMs <= entry.atMs) &&
              wasHeldBefore(entries, order, entry.body),
          ),
      );
      if (isReadBefore) world.mistakable.add(`${side} ${recordId}`);
    }
  }
}

/**
 * The same where the feed's word that the first has gone came after all: Trueup's own journal tells when it took what the other one
 * holds for an edit of the first, and the position that it had stored in the feed what it had been told of by then.
 */
function noteTakenBefore(world: World): void {
  const changed = world.store.dump().journal.filter(({ kind }) => kind === 'changed');
  for (const [side, system] of world.systems) {
    for (const recordId of system.records.givenAgain) {
      const entries = system.records.entries.filter((entry) => entry.recordId === recordId);
      const isTakenBefore = entries.some(
        ({ kind, atMs, before }, index) =>
          kind === 'delete' &&
          changed.some(
            (entry) =>
              entry.side === side &&
              entry.recordId === recordId &&
              hasReplaced(entry.body, before, entries[index + 1]?.after ?? null) &&
              !system.feed.hasToldGone(recordId, atMs, entry.atMs),
          ),
      );
      if (isTakenBefore) world.mistakable.add(`${side} ${recordId}`);
    }
  }
}

/**
 * What people brought back before Trueup made it anew, and nothing had told of by then (docs/promises.md): the system's log tells when
 * it came back, Trueup's own journal that it had seen the end before that, and the position that it had stored in the feed that it had
 * been told of nothing since.
 */
function noteBackUntold(world: World): void {
  for (const [side, { shape, records, feed }] of world.systems) {
    // Where there is no feed, nothing tells what a sweep had shown by when.
    if (shape.feed === 'none') continue;
    const backs = records.entries.filter(({ kind }) => kind === 'undelete');
    for (const made of records.entries) {
      if (made.actor !== 'trueup' || made.kind !== 'create') continue;
      for (const { recordId, order, atMs } of backs) {
        if (order > made.order || feed.hasToldOf(recordId, atMs, made.atMs)) continue;
        const end = records.entries.findLast(
          (entry) => entry.kind === 'delete' && entry.recordId === recordId && entry.order < order,
        );
        if (end !== undefined && isSeenGone(world, side, end, made.atMs))
          world.backUntold.add(pairOf(made, recordId));
      }
    }
  }
}

function isSeenGone(world: World, side: string, end: Entry, byMs: number): boolean {
  return world.store
    .dump()
    .journal.some(
      ({ kind, side: at, recordId, atMs }) =>
        kind === 'deleted' && at === side && recordId === end.recordId && atMs >= end.atMs && atMs <= byMs,
    );
}

/** The journal entry says that a value of the one record was replaced by one of the other, or that one of its tags was added. */
function hasReplaced(body: Json, one: Fields | null, other: Fields | null): boolean {
  const fields = fieldsTold(body);
  const isReplaced = TEXT_FIELDS.some((field) => {
    const [before, after] = fields[field] ?? [null, null];
    return before !== null && after !== null && before === one?.[field] && after === other?.[field];
  });
  // Where another side owns the other fields, what the record holds in them is never golden.
  const [before, after] = fields['tags'] ?? [null, null];
  const known = [...elementsOf(before), ...elementsOf(one?.['tags'])];
  const added = elementsOf(after).filter((element) => !known.includes(element));
  return isReplaced || elementsOf(other?.['tags']).some((element) => added.includes(element));
}

function wasHeldBefore(entries: readonly Entry[], order: number, body: Json): boolean {
  return entries.some((entry) => entry.order < order && holdsAll(entry.after, body));
}

/** The values that a journal entry says were read are those that the record held. */
function holdsAll(fields: Fields | null, body: Json): boolean {
  const { values } = body as unknown as { readonly values?: Fields };
  if (fields === null || values === undefined) return false;
  return TEXT_FIELDS.every((field) => (values[field] ?? null) === (fields[field] ?? null));
}

/**
 * An id that a system gives to another record between two looks makes that record look like an edit of the first: what no
 * client can tell is not promised (docs/promises.md).
 */
function forgiveReusedIds(world: World): void {
  const kept = world.violations.filter((violation) =>
    [...world.mistakable].every((record) => !violation.includes(record)),
  );
  world.violations.splice(0, world.violations.length, ...kept);
}

/** What waits for a person waits for a reason of the world's, never for a bug of ours. */
function checkFailures(world: World): void {
  const { writes, hints, links, streams } = world.store.dump();
  for (const { failure } of [...writes, ...hints, ...links])
    if (failure?.code === UNEXPECTED) world.violations.push(`a bug of ours is stored: ${failure.message}`);
  // A write to a record that cannot be read fails for as long as that lasts.
  const isOfUnreadable = (side: string, recordId: string | null): boolean => {
    const record = recordId === null ? null : (world.systems.get(side)?.records.now(recordId) ?? null);
    return record !== null && !isReadable(world, side, record.fields);
  };
  // That a side was emptied a person is asked about first; what could not be read there may be gone with it.
  const emptied = new Set(
    streams.flatMap(({ side, failure }) => (failure?.code === SIDE_EMPTIED ? [side] : [])),
  );
  for (const { state, side, recordId, failure } of hints)
    if (state === 'dead' && !isOfUnreadable(side, recordId) && !emptied.has(side))
      world.violations.push(
        `I21: ${side} ${recordId} waits for a person, and nothing is wrong with it: ${failure?.code ?? ''}`,
      );
  for (const { state, failure, side, recordId } of writes)
    if (state === 'dead' && !EXPECTED_DEAD.has(failure?.code ?? '') && !isOfUnreadable(side, recordId))
      world.violations.push(
        `I12: a write to ${side} is dead for no reason of the world's: ${failure?.code ?? ''}`,
      );
}

/** Refusals that a person must answer. */
const EXPECTED_DEAD: ReadonlySet<string> = new Set(['world.refused', 'world.taken']);
