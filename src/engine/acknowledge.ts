/** What an answered write proves about the record it was sent to. */
import { must } from '../lib/assert.ts';
import { held, unchanged, withLink, withoutLink } from './existence.ts';
import { mergeSeen } from './late-edit.ts';
import { withReferences } from './merge-draft.ts';
import { newLink } from './merge.ts';
import type { SideModel, SyncModel } from './model.ts';
import { standInOf } from './plan.ts';
import type { Bundle, Link, Observation, OpenWrite, Outcome, WriteKind } from './state.ts';
import { linkAt } from './state.ts';
import type { Value, Values } from './value.ts';

/** A write whose body was frozen when it was sent. */
export interface SentWrite {
  readonly side: string;
  readonly kind: WriteKind;
  readonly body: Values;
  readonly seq: number;
  /** What was sent of the references in the body: what the side calls them. Left out where that is not known. */
  readonly called?: Values;
  /** The link when the write was sent; left out where the caller has looked at the record since. */
  readonly sentAgainst?: { readonly version: string | null; readonly asOfMs: number };
}

/** The answer to a write, and when it must have been done. */
export interface Receipt {
  readonly recordId: string;
  readonly version: string | null;
  /** What the record holds as this very write left it, of the fields that the system tells; null when it tells none. */
  readonly returned: Values | null;
  /** What of that names other things, as the record itself says; left out where the side has no references. */
  readonly called?: Values;
  /** Store-clock instant before which the write was certainly not done. */
  readonly sentAtMs: number;
  /** Store-clock instant at which the answer is being recorded. */
  readonly nowMs: number;
}

/** The write happened. Its values are accounted for, and the record is known to hold them. */
export function acknowledge(model: SyncModel, bundle: Bundle, write: SentWrite, receipt: Receipt): Outcome {
  const side = must(model.sideOf.get(write.side), 'a write names a side of its sync');
  const without = withoutWrite(bundle, write.side);
  if (write.kind === 'delete') return unchanged(afterDelete(without, write, receipt));
  const known = writtenLink(bundle, write, receipt);
  // The link was given up while the update was on its way: the record is no longer the identity's.
  if (known === undefined && write.kind === 'update') return unchanged(without);
  if (known !== undefined && known.recordId !== receipt.recordId) {
    // Someone created the same thing there while our create was on its way: two records, one identity.
    const hold = { field: null, reason: 'duplicateRecord', seen: write.body, side: write.side } as const;
    return held(without, hold);
  }
  if (known !== undefined && wasSeenSince(known, write, receipt)) {
    return unchanged(withLink(without, afterLook(known, write, receipt)));
  }
  const link = known ?? newLink(write.side, receipt.recordId);
  const written = accountBody(side, bundle, link, write, receipt);
  const accounted = withLink(without, written);
  if (receipt.returned === null) return unchanged(accounted);
  // What the answer shows beyond our body is news: a number the system gave, a field its automation changed.
  const { recordId, returned, sentAtMs, nowMs } = receipt;
  const { version } = written;
  const unread = stillUnread(written, returned);
  return mergeSeen(model, accounted, {
    side: write.side,
    recordId,
    version,
    values: returned,
    readBeganMs: sentAtMs,
    readEndedMs: nowMs,
    ...(receipt.called === undefined ? {} : { called: receipt.called }),
    ...(unread === undefined ? {} : { unread }),
  });
}

/** What was seen there and names nothing known yet: an answer that tells nothing of it leaves it as it is. */
function stillUnread({ unread = {} }: Link, returned: Values): Link['unread'] {
  const untold = Object.entries(unread).filter(([name]) => returned[name] === undefined);
  return untold.length === 0 ? undefined : Object.fromEntries(untold);
}

/** The link that the answer is about. What was deleted at the side before does not stand in the way of a new record. */
function writtenLink(bundle: Bundle, write: SentWrite, receipt: Receipt): Link | undefined {
  const link = linkAt(bundle, write.side);
  const isOver = write.kind === 'create' && link?.status === 'gone' && link.recordId !== receipt.recordId;
  return isOver ? undefined : link;
}

/** The record is gone. Has a person meanwhile refused the delete, its place is empty, and the plan creates it again. */
function afterDelete(bundle: Bundle, write: SentWrite, receipt: Receipt): Bundle {
  const { side } = write;
  const link = linkAt(bundle, side);
  if (link?.recordId !== receipt.recordId) return bundle;
  // Seen since it was sent, the record may be there still, or again: only another look tells.
  if (link.status !== 'gone' && hasMoved(link, write))
    return withLink(bundle, remembering(link, write, receipt.nowMs));
  if (bundle.identity.tombstone === null) return withoutLink(bundle, side);
  return withLink(bundle, { ...link, status: 'gone', asOfMs: receipt.nowMs });
}

/** Somebody's edit, or our echo, was seen between the sending and the answer: the link tells of something newer. */
function wasSeenSince(link: Link, write: SentWrite, receipt: Receipt): boolean {
  if (link.version !== null && link.version === receipt.version) return false;
  if (write.kind === 'create') return true;
  return hasMoved(link, write);
}

/** The link has been changed by a look since the write was sent. */
function hasMoved(link: Link, { sentAgainst }: SentWrite): boolean {
  if (sentAgainst === undefined) return false;
  return link.version !== sentAgainst.version || link.asOfMs !== sentAgainst.asOfMs;
}

/** What was sent is remembered until a look that begins at `expiresAtMs` or later, which reads the record whatever its version. */
export function remembering(
  link: Link,
  { kind, seq, body }: Pick<SentWrite, 'kind' | 'seq' | 'body'>,
  expiresAtMs: number,
): Link {
  const sent =
    kind === 'delete' ? { seq, body, expiresAtMs, deletes: true as const } : { seq, body, expiresAtMs };
  return { ...link, version: null, sent: [...link.sent, sent] };
}

/** What the look showed is accounted for and stays; the answer would undo it. */
function afterLook(link: Link, write: SentWrite, receipt: Receipt): Link {
  const asOfMs = Math.max(link.asOfMs, receipt.nowMs);
  if (write.kind === 'create') return { ...link, asOfMs };
  const body = { seq: write.seq, body: write.body, expiresAtMs: receipt.nowMs };
  return { ...link, asOfMs, sent: [...link.sent, body] };
}

function accountBody(side: SideModel, bundle: Bundle, link: Link, write: SentWrite, receipt: Receipt): Link {
  const written: Record<string, Value> = {};
  const agreed: Record<string, number> = { ...link.agreed };
  for (const name in write.body) {
    const lens = side.lensOf.get(name);
    const sent = write.body[name];
    // The mapping may have changed while the write was on its way.
    if (lens === undefined || sent === undefined) continue;
    // A system that rewrites what it is given holds our value in its own form: accounted for, and owed nothing more.
    const returned = receipt.returned?.[name];
    written[name] = returned === undefined ? sent : returned;
    const golden = bundle.identity.golden[name];
    const edit = bundle.identity.edits[name];
    agreed[name] = edit !== undefined && lens.field.same(sent, golden) ? edit.seq : write.seq;
  }
  // What stands in for a missing value is known to us and no news; golden stays without a value.
  for (const lens of write.kind === 'create' ? side.lenses : []) {
    const standIn = standInOf(lens, write.body);
    const { name } = lens.field;
    if (standIn !== undefined) written[name] = receipt.returned?.[name] ?? standIn;
  }
  // The status stays: an answer proves that the record was there, not that it still is.
  // The record held this at some time since the sending; fields that were not sent were looked at when they were.
  const lookedAtMs = write.kind === 'create' ? receipt.sentAtMs : link.lookedAtMs;
  const isKnown =
    link.unread === undefined && (link.version === receipt.version || isWhole(side, written, receipt));
  const version = isKnown ? receipt.version : null;
  const accounted = { ...link.accounted, ...written };
  return { ...withSent(link, write), version, asOfMs: receipt.nowMs, lookedAtMs, accounted, agreed };
}

/** The record calls what was sent to it by what was sent. */
function withSent(link: Link, { called = {}, body }: SentWrite): Link {
  const others = Object.entries(link.called ?? {}).filter(([name]) => body[name] === undefined);
  const stale = (link.stale ?? []).filter((name) => called[name] === undefined);
  return withReferences(link, { ...Object.fromEntries(others), ...called }, stale);
}

/**
 * Whether the answer tells of every field what it holds at that version. A system may have changed others by itself, or somebody
 * before this write came: what was known of them before says nothing, and whoever meets the version must still read it.
 */
function isWhole(side: SideModel, written: Values, { returned }: Receipt): boolean {
  return side.lenses.every(
    ({ field: { name }, isBlind }) =>
      isBlind || written[name] !== undefined || returned?.[name] !== undefined,
  );
}

/** What a fresh look at the record says about a write whose answer was lost. */
export type Evidence = 'landed' | 'notLanded' | 'unclear';

/**
 * `landed` may be concluded at any time. `notLanded` only when the record still has the version the write was sent
 * against and the request can no longer be running (`isQuiet`).
 */
export function weigh(
  model: SyncModel,
  write: SentWrite,
  ifVersion: string | null,
  seen: Pick<Observation, 'version' | 'values'>,
  isQuiet: boolean,
): Evidence {
  const side = must(model.sideOf.get(write.side), 'a write names a side of its sync');
  // What reads back as something else proves nothing either way.
  const lenses = side.lenses.filter(({ field, isBlind }) => !isBlind && write.body[field.name] !== undefined);
  const holdsBody = lenses.every(({ field }) => field.same(seen.values[field.name], write.body[field.name]));
  if (lenses.length > 0 && holdsBody) return 'landed';
  return isQuiet && ifVersion !== null && seen.version === ifVersion ? 'notLanded' : 'unclear';
}

/**
 * Gives up on knowing: the write is closed, and its body remembered until a look that began at `expiresAtMs` or later. That look
 * reads the record whatever version it has.
 */
export function remember(bundle: Bundle, write: SentWrite, expiresAtMs: number): Bundle {
  const link = linkAt(bundle, write.side);
  const without = withoutWrite(bundle, write.side);
  if (link === undefined) return without;
  return withLink(without, remembering(link, write, expiresAtMs));
}

/** Closes the open write of a side, whatever became of it. */
export function withoutWrite(bundle: Bundle, side: string): Bundle {
  return { ...bundle, writes: bundle.writes.filter((write: OpenWrite) => write.side !== side) };
}
