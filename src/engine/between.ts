/**
 * Records whose keys are those of two: what only they hold together is no one thing by its keys. Which of them is read first must
 * not decide whose they are, so a thing that was put together as its sides were read is looked at again with each record it is given.
 */
import { unchanged } from './existence.ts';
import { takeIn } from './join.ts';
import { matchKeys } from './match.ts';
import type { SideModel, SyncModel } from './model.ts';
import { isClash, type Bundle, type Link, type Outcome } from './state.ts';

/** So many records are taken out at once at most: as many sides but two may agree about what holds two together. */
const BETWEEN_MAX = 3;

/** What matching knows of a record. */
interface Keyed {
  readonly side: string;
  readonly keys: readonly string[];
}

type Node = Keyed & { readonly link: Link };

/**
 * The fewest records of the thing without which the given one shares no more with it: it holds a record that has none of its keys,
 * although both sides say what one of them goes by. Empty where the record and the thing are one by their keys.
 */
export function linksBetween(model: SyncModel, bundle: Bundle, record: Keyed): readonly Link[] {
  const nodes = nodesOf(model, bundle);
  const known = reached(record, nodes);
  const strangers = known.filter(
    (node) => !sharesKey(node, record) && canBeTold(model, node.side, record.side),
  );
  if (strangers.length === 0) return [];
  const others = known.filter((node) => node.side !== record.side && !strangers.includes(node));
  const cut = subsets(others, BETWEEN_MAX).find((some) => {
    const left = reached(record, without(known, some));
    return !strangers.some((node) => left.includes(node));
  });
  if (cut === undefined) return [];
  // What hangs together with the record alone goes with it.
  return [...cut, ...reached(record, without(known, cut))].map(({ link }) => link);
}

/** The records of a thing that say a key which the thing itself has not, and which the given record has. */
export function linksSaying(model: SyncModel, bundle: Bundle, record: Keyed): readonly Link[] {
  const nodes = nodesOf(model, bundle);
  const own = matchKeys(model, bundle.identity.golden);
  const said = record.keys.filter((key) => !own.includes(key));
  const saying = nodes.filter(
    ({ side, keys }) => side !== record.side && keys.some((key) => said.includes(key)),
  );
  return saying.length < nodes.length ? saying.map(({ link }) => link) : [];
}

/** Keys that records of the thing have and the thing has not, as a decision went against them. */
export function saidKeys(model: SyncModel, { identity, links }: Bundle): readonly string[] {
  if (model.match.length < 2 || identity.tombstone !== null) return [];
  const own = new Set(matchKeys(model, identity.golden));
  const said = new Set<string>();
  for (const { status, accounted } of links)
    if (status === 'live')
      for (const key of matchKeys(model, accounted)) if (!own.has(key)) said.add(saidKey(key));
  return [...said];
}

const SAID = 'said ';

/** How a key is noted that a record says of itself: nothing is matched by it. */
export function saidKey(key: string): string {
  return `${SAID}${key}`;
}

/** The fields that a key goes by, however it is noted. */
export function fieldsOf({ match }: SyncModel, key: string): readonly string[] {
  return match[Number.parseInt(key.startsWith(SAID) ? key.slice(SAID.length) : key, 10)] ?? [];
}

/** Records can be taken out of it: it is nothing but what was read, and nothing about it is under way or was decided. */
export function isOnlyRead({ identity, links, writes, holds }: Bundle): boolean {
  return (
    identity.tombstone === null &&
    links.every(({ status, sent }) => status === 'live' && sent.length === 0) &&
    writes.every(({ state }) => state === 'planned' || state === 'queued') &&
    holds.every((hold) => hold.field !== null || isClash(hold))
  );
}

/** The thing as if these records had never been its. */
export function withoutLinks(model: SyncModel, bundle: Bundle, removed: readonly Link[]): Outcome {
  const identity = { ...bundle.identity, golden: {}, edits: {} };
  const bare = unchanged({ ...bundle, identity, links: [], holds: [] });
  return bundle.links
    .filter((link) => !removed.includes(link))
    .reduce((outcome, link) => takeIn(model, outcome, link), bare);
}

function nodesOf(model: SyncModel, { links }: Bundle): readonly Node[] {
  return links
    .filter(({ status }) => status === 'live')
    .map((link) => ({ link, side: link.side, keys: matchKeys(model, link.accounted) }));
}

/** The nodes that keys lead to from the record, from one to the next. */
function reached(record: Keyed, nodes: readonly Node[]): readonly Node[] {
  const found: Node[] = [];
  for (let border: readonly Keyed[] = [record]; border.length > 0;) {
    const next = without(nodes, found).filter((node) => border.some((one) => sharesKey(one, node)));
    found.push(...next);
    border = next;
  }
  return found;
}

function sharesKey(one: Keyed, other: Keyed): boolean {
  return one.keys.some((key) => other.keys.includes(key));
}

/** Two sides that share no rule tell nothing of each other's records; those are one by what a third says. */
function canBeTold(model: SyncModel, one: string, other: string): boolean {
  const [left, right] = [model.sideOf.get(one), model.sideOf.get(other)];
  return model.match.some((rule) => hasAll(left, rule) && hasAll(right, rule));
}

function hasAll(side: SideModel | undefined, fields: readonly string[]): boolean {
  return fields.every((name) => side?.lensOf.has(name) === true);
}

function without(nodes: readonly Node[], some: readonly Node[]): readonly Node[] {
  return nodes.filter((node) => !some.includes(node));
}

/** The smallest first; the empty one is left out. */
function subsets(nodes: readonly Node[], sizeMax: number): readonly (readonly Node[])[] {
  let last: readonly (readonly Node[])[] = [[]];
  const all: (readonly Node[])[] = [];
  for (let size = 1; size <= Math.min(sizeMax, nodes.length); size += 1) {
    last = last.flatMap((some) =>
      nodes.slice(nodes.indexOf(some.at(-1) as Node) + 1).map((node) => [...some, node]),
    );
    all.push(...last);
  }
  return all;
}
