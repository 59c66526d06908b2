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
import type { SystemShape } from './system-shape.ts';
import { choose, type Tape } from './tape.ts';

/** What belongs together: a history is about one or two of these, and knows most of what each brings. */
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
  readonly workers: number;
  readonly leapMsMax: number;
  readonly isRanked: boolean;
  readonly order: readonly string[];
  readonly quickPerMille: number;
  readonly edits: number;
  readonly habitPerMille: number;
  readonly policy: 'latest' | 'hold';
  readonly createIdentity: SystemShape['createIdentity'];
  readonly tells: SystemShape['tells'];
  readonly deletes: Partial<SyncDefinition['deletes']>;
}

const THEMES = {
  lostUpdates: { habits: ['form', 'copy'], faults: ['requestLost', 'answerLost'] },
  lostAnswers: {
    habits: ['form', 'copy'],
    faults: ['answerLost', 'batchAnswerLost'],
    traits: { isConditional: false },
  },
  lateUpdates: {
    habits: ['form'],
    faults: ['executedLate'],
    traits: { executionMaxMs: 8_000, isConditional: false },
  },
  lateCreates: {
    habits: ['create'],
    faults: ['executedLate'],
    traits: { executionMaxMs: 8_000, createIdentity: 'search' },
  },
  lostCreates: {
    habits: ['create'],
    faults: ['answerLost', 'requestLost'],
    traits: { createIdentity: 'search' },
  },
  untoldCreates: { habits: ['create'], faults: ['answerLost'], traits: { createIdentity: 'none' } },
  takenCreates: {
    habits: ['create', 'takeKey'],
    faults: ['answerLost', 'requestLost'],
    traits: { createIdentity: 'search' },
  },
  comesBack: { habits: ['delete', 'undelete'], faults: [], traits: { version: 'content' } },
  editWins: {
    habits: ['delete', 'form'],
    faults: ['answerSlow'],
    traits: { deletes: { mode: 'propagate', againstEdit: 'editWins' }, sweeps: false },
  },
  deleteOrNot: {
    habits: ['delete', 'undelete', 'decide', 'form'],
    faults: ['answerSlow'],
    traits: { deletes: { mode: 'propagate', againstEdit: 'hold' } },
  },
  deletesHeld: {
    habits: ['delete', 'decideLate', 'form'],
    faults: [],
    traits: { deletes: { againstEdit: 'hold' } },
  },
  floods: { habits: ['massDelete'], faults: [], traits: { settledMax: 12, deletes: { mode: 'propagate' } } },
  latest: {
    habits: ['burst'],
    faults: [],
    traits: { sweeps: false, policy: 'latest', feedGives: 'records', settledMax: 4 },
  },
  expiry: {
    habits: ['create', 'delete'],
    faults: ['cursorExpired', 'hintRepeated'],
    traits: { sweeps: false },
  },
  failedLooks: { habits: ['form'], faults: ['lookFailed'], traits: { sweeps: false, feedGives: 'hints' } },
  lag: {
    habits: ['form'],
    faults: ['readLags'],
    traits: { sweeps: false, readLagMs: 3_000, feedGives: 'hints' },
  },
  laggingDeletes: {
    habits: ['delete'],
    faults: ['readLags'],
    traits: { readLagMs: 3_000, settledMax: 1, deletes: { mode: 'propagate' } },
  },
  pages: { habits: [], faults: ['pageRepeated', 'pageFailed'], traits: { sweeps: false } },
  keys: { habits: ['twin', 'double', 'takeKey', 'rekey', 'delete'], faults: [] },
  keyless: { habits: ['keyless', 'twin', 'create'], faults: ['answerLost'] },
  idsGivenAgain: { habits: ['delete', 'create', 'keyless'], faults: [], traits: { reusesIds: true } },
  hiding: { habits: ['hide', 'form'], faults: ['answerLost', 'requestLost'], traits: { sweeps: true } },
  shownAgain: {
    habits: ['hide', 'delete'],
    faults: ['listEmpty'],
    traits: { sweeps: true, version: 'content' },
  },
  blankLooks: {
    habits: ['create'],
    faults: ['lookBlank', 'listSkips', 'hintDropped'],
    traits: { sweeps: true },
  },
  unreadable: { habits: ['spoil', 'form'], faults: ['lookFailed'] },
  kills: {
    habits: ['create'],
    faults: ['workerKilled', 'storeLost', 'storeCollision'],
    traits: { sweeps: false },
  },
  freezes: {
    habits: ['form', 'create'],
    faults: ['workerFrozen', 'writeRefused', 'requestLost'],
    traits: { leapMsMax: 30_000 },
  },
  restore: { habits: [], faults: ['backupRestored', 'callRefused'] },
  asking: { habits: ['decide', 'decideLate', 'blank', 'form'], faults: [], traits: { policy: 'hold' } },
  revisions: { habits: ['revise', 'decide'], faults: [] },
  swings: { habits: ['burst'], faults: [], traits: { insists: true } },
  shortAnswers: {
    habits: ['form'],
    faults: ['requestSlow'],
    traits: {
      tells: 'nothing',
      isConditional: true,
      isRanked: true,
      order: ['deliver crm', 'deliver erp', 'capture crm', 'capture erp', 'look crm', 'look erp'],
      edits: 10,
      habitPerMille: 850,
      settledMax: 1,
    },
  },
  crossingLooks: {
    habits: [],
    faults: ['readSlow', 'requestSlow', 'answerSlow'],
    traits: { sweeps: false, feedGives: 'hints', tells: 'all', version: 'counter' },
  },
  comeBetween: {
    habits: ['form', 'cross'],
    faults: ['answerLost'],
    traits: {
      quickPerMille: 300,
      edits: 10,
      habitPerMille: 850,
      isRanked: true,
      order: ['deliver erp', 'capture crm', 'look crm', 'resolve erp', 'look erp'],
      settledMax: 1,
      sweeps: false,
      executionMaxMs: 8_000,
      leapMsMax: 10_000,
      readLagMs: 0,
    },
  },
  deletesBetween: {
    habits: ['delete'],
    faults: ['answerSlow'],
    traits: {
      quickPerMille: 300,
      edits: 10,
      isRanked: true,
      order: ['deliver erp', 'capture erp', 'look erp'],
      habitPerMille: 500,
      settledMax: 1,
      leapMsMax: 300,
      tells: 'all',
      deletes: { mode: 'propagate', againstEdit: 'editWins' },
    },
  },
  changedMinds: {
    habits: ['delete', 'undelete', 'form', 'decideLate'],
    faults: ['answerSlow', 'requestSlow'],
    traits: {
      quickPerMille: 300,
      edits: 10,
      isRanked: true,
      order: ['capture crm', 'look crm', 'capture erp', 'look erp'],
      settledMax: 1,
      leapMsMax: 300,
      deletes: { mode: 'propagate', againstEdit: 'hold' },
    },
  },
  standStill: {
    habits: ['create'],
    faults: ['senderFrozen', 'answerLost', 'answerSlow'],
    traits: {
      leapMsMax: 8_000,
      settledMax: 1,
      isRanked: true,
      order: ['reap crm', 'reap erp', 'resolve crm', 'resolve erp', 'deliver crm', 'deliver erp'],
      createIdentity: 'search',
      executionMaxMs: 0,
      workers: 2,
    },
  },
  slowFinds: {
    habits: ['create'],
    faults: ['requestLost', 'answerLost', 'readSlow'],
    traits: { createIdentity: 'search', executionMaxMs: 0, readLagMs: 0, settledMax: 1 },
  },
  unsaid: { habits: ['create', 'blank'], faults: ['answerSlow'], traits: { sweeps: false } },
} as const satisfies Readonly<Record<string, Theme>>;

export type ThemeName = keyof typeof THEMES;
/** A history is about one of these, or two; the first stands for a history that knows a little of everything. */
export const THEME_NAMES = ['everything', ...Object.keys(THEMES)] as readonly ['everything', ...ThemeName[]];

const FAULT_RATES = [300, 150, 500] as const;
/** What ends everything that is under way, or changes the whole world, would leave nothing else to happen. */
const SPARSE: Partial<Record<Fault, readonly [number, ...number[]]>> = {
  workerKilled: [6, 20],
  workerFrozen: [10, 30],
  senderFrozen: [100, 300],
  backupRestored: [6, 20],
  storeLost: [2, 8],
  storeCollision: [5, 50],
  clockSkewed: [500],
  hintDropped: [100, 300],
};

export function drawSwarm(tape: Tape, about: ThemeName): WorldShape {
  const names = tape.chance('shape', 150) ? ['crm', 'erp', 'shop'] : ['crm', 'erp'];
  const isPure = tape.chance('shape', 500);
  const themes: readonly Theme[] = [
    THEMES[about],
    ...(isPure ? [] : drawSome<Theme>(tape, Object.values(THEMES), 1)),
  ];
  const traits = themes.reduce<Partial<Traits>>((all, theme) => ({ ...all, ...theme.traits }), {});
  const sweeps = traits.sweeps ?? tape.chance('shape', 300);
  const systems = drawSystems(tape, names, sweeps, traits);
  const definition = drawPolicies(tape, names, traits);
  const habits = new Set(
    drawMost(
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
    edits: (traits.edits ?? 3) + tape.pick('shape', 10),
    stepsPerEdit: choose(tape, 'shape', [30, 15, 60, 90] as const),
    workers: (traits.workers ?? 1) + tape.pick('shape', 3),
    isFine: tape.chance('shape', 250),
    settledMax: traits.settledMax ?? 2,
    hotPerMille: choose(tape, 'shape', [600, 0, 900] as const),
    isBusy: true,
    leapMsMax: traits.leapMsMax ?? 2_000,
    latestPerMille: choose(tape, 'shape', [600, 0, 850] as const),
    habitPerMille: traits.habitPerMille ?? choose(tape, 'shape', [500, 250, 800] as const),
    decidePerMille: 400,
    gapPerMille: 0,
    parts: null,
    isRanked: traits.isRanked ?? tape.chance('shape', 200),
    order: traits.order ?? [],
    quickPerMille: traits.quickPerMille ?? choose(tape, 'shape', [0, 0, 0, 100] as const),
  };
}

function drawMost<T>(tape: Tape, list: readonly T[]): readonly T[] {
  return [...new Set(list)].filter(() => tape.chance('shape', 750));
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
    ...drawMost(
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
  const createIdentity = traits.createIdentity ?? drawTrait(tape, ['search', 'none', 'uniqueKey'] as const);
  const readLagMs = traits.readLagMs ?? drawTrait(tape, [0, 0, 0, 3_000]);
  const executionMaxMs = traits.executionMaxMs ?? drawTrait(tape, [0, 0, 8_000]);
  const feedGives = traits.feedGives ?? drawTrait(tape, ['records', 'hints'] as const);
  const tells = traits.tells ?? drawTrait(tape, ['all', 'nothing'] as const);
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
      tells: tells ?? own.tells,
      reusesIds: traits.reusesIds ?? own.reusesIds,
      automates: traits.insists === true ? insistOnCity(name) : own.automates,
    };
  });
}

function drawPolicies(tape: Tape, names: readonly string[], traits: Partial<Traits>): SyncDefinition {
  const drawn = drawDefinition(tape, names);
  const definition = { ...drawn, deletes: { ...drawn.deletes, ...traits.deletes } };
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
