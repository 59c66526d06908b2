/**
 * Reconciliation of one record: what a side holds now against what is golden, and which state explains a difference. A
 * difference that no state explains is drift. Pure, and independent of every cursor.
 */
import type { FieldLens, SideModel, SyncModel } from './model.ts';
import { planIdentity } from './plan.ts';
import type { Bundle, Link, LinkStatus, OpenWrite } from './state.ts';
import { linkAt, writeAt } from './state.ts';
import { isEmpty, type Value, type Values } from './value.ts';

/** Why a side need not hold what is golden, or nobody need know what it holds. */
export type Explanation =
  | 'writePending' // a write that settles it is open
  | 'writeHeld' // a guard stopped that write
  | 'writeDead' // that write failed for good
  | 'held' // a person must decide
  | 'waits' // it refers to something that is not known yet
  | 'ruled' // by its mapping or a decision this side does not get the golden value
  | 'keepsOwn' // it is only written where nothing stands
  | 'rewritten' // the system made this of what was written
  | 'lookPending' // a look at the record is due
  | 'lookDead' // the record could not be read, and waits for a person
  | 'changedSince' // the system says that it changed after it was last read
  | 'excluded' // the record takes no part
  | 'hidden' // the system keeps the record from us
  | 'leftDeleted' // deleted on one side, and left so
  | 'notOwed'; // nothing is to be made at this side

/** `missing`: a thing that the side does not have. `extra`: a record that is linked to nothing. */
export type Difference =
  | { readonly kind: 'missing' | 'extra'; readonly explanation: Explanation | null }
  /** Another record of the side has its match key. */
  | { readonly kind: 'duplicate'; readonly explanation: Explanation | null; readonly of: string }
  | {
      readonly kind: 'differs';
      readonly explanation: Explanation | null;
      readonly fields: readonly FieldDifference[];
    };

/** One field of which the side holds something other than the golden value. */
export interface FieldDifference {
  readonly field: string;
  readonly holds: Value | undefined;
  readonly golden: Value | undefined;
  readonly explanation: Explanation | null;
}

/** What a side shows of a record now. */
export type Shown =
  | { readonly kind: 'values'; readonly values: Values; readonly unread?: Values }
  /** `excluded`: by the filter of the side. `unreadable`: some value cannot be taken. `absent`: it was looked up, and is not there. */
  | { readonly kind: 'excluded' | 'unreadable' | 'hidden' | 'absent' };

/** What the store knows of the record beside its identity. */
export interface KnownOf {
  readonly recordId: string;
  /** Null for a record that was never met. */
  readonly status: LinkStatus | 'parked' | 'excluded' | 'unreadable' | null;
  /** The identity whose record it is. */
  readonly bundle: Bundle | null;
  readonly look: 'none' | 'due' | 'dead';
  /** The system says that the record changed after the side was last read. */
  readonly isNewer: boolean;
  /** Another record of the side that has one of its match keys. */
  readonly keyHolder: string | null;
  /** A create with one of its match keys is on its way to the side. */
  readonly isBeingMade: boolean;
}

/** Whether the values are the golden ones: the answer for almost every record, without knowing anything else of it. */
export function holdsGolden(side: SideModel, values: Values, golden: Values): boolean {
  return side.lenses.every(({ field }) => {
    const value = values[field.name];
    return value === undefined || field.same(value, golden[field.name]);
  });
}

/** Null where the side shows what is expected of the record. */
export function differenceAt(side: SideModel, shown: Shown, known: KnownOf): Difference | null {
  const link = known.bundle === null ? undefined : linkAt(known.bundle, side.name);
  const isLinked =
    link?.recordId === known.recordId && (known.status === 'live' || known.status === 'hidden');
  if (known.bundle !== null && link !== undefined && isLinked)
    return linkedDifference(side, shown, known, known.bundle, link);
  switch (shown.kind) {
    case 'absent':
    case 'hidden':
      return null;
    case 'excluded':
      return { kind: 'extra', explanation: 'excluded' };
    case 'unreadable':
      return { kind: 'extra', explanation: known.status === 'unreadable' ? 'lookDead' : news(known) };
    case 'values':
      return unlinkedDifference(known);
  }
}

function unlinkedDifference(known: KnownOf): Difference {
  const isAsked = known.status === 'parked' || known.status === 'returned';
  const explanation = isAsked ? 'held' : known.isBeingMade ? 'writePending' : news(known);
  return known.keyHolder === null
    ? { kind: 'extra', explanation }
    : { kind: 'duplicate', explanation, of: known.keyHolder };
}

function linkedDifference(
  side: SideModel,
  shown: Shown,
  known: KnownOf,
  bundle: Bundle,
  link: Link,
): Difference | null {
  const isHidden = link.status === 'hidden';
  switch (shown.kind) {
    case 'absent':
      return { kind: 'missing', explanation: byWrite(bundle, side, 'delete') ?? held(bundle) ?? news(known) };
    case 'hidden':
      return { kind: 'missing', explanation: 'hidden' };
    case 'excluded':
      return { kind: 'missing', explanation: isHidden ? 'excluded' : news(known) };
    case 'unreadable':
      return { kind: 'differs', explanation: news(known), fields: [] };
    case 'values':
      // It is shown again, and nobody has noticed.
      if (isHidden) return { kind: 'extra', explanation: news(known) };
      return valueDifference(side, shown, known, bundle, link);
  }
}

function valueDifference(
  side: SideModel,
  shown: Extract<Shown, { readonly kind: 'values' }>,
  known: KnownOf,
  bundle: Bundle,
  link: Link,
): Difference | null {
  const fields: FieldDifference[] = [];
  for (const lens of side.lenses) {
    const { name } = lens.field;
    const [holds, golden, accounted] = [
      shown.values[name],
      bundle.identity.golden[name],
      link.accounted[name],
    ];
    const isWaiting = shown.unread?.[name] !== undefined;
    if (!isWaiting && (holds === undefined || lens.field.same(holds, golden))) continue;
    const isKnown = accounted !== undefined && lens.field.same(holds, accounted);
    // Of what nobody has said anything golden yet, there is nothing to be held.
    if (!isWaiting && isKnown && golden === undefined) continue;
    const explanation = isWaiting
      ? 'waits'
      : isKnown
        ? whyNotGolden(side, bundle, link, lens)
        : whyNotKnown(side, known, bundle, link, lens, holds);
    fields.push({ field: name, holds, golden, explanation });
  }
  const [first] = fields;
  if (first === undefined) return null;
  const isDrift = fields.some(({ explanation }) => explanation === null);
  if (isDrift && known.keyHolder !== null)
    return { kind: 'duplicate', explanation: null, of: known.keyHolder };
  return { kind: 'differs', explanation: isDrift ? null : first.explanation, fields };
}

/** The value is accounted for, and still not the golden one. */
function whyNotGolden(side: SideModel, bundle: Bundle, link: Link, lens: FieldLens): Explanation | null {
  const { name } = lens.field;
  const stop = held(bundle, name);
  if (stop !== null) return stop;
  if (lens.direction === 'in') return 'ruled';
  if (link.agreed[name] === bundle.identity.edits[name]?.seq) return 'rewritten';
  if (lens.fillsOnly && !isEmpty(link.accounted[name])) return 'keepsOwn';
  if (bundle.identity.tombstone !== null && !side.deletes) return 'leftDeleted';
  return byWrite(bundle, side, 'update') ?? byWrite(bundle, side, 'delete');
}

/** The value is one that nobody has accounted for. */
function whyNotKnown(
  side: SideModel,
  known: KnownOf,
  bundle: Bundle,
  link: Link,
  lens: FieldLens,
  holds: Value | undefined,
): Explanation | null {
  const { name } = lens.field;
  const write = writeAt(bundle, side.name);
  const bodies = [write?.body ?? {}, ...link.sent.map(({ body }) => body)];
  const isOurs = bodies.some((body) => body[name] !== undefined && lens.field.same(body[name], holds));
  return isOurs ? 'writePending' : (held(bundle, name) ?? news(known));
}

/**
 * Why the identity has no record at the side; null where it is owed one and nothing is under way. Expects that it has no
 * live record there. `isExpected` is false for an identity that lives nowhere.
 */
export function absenceAt(
  model: SyncModel,
  side: SideModel,
  bundle: Bundle,
): { readonly isExpected: boolean; readonly explanation: Explanation | null } {
  if (bundle.identity.tombstone !== null || !bundle.links.some(({ status }) => status === 'live'))
    return { isExpected: false, explanation: null };
  const link = linkAt(bundle, side.name);
  if (link?.status === 'gone') return { isExpected: true, explanation: held(bundle) ?? 'leftDeleted' };
  if (link !== undefined) return { isExpected: false, explanation: null };
  const explanation = byWrite(bundle, side, 'create') ?? held(bundle);
  if (explanation !== null) return { isExpected: true, explanation };
  if (bundle.links.some(({ unread }) => unread !== undefined))
    return { isExpected: true, explanation: 'waits' };
  const isOwed = planIdentity(model, bundle).some((step) => step.side === side.name && step.kind === 'open');
  return { isExpected: true, explanation: isOwed ? null : 'notOwed' };
}

const BY_STATE: Readonly<Record<OpenWrite['state'], Explanation>> = {
  planned: 'writePending',
  queued: 'writePending',
  sent: 'writePending',
  unknown: 'writePending',
  held: 'writeHeld',
  dead: 'writeDead',
};

function byWrite(bundle: Bundle, side: SideModel, kind: OpenWrite['kind']): Explanation | null {
  const write = writeAt(bundle, side.name);
  return write?.kind === kind ? BY_STATE[write.state] : null;
}

/** A hold of the whole identity, or of the field. */
function held({ holds }: Bundle, field: string | null = null): Explanation | null {
  return holds.some((hold) => hold.field === null || hold.field === field) ? 'held' : null;
}

function news({ look, isNewer }: KnownOf): Explanation | null {
  if (look === 'dead') return 'lookDead';
  if (look === 'due') return 'lookPending';
  return isNewer ? 'changedSince' : null;
}
