/** What each side still owes the golden record. Pure: same state, same plan; applied in full, the next plan is empty. */
import { awaitsKey } from './match.ts';
import type { FieldLens, ReferenceLens, SideModel, SyncModel } from './model.ts';
import { isLate } from './references.ts';
import type { Bundle, Link, OpenHold, OpenWrite, WriteKind } from './state.ts';
import { linkAt, MADE_BY_US, writeAt } from './state.ts';
import { InvalidValue, isEmpty, sameValue, type Value, type Values } from './value.ts';

/** What must happen to the one open write of an identity at a side. Without a step, it stays as it is. */
export type WriteStep =
  | { readonly kind: 'open'; readonly side: string; readonly write: WriteKind }
  /** Still open and not sent: it becomes another kind of write. */
  | { readonly kind: 'change'; readonly side: string; readonly write: WriteKind }
  /** It had failed for good, and what is owed now is something else. */
  | { readonly kind: 'reopen'; readonly side: string; readonly write: WriteKind }
  /** Nothing is owed any more. */
  | { readonly kind: 'drop'; readonly side: string };

const NO_STEPS: readonly WriteStep[] = [];

/** One step per side whose open write is not what is owed there now. */
export function planIdentity(model: SyncModel, bundle: Bundle): readonly WriteStep[] {
  // What waits for its key may turn out to be another thing that is there already.
  const stopped = bundle.holds.some((hold) => stopsAll(bundle, hold)) || awaitsKey(model, bundle);
  let steps: WriteStep[] | null = null;
  for (const side of model.sides) {
    const step = stepAt(side, bundle, stopped);
    if (step !== null) {
      steps ??= [];
      steps.push(step);
    }
  }
  return steps ?? NO_STEPS;
}

/**
 * Where a person has said that it goes, every record does, whatever a create of ours may have made besides: that follows when it is
 * found. Whoever deletes one of two records may only want one of them, so that nothing else goes without that word.
 */
function stopsAll({ identity }: Bundle, { field, reason }: OpenHold): boolean {
  return field === null && !(identity.tombstone?.evidence === 'person' && MADE_BY_US.includes(reason));
}

function stepAt(side: SideModel, bundle: Bundle, stopped: boolean): WriteStep | null {
  const open = writeAt(bundle, side.name);
  // A write on its way is an open question; its answer plans again.
  if (open?.state === 'sent' || open?.state === 'unknown') return null;
  const owed = stopped ? null : owedKind(side, bundle);
  if (owed === null) return open === undefined ? null : { kind: 'drop', side: side.name };
  if (open === undefined) return { kind: 'open', side: side.name, write: owed };
  if (open.state === 'dead')
    return isSameAgain(side, bundle, open, owed) ? null : { kind: 'reopen', side: side.name, write: owed };
  return open.kind === owed ? null : { kind: 'change', side: side.name, write: owed };
}

/** What an open write is by now, whatever it was when it was opened; null when it is owed no more. */
export function kindNow(
  model: SyncModel,
  bundle: Bundle,
  { side, kind }: Pick<OpenWrite, 'side' | 'kind'>,
): WriteKind | null {
  const step = planIdentity(model, bundle).find((planned) => planned.side === side);
  if (step === undefined) return kind;
  return step.kind === 'drop' ? null : step.write;
}

/** What would be sent now is the very thing that was sent last. */
export function isSameAgain(side: SideModel, bundle: Bundle, open: OpenWrite, owed: WriteKind): boolean {
  if (open.kind !== owed || open.body === null) return open.kind === owed;
  const body = bodyOf(side, bundle, owed);
  const names = new Set([...Object.keys(body), ...Object.keys(open.body)]);
  return [...names].every((name) => {
    // It went without: what it names did not exist there yet.
    if (side.lensOf.get(name)?.refersTo != null && open.body?.[name] === undefined) return true;
    // A field that is no longer mapped was in the body and is not owed: that differs.
    const same = side.lensOf.get(name)?.field.same ?? sameValue;
    return same(body[name], open.body?.[name]);
  });
}

function owedKind(side: SideModel, bundle: Bundle): WriteKind | null {
  const link = linkAt(bundle, side.name);
  if (link?.isUnreadable === true) return null;
  if (bundle.identity.tombstone !== null) return link?.status === 'live' && side.deletes ? 'delete' : null;
  if (link === undefined) return mayCreate(side, bundle) ? 'create' : null;
  if (link.status !== 'live') return null;
  return side.lenses.some((lens) => isOwed(bundle, link, lens)) ? 'update' : null;
}

/** The record is not known to hold the golden value, and what it was last seen to hold differs from it. */
function isOwed(bundle: Bundle, link: Link, lens: FieldLens): boolean {
  const { name } = lens.field;
  if (lens.direction === 'in' || link.unread?.[name] !== undefined) return false;
  const edit = bundle.identity.edits[name];
  if (edit === undefined) return false;
  if (!isStale(bundle, link, lens)) {
    if (link.agreed[name] === edit.seq) return false;
    if (lens.field.same(bundle.identity.golden[name], link.accounted[name])) return false;
  }
  if (lens.fillsOnly && !isEmpty(link.accounted[name])) return false;
  return !isHeld(bundle, name);
}

/** It refers to the right thing by what that is called there no more. */
function isStale({ identity }: Bundle, { stale }: Link, { field: { name } }: FieldLens): boolean {
  return stale?.includes(name) === true && !isEmpty(identity.golden[name]);
}

function isHeld(bundle: Bundle, field: string): boolean {
  return bundle.holds.some((hold) => hold.field === field);
}

/** A record is made for what lives elsewhere, of at least one value, and not while a field that it requires is held. */
function mayCreate(side: SideModel, bundle: Bundle): boolean {
  if (!side.creates || !bundle.links.some(({ status }) => status === 'live')) return false;
  const { golden } = bundle.identity;
  const isTold = ({ field: { name }, direction }: FieldLens): boolean =>
    direction !== 'in' && golden[name] !== undefined && !isHeld(bundle, name);
  if (!side.lenses.some(isTold) || side.lenses.some((lens) => isLacking(bundle, lens))) return false;
  return !side.references.some((lens) => isAwaited(bundle, lens));
}

/** A reference of which no more is known than that some record has one. */
function isAwaited(
  { identity, links }: Bundle,
  { field: { name, type }, direction }: ReferenceLens,
): boolean {
  if (direction === 'in' || isLate(type) || identity.golden[name] !== undefined) return false;
  return links.some(({ status, unread }) => status === 'live' && unread?.[name] !== undefined);
}

function isLacking(bundle: Bundle, { field, direction, whenMissing }: FieldLens): boolean {
  return field.required && direction !== 'in' && whenMissing === undefined && isHeld(bundle, field.name);
}

/** The values to send now: for a create all the side receives, for an update only what is owed, for a delete nothing. */
export function bodyOf(side: SideModel, bundle: Bundle, kind: WriteKind): Values {
  const body: Record<string, Value> = {};
  if (kind === 'delete') return body;
  const link = kind === 'update' ? linkAt(bundle, side.name) : undefined;
  for (const lens of side.lenses) {
    const { name } = lens.field;
    const golden = bundle.identity.golden[name];
    if (golden === undefined || lens.direction === 'in') continue;
    const owed = link === undefined ? kind === 'create' && !isHeld(bundle, name) : isOwed(bundle, link, lens);
    if (owed) body[name] = golden;
  }
  return body;
}

/**
 * The value that a create gives a field of which its body has none; undefined where it says nothing. A record that was made
 * before what it refers to is known to refer to nothing: that it does is no news.
 */
export function standInOf(
  { field, whenMissing, get, refersTo, direction }: FieldLens,
  body: Values,
): Value | undefined {
  if (refersTo !== null && direction !== 'in' && body[field.name] === undefined) return null;
  if (whenMissing === undefined || (body[field.name] ?? null) !== null) return undefined;
  const value = get(whenMissing);
  return value instanceof InvalidValue ? undefined : value;
}

/** Required fields a create would leave empty; the record cannot be made before someone fills them. */
export function missingRequired(side: SideModel, body: Values): readonly string[] {
  return side.lenses
    .filter((lens) => lens.field.required && lens.direction !== 'in' && lens.whenMissing === undefined)
    .filter((lens) => isEmpty(body[lens.field.name]))
    .map((lens) => lens.field.name);
}
