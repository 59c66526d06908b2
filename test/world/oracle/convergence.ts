/** I1, I13: at rest every record is known, and every side holds what the golden record says. */
import type { FieldLens, SideModel } from '../../../src/engine/model.ts';
import type { Identity, Link } from '../../../src/engine/state.ts';
import { InvalidValue, type Value } from '../../../src/engine/value.ts';
import type { Seen } from '../records.ts';
import type { SimulatedSystem } from '../system.ts';
import type { Judged, JudgedStore } from './judged.ts';
import { elementsOf, isReadable, isSame } from './truth.ts';

type Dump = JudgedStore;

export function checkConvergence(world: Judged): void {
  const dump = world.store.dump();
  const emptied = emptiedSides(world, dump);
  const stopped = stoppedIdentities(dump, emptied);
  checkRecords(world, dump, emptied, stopped);
  const linksOf = new Map<string, Link[]>();
  for (const { linked } of dump.links)
    if (linked !== null)
      linksOf.set(linked.identityId, [...(linksOf.get(linked.identityId) ?? []), linked.link]);
  const waiting = new Set(
    // What is not known yet of one record keeps the others from being made.
    dump.waits?.map(({ kind, identityId, side }) =>
      kind === 'read' ? `read ${identityId}` : `${kind} ${identityId} ${side}`,
    ),
  );
  for (const identity of dump.identities) {
    if (stopped.has(identity.id)) continue;
    const links = linksOf.get(identity.id) ?? [];
    if (identity.tombstone === null) checkIdentity(world, identity, links, waiting);
    else checkBuried(world, identity, links, waiting);
  }
  for (const { side, kind, failure } of dump.streams)
    if (failure !== null && !emptied.has(side))
      world.violations.push(`I1: the ${kind} stream of ${side} is broken: ${failure.code}`);
}

/** A side that lost all its records waits for a person to say that this was meant. */
export function emptiedSides(world: Judged, { streams }: Dump): ReadonlySet<string> {
  const emptied = streams.filter(({ side, failure }) => {
    const records = world.systems.get(side)?.records.all() ?? [];
    return failure?.code === 'trueup.side_emptied' && records.every(({ isHidden }) => isHidden);
  });
  return new Set(emptied.map(({ side }) => side));
}

/** Identities that wait for a person: a hold, a write that failed for good, a record that cannot be read. */
export function stoppedIdentities(
  { holds, writes, hints, links }: Dump,
  emptied: ReadonlySet<string>,
): ReadonlySet<string> {
  const stopped = new Set<string>();
  for (const { side, linked } of links)
    if (linked !== null && emptied.has(side)) stopped.add(linked.identityId);
  for (const { closed, identityId } of holds)
    if (closed === null && identityId !== null) stopped.add(identityId);
  for (const { state, identityId } of writes)
    if (state === 'dead' || state === 'held') stopped.add(identityId);
  const dead = new Set(
    hints.filter(({ state }) => state === 'dead').map(({ side, recordId }) => `${side} ${recordId}`),
  );
  for (const { side, recordId, linked } of links)
    if (linked !== null && dead.has(`${side} ${recordId}`)) stopped.add(linked.identityId);
  return stopped;
}

/** Every visible record is known and accounted for; what is known as there is there. */
function checkRecords(
  world: Judged,
  { links }: Dump,
  emptied: ReadonlySet<string>,
  stopped: ReadonlySet<string>,
): void {
  for (const [side, { records }] of world.systems) {
    if (emptied.has(side)) continue;
    const rows = new Map(links.filter((row) => row.side === side).map((row) => [row.recordId, row]));
    for (const record of records.all()) {
      const row = rows.get(record.id);
      const status = row?.status;
      if (stopped.has(row?.linked?.identityId ?? '')) continue;
      if (record.isHidden || status === 'live' || status === 'parked' || status === 'returned') continue;
      if (status === 'unreadable' && !isReadable(world, side, record.fields)) continue;
      world.violations.push(`I13: ${side} ${record.id} is ${status ?? 'not known'}, but it is there`);
    }
    for (const [id, { status, linked }] of rows) {
      if (stopped.has(linked?.identityId ?? '')) continue;
      if (status !== 'live' && status !== 'parked' && status !== 'returned') continue;
      const record = records.now(id);
      if (record === null) world.violations.push(`I13: ${side} ${id} is ${status}, but it is gone`);
    }
  }
}

/** `waiting`: what waits for another thing; whether it has reason to, `references.ts` judges, and of keys `existence.ts`. */
function checkIdentity(
  world: Judged,
  identity: Identity,
  links: readonly Link[],
  waiting: ReadonlySet<string>,
): void {
  const isAlive = links.some(({ status }) => status === 'live');
  for (const side of world.model.sides) {
    const system = world.systems.get(side.name);
    const link = links.find((one) => one.side === side.name);
    if (system === undefined) continue;
    if (link === undefined) {
      const isAwaited =
        waiting.has(`read ${identity.id}`) ||
        waiting.has(`write ${identity.id} ${side.name}`) ||
        waiting.has(`key ${identity.id} ${side.name}`);
      const isTold = side.lenses.some(
        ({ field, direction }) => direction !== 'in' && identity.golden[field.name] !== undefined,
      );
      if (side.creates && isAlive && isTold && !isAwaited)
        world.violations.push(`I1: ${identity.id} has no record at ${side.name}`);
    } else if (link.status === 'live') {
      const record = system.records.now(link.recordId);
      if (record !== null && !record.isHidden) checkRecord(world, system, side, identity, link, record);
    }
  }
}

function checkRecord(
  world: Judged,
  { shape }: Pick<SimulatedSystem, 'shape'>,
  side: SideModel,
  identity: Identity,
  link: Link,
  record: Seen,
): void {
  for (const lens of side.lenses) {
    // What a reference says is no value of its own: `references.ts` judges what it means.
    if (lens.refersTo !== null) continue;
    const { name } = lens.field;
    const holds = valueAt(lens, record);
    const place = `${name} of ${side.name} ${record.id}`;
    if (!isSame(name, link.accounted[name] ?? null, holds))
      world.violations.push(
        `I1: ${place} is accounted as ${text(link.accounted[name])} and is ${text(holds)}`,
      );
    const golden = identity.golden[name];
    if (golden === undefined || lens.direction === 'in') continue;
    const made = shape.normalises(name, golden) as Value;
    if (!isSame(name, golden, holds) && !isSame(name, made, holds) && !isStamped(shape, golden, holds))
      world.violations.push(`I1: ${place} is ${text(holds)}, golden is ${text(golden)}`);
  }
}

/** What an automation adds to a field that we write in the same moment counts as the system's way of writing it. */
function isStamped(
  { automates }: SimulatedSystem['shape'],
  golden: Value,
  holds: Value | undefined,
): boolean {
  const [given, found] = [elementsOf(golden), elementsOf(holds)];
  const added = found.filter((element) => !given.includes(element));
  const automated = elementsOf(automates(null, {})['tags']);
  return (
    found.length === given.length + added.length && added.every((element) => automated.includes(element))
  );
}

function valueAt(lens: FieldLens, record: Seen): Value | undefined {
  const value = lens.get(record.fields[lens.native] ?? null);
  return value instanceof InvalidValue ? undefined : value;
}

function text(value: Value | undefined): string {
  return JSON.stringify(value ?? null);
}

/** I10: a deleted thing lives nowhere where it could have been deleted. */
function checkBuried(
  world: Judged,
  identity: Identity,
  links: readonly Link[],
  waiting: ReadonlySet<string>,
): void {
  for (const { side, status, recordId } of links) {
    if (waiting.has(`delete ${identity.id} ${side}`)) continue;
    if (status !== 'live' || world.model.sideOf.get(side)?.deletes !== true) continue;
    const record = world.systems.get(side)?.records.now(recordId) ?? null;
    if (record !== null && !record.isHidden)
      world.violations.push(`I10: ${identity.id} was deleted and lives on as ${side} ${recordId}`);
  }
}
