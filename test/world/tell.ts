/** Tells a history in plain words: who did what, when and where, what went wrong, what Trueup made of it, what the checks found. */
import type { Value } from '../../src/engine/value.ts';
import { isJsonArray, type Json } from '../../src/lib/json.ts';
import type { Fault } from './faults.ts';
import type { Entry, Fields } from './records.ts';
import type { WorldShape } from './shape.ts';
import type { SystemShape } from './system-shape.ts';
import type { Tape } from './tape.ts';
import { watchHistory, type Happening, type Watched } from './watch.ts';
import type { World } from './world.ts';

export interface Told {
  readonly lines: readonly string[];
  /** What the checks found. */
  readonly violations: readonly string[];
}

/** Runs the tape's history and tells it, a line for each thing that happened. */
export async function tellHistory(tape: Tape): Promise<Told> {
  const watched = await watchHistory(tape);
  const { world, violations } = watched.result;
  const lines = [
    ...world.all.flatMap(({ shape }) => shapeLines(shape)),
    '',
    ...once(eventLines(watched)),
    '',
    ...world.all.flatMap(stateLines),
    '',
    ...(violations.length === 0 ? ['Every promise was kept.'] : violations.map((text) => `BROKEN  ${text}`)),
  ];
  return { lines, violations };
}

function shapeLines({ definition, systems, sweeps, workers, habits }: WorldShape): readonly string[] {
  const { deletes, fields, sides } = definition;
  const policies = fields.map(({ name, policy }) => {
    const owners = policy.owners.map(({ side }) => `owner ${side}`);
    const rules = policy.resolve.map((one) =>
      one.kind === 'priority' ? `priority ${one.sides.join(' > ')}` : one.kind,
    );
    return `${name}: ${[...owners, ...rules].join(', ')}`;
  });
  const without = (what: 'creates' | 'deletes'): string => {
    const names = sides.filter((side) => !side[what]).map(({ name }) => name);
    return names.length === 0 ? '' : ` but at ${names.join(', ')}`;
  };
  return [
    ...systems.map(systemLine),
    `policies     ${policies.join('; ')}`,
    `deletes      everywhere${without('deletes')}: ${deletes.mode}, against an edit ${deletes.againstEdit}`,
    `creates      everywhere${without('creates')}`,
    `the rest     ${String(workers)} workers, ${sweeps ? 'sweeps run' : 'no sweeps'}; people ${[...habits].join(', ')}`,
  ];
}

const ANSWERS: Readonly<Record<SystemShape['tells'], string>> = {
  all: 'answers with the record',
  written: 'answers with what was written',
  nothing: 'answers without the record',
};

function systemLine(system: SystemShape): string {
  const grades = [
    `version ${system.version}`,
    system.conditionalWrite ? 'conditional writes' : 'no conditional writes',
    `create identity ${system.createIdentity}`,
    system.feed === 'none' ? 'no feed' : `feed ${system.feed} of ${system.feedGives}`,
    system.feedTellsDeletes ? 'tells deletes' : 'tells no deletes',
    `reads lag ${String(system.readLagMs)} ms`,
    `executes within ${String(system.executionMaxMs)} ms`,
    ANSWERS[system.tells],
    ...(Object.keys(system.gives('', {})).length === 0 ? [] : ['gives new records values of its own']),
    ...(system.reusesIds ? ['gives ids again'] : []),
  ];
  return `${system.name.padEnd(12)} ${grades.join(', ')}`;
}

interface Line {
  readonly atMs: number;
  readonly text: string;
}

function eventLines({ result: { world }, happenings, startMs }: Watched): readonly string[] {
  const things = new Map<string, string>();
  const nameOf = (identityId: string | null): string => {
    if (identityId === null) return 'no thing';
    const name = things.get(identityId) ?? `thing ${String(things.size + 1)}`;
    things.set(identityId, name);
    return name;
  };
  const journal = world.all.flatMap(({ store }) => store.dump().journal);
  const happened = happenings.map((one): Line => ({ atMs: one.atMs, text: happeningText(one) }));
  const noted = journal.map(({ atMs, identityId, side, recordId, kind, body }): Line => {
    const place = recordId === null ? side : `${side} ${recordId}`;
    return { atMs, text: `  Trueup ${kind} ${nameOf(identityId)} at ${place}${bodyText(body)}` };
  });
  // Sorting is stable: what happened in a system comes before what Trueup noted in the same millisecond.
  return [...happened, ...noted]
    .toSorted((left, right) => left.atMs - right.atMs)
    .map(({ atMs, text }) => `${((atMs - startMs) / 1_000).toFixed(3).padStart(10)} s  ${text}`);
}

function happeningText(happening: Happening): string {
  return happening.kind === 'fault' ? `!! ${FAULT_TEXTS[happening.fault]}` : entryText(happening.entry);
}

const ACTORS: Readonly<Record<Entry['actor'], string>> = {
  user: 'somebody',
  trueup: 'TRUEUP',
  automation: 'an automation',
};
const DEEDS: Readonly<Record<Entry['kind'], string>> = {
  create: 'creates',
  update: 'changes',
  delete: 'deletes',
  undelete: 'brings back',
  hide: 'hides',
  show: 'shows again',
};

function entryText({ actor, kind, side, recordId, before, after }: Entry): string {
  const values = kind === 'update' || kind === 'create' ? changesText(before, after) : '';
  return `${ACTORS[actor]} ${DEEDS[kind]} ${side} ${recordId}${values}`;
}

function changesText(before: Fields | null, after: Fields | null): string {
  const changes = Object.entries(after ?? {}).flatMap(([field, value]) => {
    const old = before?.[field] ?? null;
    if (JSON.stringify(old) === JSON.stringify(value)) return [];
    return [`${field} ${old === null ? '' : `${JSON.stringify(old)} → `}${JSON.stringify(value)}`];
  });
  return changes.length === 0 ? ': to what it was' : `: ${changes.join(', ')}`;
}

function bodyText(body: Json): string {
  if (body === null || typeof body !== 'object' || isJsonArray(body)) return '';
  const parts = Object.entries(body).flatMap(([name, value]) => {
    if (name === 'fields') return fieldsText(value);
    return [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function fieldsText(fields: Json): readonly string[] {
  return Object.entries(fields as Readonly<Record<string, readonly Json[]>>).map(
    ([field, [before = null, after = null, rule = null]]) =>
      `${field} ${JSON.stringify(before)} → ${JSON.stringify(after)} by ${typeof rule === 'string' ? rule : 'no rule'}`,
  );
}

/** How the world stands at the end: what Trueup says and what the systems hold. */
function stateLines(world: World): readonly string[] {
  const { identities, links, holds, writes, waits } = world.store.dump();
  const { name } = world.model;
  const lines: string[] = [world.all.length === 1 ? 'At the end' : `At the end of the ${name}`];
  for (const { id, golden, tombstone } of identities) {
    lines.push(`  ${tombstone === null ? 'golden' : 'deleted'} ${valuesText(golden)}`);
    for (const { side, recordId, status, linked } of links)
      if (linked?.identityId === id)
        lines.push(`    ${side} ${recordId} ${status}${recordText(world, side, recordId)}`);
    for (const { side, kind, state, identityId } of writes)
      if (identityId === id) lines.push(`    a write to ${side} is open: ${kind}, ${state}`);
    for (const { identityId, side, kind, parentRecord, parentId } of waits)
      if (identityId === id)
        lines.push(`    waits at ${side}, ${kind}: ${parentRecord ?? parentId ?? 'others refer to it'}`);
    for (const { identityId, reason, field, closed } of holds)
      if (identityId === id && closed === null)
        lines.push(`    held: ${reason}${field === null ? '' : ` of ${field}`}`);
  }
  for (const { side, recordId, status, linked } of links)
    if (linked === null) lines.push(`  ${side} ${recordId} ${status}${recordText(world, side, recordId)}`);
  return lines;
}

function valuesText(values: Readonly<Record<string, Value>>): string {
  return Object.entries(values)
    .map(([field, value]) => `${field} ${JSON.stringify(value)}`)
    .join(', ');
}

function recordText(world: World, side: string, recordId: string): string {
  const record = world.systems.get(side)?.records.now(recordId) ?? null;
  if (record === null) return ': is not there';
  return `: holds ${JSON.stringify(record.fields)}${record.isHidden ? ', hidden' : ''}`;
}

/** A line that comes again at once is told once, with how often. */
function once(lines: readonly string[]): readonly string[] {
  const told: { readonly line: string; count: number }[] = [];
  for (const line of lines) {
    const last = told.at(-1);
    if (last?.line === line) last.count += 1;
    else told.push({ line, count: 1 });
  }
  return told.map(({ line, count }) => (count === 1 ? line : `${line} (${String(count)} times)`));
}

const FAULT_TEXTS: Readonly<Record<Fault, string>> = {
  callRefused: 'a call fails: the system is away',
  callThrottled: 'a call is refused: too many requests',
  callUnauthorised: 'a call is refused: the session has expired',
  requestLost: 'a write never arrives, and nobody says so',
  answerLost: 'a write is carried out, and its answer is lost',
  executedLate: 'a write is carried out after everybody has stopped waiting',
  writeRefused: 'a write is refused for a while',
  batchAnswerLost: 'the answer to a whole batch is lost',
  executionShuffled: 'a batch is carried out in another order',
  readLags: 'a read shows the past',
  pageRepeated: 'a page comes twice',
  pageFailed: 'a page cannot be read',
  listEmpty: 'a list shows nothing at all',
  listTruncated: 'a list ends early and calls itself complete',
  listSkips: 'a list leaves a record out',
  cursorExpired: 'a position in a feed is no longer kept',
  hintDropped: 'a feed leaves something out',
  hintRepeated: 'a feed tells something twice',
  lookFailed: 'a record cannot be looked up',
  storeLost: 'a worker loses its connection to the store',
  storeCollision: 'a transaction collides and is rolled back',
  workerKilled: 'a worker is killed',
  workerFrozen: 'a worker stands still',
  senderFrozen: 'a worker stands still while it sends or records a write',
  clockSkewed: 'a worker starts with a wrong clock',
  readSlow: 'what was read takes its time to arrive',
  requestSlow: 'a request takes its time to arrive',
  answerSlow: 'an answer takes its time to arrive',
  lookBlank: 'a system answers for a moment as if it held nothing',
  backupRestored: 'the store is backed up, or put back to that backup',
};
