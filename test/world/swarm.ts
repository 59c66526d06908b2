/**
 * Swarms: histories that know few things and those often, so that what is rare meets what is rare. The sides are alike in
 * some traits, because a history in which everything is of one kind reaches what a mixture hides.
 */
import { compileSync, type FieldPolicy, type SyncDefinition } from '../../src/engine/model.ts';
import { FAULTS, NO_FAULTS, type Fault, type FaultRates } from './faults.ts';
import {
  drawDefinition,
  drawPolicy,
  drawSystem,
  insistOnCity,
  SWARM_HABITS,
  withoutHoles,
  type Habit,
  type WorldShape,
} from './shape.ts';
import type { SystemShape } from './system.ts';
import { choose, type Tape } from './tape.ts';

/** What belongs together: a history is about one to three of these, and knows about half of what each brings. */
interface Theme {
  readonly habits: readonly Habit[];
  readonly faults: readonly Fault[];
  readonly traits?: Partial<Traits>;
}

/** What the sides have in common where they have it in common. */
interface Traits {
  readonly sweeps: boolean;
  readonly version: SystemShape['version'];
  readonly isConditional: boolean;
  readonly readLagMs: number;
  readonly executionMaxMs: number;
  readonly feedGives: SystemShape['feedGives'];
  readonly reusesIds: boolean;
  readonly insists: boolean;
  readonly settledMax: number;
  readonly policy: 'latest' | 'hold';
}

const THEMES: readonly [Theme, ...Theme[]] = [
  // Answers that never come.
  { habits: ['create', 'form', 'copy', 'keyless'], faults: ['requestLost', 'answerLost', 'batchAnswerLost'] },
  { habits: ['create', 'form'], faults: ['executedLate', 'answerLost'], traits: { executionMaxMs: 8_000 } },
  // What is deleted, and comes back.
  { habits: ['delete', 'undelete', 'create', 'form'], faults: ['writeRefused'] },
  { habits: ['delete', 'undelete', 'decide', 'decideLate'], faults: ['executedLate'] },
  { habits: ['massDelete', 'create', 'decideLate'], faults: [], traits: { settledMax: 9 } },
  // Feeds that must be followed.
  {
    habits: ['burst', 'copy'],
    faults: ['pageRepeated', 'pageFailed'],
    traits: { sweeps: false, policy: 'latest' },
  },
  { habits: ['create', 'delete'], faults: ['cursorExpired', 'hintRepeated'], traits: { sweeps: false } },
  { habits: ['form'], faults: ['lookFailed'], traits: { sweeps: false, feedGives: 'hints' } },
  { habits: ['form', 'create', 'delete'], faults: ['readLags'], traits: { sweeps: false, readLagMs: 3_000 } },
  // Who is who.
  { habits: ['twin', 'double', 'takeKey', 'rekey', 'delete'], faults: [] },
  { habits: ['keyless', 'takeKey', 'create'], faults: ['answerLost', 'requestLost'] },
  { habits: ['delete', 'create', 'keyless'], faults: [], traits: { reusesIds: true } },
  // What cannot be seen.
  { habits: ['hide', 'form'], faults: ['answerLost', 'listEmpty'], traits: { sweeps: true } },
  { habits: ['create'], faults: ['lookBlank', 'listSkips', 'hintDropped'], traits: { sweeps: true } },
  { habits: ['spoil', 'form'], faults: ['lookFailed'] },
  { habits: ['hide', 'undelete', 'delete'], faults: [], traits: { sweeps: true, version: 'content' } },
  // What breaks off.
  { habits: [], faults: ['workerKilled', 'storeLost', 'storeCollision'] },
  { habits: ['form'], faults: ['workerFrozen', 'clockSkewed'] },
  { habits: [], faults: ['backupRestored', 'callRefused'] },
  // Who has the say.
  { habits: ['decide', 'decideLate', 'blank', 'form'], faults: [], traits: { policy: 'hold' } },
  { habits: ['revise', 'decide'], faults: [] },
  { habits: ['burst'], faults: [], traits: { insists: true } },
];

const FAULT_RATES = [150, 60, 300, 500] as const;
/** What ends everything that is under way, or changes the whole world, would leave nothing else to happen. */
const SPARSE: Partial<Record<Fault, readonly [number, ...number[]]>> = {
  workerKilled: [4, 12],
  workerFrozen: [4, 12],
  backupRestored: [6, 20],
  storeLost: [2, 8],
  storeCollision: [5, 50],
  clockSkewed: [500],
  hintDropped: [100, 300],
};

export function drawSwarm(tape: Tape): WorldShape {
  const names = tape.chance('shape', 150) ? ['crm', 'erp', 'shop'] : ['crm', 'erp'];
  const themes = [choose(tape, 'shape', THEMES), ...drawSome(tape, THEMES, 2)];
  const traits = themes.reduce<Partial<Traits>>((all, theme) => ({ ...all, ...theme.traits }), {});
  const sweeps = traits.sweeps ?? tape.chance('shape', 300);
  const systems = drawSystems(tape, names, sweeps, traits);
  const definition = drawPolicies(tape, names, traits);
  const habits = new Set(
    drawHalf(
      tape,
      themes.flatMap((theme) => theme.habits),
    ),
  );
  for (const habit of drawSome(tape, SWARM_HABITS, 1)) habits.add(habit);
  if (!sweeps) habits.delete('hide');
  const rates = drawFaults(tape, themes);
  return {
    definition,
    model: compileSync(definition),
    systems,
    rates: sweeps ? rates : withoutHoles(rates),
    sweeps,
    habits,
    edits: 3 + tape.pick('shape', 10),
    stepsPerEdit: choose(tape, 'shape', [30, 15, 60, 90] as const),
    workers: 1 + tape.pick('shape', 3),
    isFine: tape.chance('shape', 250),
    settledMax: traits.settledMax ?? 2,
    hotPerMille: choose(tape, 'shape', [600, 0, 900] as const),
    isBusy: true,
    habitPerMille: choose(tape, 'shape', [500, 250, 800] as const),
    decidePerMille: 400,
  };
}

function drawHalf<T>(tape: Tape, list: readonly T[]): readonly T[] {
  return [...new Set(list)].filter(() => tape.chance('shape', 600));
}

/** Up to so many of the list, each at most once. */
function drawSome<T>(tape: Tape, list: readonly T[], max: number): readonly T[] {
  const left = [...list];
  const count = tape.pick('shape', max + 1);
  return Array.from({ length: count }).flatMap(() => left.splice(tape.pick('shape', left.length), 1));
}

function drawFaults(tape: Tape, themes: readonly Theme[]): FaultRates {
  const rates: Record<Fault, number> = { ...NO_FAULTS };
  const known = [
    ...drawHalf(
      tape,
      themes.flatMap(({ faults }) => faults),
    ),
    ...drawSome(tape, FAULTS, 1),
  ];
  for (const fault of known) rates[fault] = choose<number>(tape, 'shape', SPARSE[fault] ?? FAULT_RATES);
  return rates;
}

/** One trait of all sides, or null where each keeps its own. */
function drawTrait<T>(tape: Tape, list: readonly [T, ...T[]]): T | null {
  return tape.chance('shape', 600) ? choose(tape, 'shape', list) : null;
}

function drawSystems(
  tape: Tape,
  names: readonly string[],
  sweeps: boolean,
  traits: Partial<Traits>,
): readonly SystemShape[] {
  const version = traits.version ?? drawTrait(tape, ['counter', 'content', 'none'] as const);
  const isConditional = traits.isConditional ?? drawTrait(tape, [true, false]);
  const createIdentity = drawTrait(tape, ['search', 'none', 'uniqueKey'] as const);
  const readLagMs = traits.readLagMs ?? drawTrait(tape, [0, 0, 0, 3_000]);
  const executionMaxMs = traits.executionMaxMs ?? drawTrait(tape, [0, 0, 8_000]);
  const feedGives = traits.feedGives ?? drawTrait(tape, ['records', 'hints'] as const);
  const tellsAll = drawTrait(tape, [true, false]);
  return names.map((name) => {
    const own = drawSystem(tape, name, sweeps);
    const known = version ?? own.version;
    return {
      ...own,
      version: known,
      conditionalWrite: known !== 'none' && (isConditional ?? own.conditionalWrite),
      createIdentity: createIdentity ?? own.createIdentity,
      readLagMs: readLagMs ?? own.readLagMs,
      executionMaxMs: executionMaxMs ?? own.executionMaxMs,
      feedGives: feedGives ?? own.feedGives,
      tellsAll: tellsAll ?? own.tellsAll,
      reusesIds: traits.reusesIds ?? own.reusesIds,
      automates: traits.insists === true ? insistOnCity(name) : own.automates,
    };
  });
}

function drawPolicies(tape: Tape, names: readonly string[], traits: Partial<Traits>): SyncDefinition {
  const definition = drawDefinition(tape, names);
  const isOne = tape.chance('shape', 500);
  if (!isOne && traits.policy === undefined) return definition;
  const policy = policyOf(tape, names, traits.policy);
  const fields = definition.fields.map((field) => (field.name === 'tags' ? field : { ...field, policy }));
  return { ...definition, fields };
}

function policyOf(tape: Tape, names: readonly string[], kind: Traits['policy'] | undefined): FieldPolicy {
  if (kind === 'hold') return { owners: [], resolve: [{ kind: 'hold' }] };
  if (kind === undefined) return drawPolicy(tape, names);
  return { owners: [], resolve: [{ kind: 'latest' }, { kind: 'priority', sides: names }] };
}
