/** One history from its tape: build, chaos, heal, rest, silence; then every check. */
import { WAIT_CHECK_MAX_MS } from '../../src/store/waits.ts';
import { Chaos } from './chaos.ts';
import { drawShape } from './draw.ts';
import { Linking } from './linking.ts';
import { approvePlanned, decide, release, revise, sayEmptied } from './operators.ts';
import { checkAll } from './oracle/check.ts';
import { isInDoubt, isUntold } from './oracle/doubt.ts';
import { checkReferences } from './oracle/references.ts';
import type { WorldShape } from './shape.ts';
import type { Tape } from './tape.ts';
import { hasJustLanded, isSomebodyAsked } from './work.ts';
import type { Unit } from './workers.ts';
import { World } from './world.ts';

/** A world in which nothing goes wrong any more must come to rest within so many rounds. */
const ROUNDS_MAX = 60;
/** Without sweeps a world must come to rest before the day is over, when they come by themselves. */
const REST_WITHIN_MS = 20 * 60 * 60_000;

/** A sweep runs only when it is due. */
const ROUND: readonly Unit[] = ['reap', 'sweep', 'capture', 'look', 'waits', 'resolve', 'deliver'];
/** Of a thousand steps, and of a thousand acts of people, how many are about the second sync where there is one. */
const OF_PARTS_PER_MILLE = 500;
/** Of a thousand acts about parts, how many are about what they belong to. */
const LINKED_PER_MILLE = 700;

export interface HistoryResult {
  readonly violations: readonly string[];
  readonly steps: number;
  readonly world: World;
}

export async function runHistory(tape: Tape, shape: WorldShape = drawShape(tape)): Promise<HistoryResult> {
  const world = new World(shape, tape);
  await build(world);
  world.settledOrder = world.order;
  await chaos(world);
  await world.heal();
  await rest(world, shape.sweeps);
  if (shape.habits.has('decideLate')) await decideAll(world);
  for (const one of world.all) if (world.violations.length === 0) await checkAll(one);
  if (world.parts !== null && world.violations.length === 0) checkReferences(world, world.parts);
  if (world.violations.length === 0) await silence(world);
  const refused = world.all
    .flatMap(({ store }) => store.refusals())
    .map((refusal) => `the store refused: ${refusal}`);
  return {
    violations: [...world.violations, ...refused],
    steps: world.scheduler.steps,
    world,
  };
}

/** Equal for two histories that went the same way. */
export function hashOf({ world }: HistoryResult): number {
  const hashes = world.all.map(({ store }) => store.hash());
  return hashes.reduce((all, hash) => all ^ hash) ^ Math.imul(world.order, 0x9e37_79b1);
}

/** As in production, every side is taken in as a whole before anything is written or goes wrong. */
async function build(world: World): Promise<void> {
  world.people.settle();
  const linking = linkingOf(world);
  world.parts?.people.settle();
  linking?.settle();
  for (let round = 0; round < 3; round += 1) {
    const before = world.trueupEntries();
    await world.cycle(ROUND);
    if (round > 0 && world.pending().count === 0 && world.trueupEntries() === before) return;
  }
}

async function chaos(world: World): Promise<void> {
  const { shape, tape } = world;
  const moves = movesOf(world);
  const linking = linkingOf(world);
  world.faults.begin(shape.rates);
  for (let edit = 0; edit < shape.edits; edit += 1) {
    const about = aboutParts(world) ?? world;
    if (about !== world && tape.chance('references', LINKED_PER_MILLE)) linking?.act();
    else about.people.act();
    if (shape.habits.has('decide') && about.tape.chance('people', shape.decidePerMille)) await decide(about);
    if (shape.habits.has('revise') && about.tape.chance('people', 60)) await revise(about);
    await moveOn(about, moves, tape.pick('schedule', shape.stepsPerEdit * 2));
  }
  const tail = tape.pick('schedule', shape.stepsPerEdit * 3);
  for (let step = 0; step < tail; step += 1) await moves();
}

/** A step of anybody's: of the one sync, or of either. */
function movesOf(world: World): () => Promise<void> {
  const things = new Chaos(world);
  const parts = world.parts === null ? null : new Chaos(world.parts);
  return () => {
    const isOfParts = parts !== null && world.tape.chance('references', OF_PARTS_PER_MILLE);
    return (isOfParts ? parts : things).step();
  };
}

/** The second sync, where there is one and its turn has come. */
function aboutParts({ parts, tape }: World): World | null {
  return parts !== null && tape.chance('references', OF_PARTS_PER_MILLE) ? parts : null;
}

function linkingOf(world: World): Linking | null {
  return world.parts === null ? null : new Linking(world, world.parts);
}

/** What goes on between two acts of people; where they are quick, only until a write has landed of which Trueup does not know that yet. */
async function moveOn(world: World, move: () => Promise<void>, steps: number): Promise<void> {
  const { shape, tape, store, systems } = world;
  for (let step = 0; step < steps; step += 1) {
    await move();
    if (shape.quickPerMille === 0) continue;
    if (isSomebodyAsked(store.tables) && tape.chance('people', shape.quickPerMille)) await decide(world);
    if (hasJustLanded(store.tables, systems) && tape.chance('people', shape.quickPerMille)) return;
  }
}

/** Rounds without faults until nothing is open and nothing moves. */
async function rest(world: World, sweeps: boolean): Promise<void> {
  const startMs = world.scheduler.nowMs;
  let quiet = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const before = world.trueupEntries();
    // What could not be read in this round is not at rest.
    const { isLeased } = world;
    // What feeds have missed is found at the beginning, and whether anything is missed still once all is quiet.
    if (sweeps && (round === 0 || quiet > 0)) await world.wakeSweeps();
    await approvePlanned(world.all);
    await world.cycle(ROUND);
    const { count, dueMs } = world.pending();
    quiet = !isLeased && count === 0 && world.trueupEntries() === before ? quiet + 1 : 0;
    // Where sweeps run, what came late may be seen by nothing else.
    if (quiet >= (sweeps || world.parts !== null ? 2 : 1) && round > 0) return;
    // Streams that failed wait minutes; so do writes that were refused for a while. What waits for another thing is checked by
    // the time of two quiet rounds.
    const leastMs = world.parts === null || count > 0 ? 1_000 : WAIT_CHECK_MAX_MS;
    const waitMs = Math.min(Math.max(leastMs, (dueMs ?? 0) - world.scheduler.nowMs), 90 * 60_000);
    world.scheduler.advance(round < 6 ? Math.max(waitMs, 10_000 * (round + 1)) : waitMs);
    if (world.scheduler.nowMs - startMs > REST_WITHIN_MS) break;
  }
  world.violations.push(`I1: no rest after ${String(ROUNDS_MAX)} rounds: ${describePending(world)}`);
}

function describePending(world: World): string {
  const dumps = world.all.map(({ store }) => store.dump());
  return dumps
    .map(({ hints, writes, streams }) =>
      JSON.stringify({ hints, writes, streams: streams.filter(({ failure }) => failure !== null) }),
    )
    .join(' and of the second sync ');
}

/** A person works through every hold; the world must come to rest each time. */
async function decideAll(world: World): Promise<void> {
  for (let count = 0; count < 12 && world.violations.length === 0; count += 1) {
    if (!(await answerOne(world.all))) return;
    await rest(world, world.shape.sweeps);
  }
}

async function answerOne(worlds: readonly World[]): Promise<boolean> {
  for (const world of worlds)
    if ((await decide(world)) || (await release(world)) || (await sayEmptied(world))) return true;
  return false;
}

/**
 * Nothing happens any more, every worker begins anew (I18), and every system tells and shows all that it holds a second time:
 * nothing may be written (I7), and nothing that is known may change (I17).
 */
async function silence(world: World): Promise<void> {
  if (world.all.some(isInDoubt)) await rest(world, true);
  const entries = world.trueupEntries();
  const known = world.all.map((one) => [one, knownTo(one)] as const);
  for (const { workers, systems } of world.all) {
    for (const worker of workers) worker.kill();
    for (const system of systems.values()) system.tellAgain();
  }
  await world.wakeSweeps();
  for (let round = 0; round < 3; round += 1) {
    await world.cycle(ROUND);
    if (world.pending().count === 0) break;
    world.scheduler.advance(10_000);
  }
  if (world.trueupEntries() > entries) world.violations.push('I7: a world at rest was written to');
  for (const [one, before] of known) sayChanged(one, before, knownTo(one));
}

type Known = Readonly<Record<string, string>>;

function sayChanged({ violations }: World, known: Known, now: Known): void {
  for (const [part, text] of Object.entries(known))
    if (now[part] !== text)
      violations.push(`I17: what was told twice has changed the ${part}: ${now[part] ?? ''} was ${text}`);
}

/** All that matters of what Trueup knows, as texts; of time it holds nothing. */
function knownTo(world: World): Known {
  const { identities, links, holds, decisions, writes } = world.store.dump();
  const isTold = (side: string, recordId: string | null): boolean => !isUntold(world, side, recordId);
  const parts = {
    identities: identities.map(({ id, seq, golden, tombstone }) => [id, seq, golden, tombstone !== null]),
    links: links.flatMap(({ side, recordId, status, linked }) =>
      linked !== null || isTold(side, recordId)
        ? [[side, recordId, status, linked === null ? null : [linked.identityId, linked.link.accounted]]]
        : [],
    ),
    holds: holds.flatMap(({ holdId, closed, identityId, side, recordId }) =>
      closed === null && (identityId !== null || isTold(side ?? '', recordId)) ? [holdId] : [],
    ),
    decisions: decisions.length,
    writes: writes.map(({ writeId, state }) => [writeId, state]),
  };
  return Object.fromEntries(
    Object.entries(parts).map(([part, rows]) => {
      const texts = Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).toSorted() : [rows];
      return [part, texts.join('; ')];
    }),
  );
}
