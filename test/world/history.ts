/** One history from its tape: build, chaos, heal, rest, silence; then every check. */
import { Chaos } from './chaos.ts';
import { drawShape } from './draw.ts';
import { approvePlanned, decide, release, revise, sayEmptied } from './operators.ts';
import { checkAll } from './oracle/check.ts';
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
const ROUND: readonly Unit[] = ['reap', 'sweep', 'capture', 'look', 'resolve', 'deliver'];

export interface HistoryResult {
  readonly violations: readonly string[];
  readonly steps: number;
  readonly world: World;
}

export async function runHistory(tape: Tape, shape: WorldShape = drawShape(tape)): Promise<HistoryResult> {
  const world = new World(shape, tape);
  await build(world);
  await chaos(world);
  await world.heal();
  await rest(world, shape.sweeps);
  if (shape.habits.has('decideLate')) await decideAll(world);
  if (world.violations.length === 0) await checkAll(world);
  if (world.violations.length === 0) await silence(world);
  const refused = world.store.refusals().map((refusal) => `the store refused: ${refusal}`);
  return {
    violations: [...world.violations, ...refused],
    steps: world.scheduler.steps,
    world,
  };
}

/** Equal for two histories that went the same way. */
export function hashOf({ world }: HistoryResult): number {
  return world.store.hash() ^ Math.imul(world.order, 0x9e37_79b1);
}

/** As in production, every side is taken in as a whole before anything is written or goes wrong. */
async function build(world: World): Promise<void> {
  world.people.settle();
  for (let round = 0; round < 3; round += 1) {
    const before = world.trueupEntries();
    await world.cycle(ROUND);
    if (round > 0 && world.pending().count === 0 && world.trueupEntries() === before) return;
  }
}

async function chaos(world: World): Promise<void> {
  const { shape, tape } = world;
  const moves = new Chaos(world);
  world.faults.begin(shape.rates);
  for (let edit = 0; edit < shape.edits; edit += 1) {
    world.people.act();
    if (shape.habits.has('decide') && tape.chance('people', shape.decidePerMille)) await decide(world);
    if (shape.habits.has('revise') && tape.chance('people', 60)) await revise(world);
    await moveOn(world, moves, tape.pick('schedule', shape.stepsPerEdit * 2));
  }
  const tail = tape.pick('schedule', shape.stepsPerEdit * 3);
  for (let step = 0; step < tail; step += 1) await moves.step();
}

/** What goes on between two acts of people; where they are quick, only until a write has landed of which Trueup does not know that yet. */
async function moveOn(world: World, moves: Chaos, steps: number): Promise<void> {
  const { shape, tape, store, systems } = world;
  for (let step = 0; step < steps; step += 1) {
    await moves.step();
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
    await approvePlanned(world);
    await world.cycle(ROUND);
    const { count, dueMs } = world.pending();
    quiet = !isLeased && count === 0 && world.trueupEntries() === before ? quiet + 1 : 0;
    // Where sweeps run, what came late may be seen by nothing else.
    if (quiet >= (sweeps ? 2 : 1) && round > 0) return;
    // Streams that failed wait minutes; so do writes that were refused for a while.
    const waitMs = Math.min(Math.max(1_000, (dueMs ?? 0) - world.scheduler.nowMs), 90 * 60_000);
    world.scheduler.advance(round < 6 ? Math.max(waitMs, 10_000 * (round + 1)) : waitMs);
    if (world.scheduler.nowMs - startMs > REST_WITHIN_MS) break;
  }
  world.violations.push(`I1: no rest after ${String(ROUNDS_MAX)} rounds: ${describePending(world)}`);
}

function describePending(world: World): string {
  const { hints, writes, streams } = world.store.dump();
  return JSON.stringify({ hints, writes, streams: streams.filter(({ failure }) => failure !== null) });
}

/** A person works through every hold; the world must come to rest each time. */
async function decideAll(world: World): Promise<void> {
  for (let count = 0; count < 12 && world.violations.length === 0; count += 1) {
    if (!(await decide(world)) && !(await release(world)) && !(await sayEmptied(world))) return;
    await rest(world, world.shape.sweeps);
  }
}

/**
 * Nothing happens any more, every worker begins anew (I18), and every system tells and shows all that it holds a second time:
 * nothing may be written (I7), and nothing that is known may change (I17).
 */
async function silence(world: World): Promise<void> {
  if (isInDoubt(world)) await rest(world, true);
  const [entries, known] = [world.trueupEntries(), knownTo(world)];
  for (const worker of world.workers) worker.kill();
  for (const system of world.systems.values()) system.tellAgain();
  await world.wakeSweeps();
  for (let round = 0; round < 3; round += 1) {
    await world.cycle(ROUND);
    if (world.pending().count === 0) break;
    world.scheduler.advance(10_000);
  }
  if (world.trueupEntries() > entries) world.violations.push('I7: a world at rest was written to');
  const now = knownTo(world);
  for (const [part, text] of Object.entries(known))
    if (now[part] !== text)
      world.violations.push(
        `I17: what was told twice has changed the ${part}: ${text} was ${now[part] ?? ''}`,
      );
}

/** What became of a record while a position in a feed expired only a second sweep tells, and here none has come by itself. */
function isInDoubt({ shape, faults, store, systems }: World): boolean {
  if (shape.sweeps || !faults.counts().has('cursorExpired')) return false;
  return store.tables.links
    .rows()
    .some(
      ({ side, recordId, status }) =>
        status === 'hidden' && systems.get(side)?.records.now(recordId) === null,
    );
}

/** All that matters of what Trueup knows, as texts; of time it holds nothing. */
function knownTo(world: World): Readonly<Record<string, string>> {
  const { identities, links, holds, decisions, writes } = world.store.dump();
  const parts = {
    identities: identities.map(({ id, seq, golden, tombstone }) => [id, seq, golden, tombstone !== null]),
    links: links.map(({ side, recordId, status, linked }) => [
      side,
      recordId,
      status,
      linked === null ? null : [linked.identityId, linked.link.accounted],
    ]),
    holds: holds.flatMap(({ holdId, closed }) => (closed === null ? [holdId] : [])),
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
