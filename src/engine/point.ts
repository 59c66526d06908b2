/**
 * Points an identity's references anew where what they name has moved: is called otherwise at a side by now, is another record
 * there, or has become another thing. What each record says stays what it is; what it means, and what is owed, follows.
 */
import { withReferences } from './merge-draft.ts';
import type { ReferenceLens, SyncModel } from './model.ts';
import { idsIn, likewise, sameCall, type Translate } from './references.ts';
import type { Bundle, Identity, Link } from './state.ts';
import { sameValue, type Value } from './value.ts';

/** What is known at the places that references lead to. */
export interface Calls {
  /** The thing that is called so there by now. */
  readonly identityOf: Translate;
  /** What the thing is called there by now. */
  readonly callNow: Translate;
  /** What things have become that are no more. */
  readonly becomeOf: ReadonlyMap<string, string>;
}

/** The same bundle where nothing has moved. */
export function pointed(model: SyncModel, bundle: Bundle, calls: Calls): Bundle {
  let next = bundle;
  for (const { name, type } of model.fields.values())
    if (type.kind === 'reference') next = pointedField(model, next, name, calls);
  return next;
}

function pointedField(model: SyncModel, bundle: Bundle, field: string, calls: Calls): Bundle {
  const lensOf = ({ side }: Link): ReferenceLens | undefined =>
    model.sideOf.get(side)?.references.find((lens) => lens.field.name === field);
  const meant = new Map<Link, Value>();
  for (const link of bundle.links) {
    const [lens, value] = [lensOf(link), link.accounted[field]];
    if (lens !== undefined && value !== undefined) meant.set(link, meaningOf(lens, link, value, calls));
  }
  const identity = goldenPointed(bundle, field, meant, calls);
  const golden = identity.golden[field];
  const links = bundle.links.map((link) => {
    const [lens, value] = [lensOf(link), meant.get(link)];
    if (lens === undefined || value === undefined) return link;
    return linkPointed(link, lens, value, golden, identity.edits[field]?.seq ?? 0, calls);
  });
  const isSame = identity === bundle.identity && links.every((link, index) => link === bundle.links[index]);
  return isSame ? bundle : { ...bundle, identity, links };
}

/** What the record says, in things of now; where nothing is called so any more, the thing that it was. */
function meaningOf(lens: ReferenceLens, { called }: Link, value: Value, calls: Calls): Value {
  const says = idsIn(called?.[lens.field.name]);
  const now = says.flatMap((word) => calls.identityOf(lens, word) ?? []);
  // A record of what has become another may still be there, and be called so.
  if (says.length > 0 && now.length === says.length) return become(likewise(value, now), calls);
  return become(value, calls);
}

function become(value: Value, { becomeOf }: Calls): Value {
  const ids = idsIn(value);
  if (!ids.some((id) => becomeOf.has(id))) return value;
  return likewise(
    value,
    ids.map((id) => becomeOf.get(id) ?? id),
  );
}

/** Golden follows the record that it came from; where that says nothing any more, it is what its thing has become. */
function goldenPointed(
  { identity, links }: Bundle,
  field: string,
  meant: ReadonlyMap<Link, Value>,
  calls: Calls,
): Identity {
  const [golden, edit] = [identity.golden[field], identity.edits[field]];
  if (golden === undefined || edit === undefined) return identity;
  const origin = links.find(({ side }) => side === edit.side);
  const isOrigin = origin !== undefined && sameValue(origin.accounted[field], golden);
  const value = become((isOrigin ? meant.get(origin) : undefined) ?? golden, calls);
  if (sameValue(value, golden)) return identity;
  const seq = identity.seq + 1;
  return {
    ...identity,
    seq,
    golden: { ...identity.golden, [field]: value },
    edits: { ...identity.edits, [field]: { ...edit, seq } },
  };
}

function linkPointed(
  link: Link,
  lens: ReferenceLens,
  value: Value,
  golden: Value | undefined,
  seq: number,
  calls: Calls,
): Link {
  const { name } = lens.field;
  const says = link.called?.[name];
  const now = idsIn(value).map((id) => calls.callNow(lens, id));
  const isBehind =
    says !== undefined && now.every((call) => call !== undefined) && !sameCall(lens, says, now);
  const isSame = sameValue(value, link.accounted[name]);
  if (isSame && isBehind === (link.stale?.includes(name) ?? false)) return link;
  const others = (link.stale ?? []).filter((field) => field !== name);
  const agreed = sameValue(value, golden) ? seq : 0;
  return {
    ...withReferences(link, link.called ?? {}, isBehind ? [...others, name] : others),
    accounted: { ...link.accounted, [name]: value },
    // What it stands for is another thing than what was agreed on.
    agreed: isSame ? link.agreed : { ...link.agreed, [name]: agreed },
  };
}
