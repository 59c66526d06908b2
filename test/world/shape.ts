/**
 * What a history is made of, drawn before it begins: systems of any grade, policies, and which faults it knows. Each history
 * knows only some features and faults, so that none hides behind another.
 */
import {
  compileSync,
  type FieldDefinition,
  type FieldPolicy,
  type Resolver,
  type SideDefinition,
  type SyncDefinition,
  type SyncModel,
} from '../../src/engine/model.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { BROAD_FAULTS, NO_FAULTS, type Fault, type FaultRates } from './faults.ts';
import type { Fields } from './records.ts';
import type { SystemShape } from './system-shape.ts';
import { choose, type Tape } from './tape.ts';

export const FIELDS = ['name', 'city', 'tags'] as const;

export interface WorldShape {
  readonly definition: SyncDefinition;
  /** As it is at the beginning. */
  readonly model: SyncModel;
  readonly systems: readonly SystemShape[];
  readonly rates: FaultRates;
  /** Whether sweeps run beside the feeds. Without them a hole in a feed shows. */
  readonly sweeps: boolean;
  /** What people do in this history, besides editing. */
  readonly habits: ReadonlySet<Habit>;
  readonly edits: number;
  /** Steps of chaos between two acts of people, on average. */
  readonly stepsPerEdit: number;
  readonly workers: number;
  /** Whether others may go on between two statements of a transaction, or only between transactions. */
  readonly isFine: boolean;
  /** How many records there are at most when Trueup first looks. */
  readonly settledMax: number;
  /** Of a thousand acts of people, how many follow a habit instead of editing a field. */
  readonly habitPerMille: number;
  /** Of a thousand acts, how many are about the thing that the last one was about. */
  readonly hotPerMille: number;
  /** Whether workers begin what there is to do, rather than anything. */
  readonly isBusy: boolean;
  /** Of a thousand steps, how many let on whoever began to wait last: one unit runs to its end while another stands still. */
  readonly latestPerMille: number;
  /** Whether some work has to wait for long while all other work goes on, rather than each in its turn. */
  readonly isRanked: boolean;
  /** Where work is ranked, what comes first to begin with, as `unit side`; the ranks of what is not named are drawn. */
  readonly order: readonly string[];
  /** Of a thousand steps just after a write has landed, after how many people act at once; and decide, while they are asked. */
  readonly quickPerMille: number;
  /** The longest time that passes at once. */
  readonly leapMsMax: number;
  /** Of a thousand acts, after how many somebody decides about a hold. */
  readonly decidePerMille: number;
  /** Of a thousand records that somebody enters, how many lack a field. */
  readonly gapPerMille: number;
  /** The second sync over the same systems, whose records refer to those of the first; null where there is none. */
  readonly parts: PartsShape | null;
}

/** A sync of parts: each may belong to a thing, and names it by the id that it has at that system. */
export interface PartsShape extends WorldShape {
  /** Sides of the parts at which the system takes a reference away when what it names is deleted. */
  readonly clearing: ReadonlySet<string>;
}

export const HABITS = [
  'create',
  'delete',
  'undelete',
  'hide',
  'twin',
  'rekey',
  'blank',
  'merge',
  'massDelete',
  'decide',
  'decideLate',
  'keyless',
  'revise',
] as const;
/** What people do besides in a swarm. */
export const SWARM_HABITS = [
  ...HABITS,
  /** Several fields at once. */
  'form',
  /** Several edits at once. */
  'burst',
  /** By hand what another side holds. */
  'copy',
  /** The key of another thing. */
  'takeKey',
  /** A second record of one key at one side. */
  'double',
  /** A value that cannot be read. */
  'spoil',
  /** One field here, and in the same moment another one of the same thing at another side. */
  'cross',
] as const;
/** What people do besides where there are strangers. */
const STRANGE_HABITS = [
  /** A new record that cannot be read, with a key of its own or with that of another side's. */
  'stranger',
  /** Such a record is put right, gets another key, or is deleted. */
  'mend',
] as const;
export type Habit = (typeof SWARM_HABITS)[number] | (typeof STRANGE_HABITS)[number];

/** A history that knows a little of everything. */
export function drawBroad(tape: Tape): WorldShape {
  const names = tape.chance('shape', 300) ? ['crm', 'erp', 'shop'] : ['crm', 'erp'];
  const sweeps = tape.chance('shape', 500);
  const systems = names.map((name) => drawSystem(tape, name, sweeps));
  const habits = new Set<Habit>(HABITS.filter(() => tape.chance('shape', 400)));
  const definition = drawDefinition(tape, names);
  const isHard = tape.chance('shape', 300);
  const rates = drawRates(tape, isHard ? HARD_RATES : RATES);
  if (!sweeps) habits.delete('hide');
  return {
    definition,
    model: compileSync(definition),
    systems,
    rates: sweeps ? rates : withoutHoles(rates),
    sweeps,
    habits,
    edits: isHard ? 8 + tape.pick('shape', 32) : 2 + tape.pick('shape', 14),
    stepsPerEdit: isHard ? 45 : 14,
    workers: 1 + tape.pick('shape', 2),
    isFine: tape.chance('shape', 400),
    settledMax: 3,
    habitPerMille: 350,
    hotPerMille: 0,
    isBusy: false,
    latestPerMille: 0,
    isRanked: false,
    order: [],
    quickPerMille: 0,
    leapMsMax: 2_000,
    decidePerMille: 200,
    gapPerMille: 0,
    parts: null,
  };
}

/** What no feed tells of only a sweep finds. */
export function withoutHoles(rates: FaultRates): FaultRates {
  return { ...rates, hintDropped: 0, listTruncated: 0, listSkips: 0, listEmpty: 0, lookBlank: 0 };
}

export function drawSystem(tape: Tape, name: string, sweeps: boolean): SystemShape {
  const feed = sweeps ? choose(tape, 'shape', ['log', 'log', 'cursor', 'none'] as const) : 'log';
  const version = choose(tape, 'shape', ['counter', 'counter', 'content', 'none'] as const);
  const conditionalWrite = version !== 'none' && !tape.chance('shape', 300);
  const lags = tape.chance('shape', 250);
  const automates = tape.chance('shape', 80);
  return {
    name,
    version,
    conditionalWrite,
    createIdentity: choose(tape, 'shape', ['uniqueKey', 'search', 'none'] as const),
    feed,
    feedGives: choose(tape, 'shape', ['records', 'hints'] as const),
    feedTellsDeletes: !sweeps || feed === 'log',
    readLagMs: lags ? 3_000 : 0,
    executionMaxMs: tape.chance('shape', 500) ? 8_000 : 0,
    tells: tape.chance('shape', 300) ? 'nothing' : 'all',
    reusesIds: tape.chance('shape', 80),
    gives: nothing,
    normalises: tape.chance('shape', 120) ? upperCaseCity : asGiven,
    automates: automates ? choose(tape, 'shape', [stampTags, insistOnCity(name)] as const) : nothing,
    refuses: tape.chance('shape', 60) ? refusesSomeNames : never,
  };
}

/** The texts of a list; of anything else none. */
export function textsOf(value: NativeValue | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.filter((element): element is string => typeof element === 'string')
    : [];
}

const asGiven = (_field: string, value: NativeValue): NativeValue => value;
const upperCaseCity = (field: string, value: NativeValue): NativeValue =>
  field === 'city' && typeof value === 'string' ? value.toUpperCase() : value;
const nothing = (): Fields => ({});
/** An automation that marks every record it sees without the mark. */
const stampTags = (_before: Fields | null, after: Fields): Fields => {
  const tags = textsOf(after['tags']);
  return tags.includes(AUTOMATED_TAG) ? {} : { tags: [...tags, AUTOMATED_TAG] };
};
/** What such automations enter is entered many times, and nobody's loss. */
export const AUTOMATED_TAG = 'seen';
export const AUTOMATED_CITY = 'CITY OF ';
/** An automation that puts one value back whatever anybody enters: two of them chase each other. */
export const insistOnCity =
  (name: string) =>
  (_before: Fields | null, after: Fields): Fields =>
    after['city'] === `${AUTOMATED_CITY}${name}` ? {} : { city: `${AUTOMATED_CITY}${name}` };
const never = (): boolean => false;
const refusesSomeNames = (fields: Fields): boolean =>
  typeof fields['name'] === 'string' && fields['name'].endsWith('3');

/** The same sides and fields under policies drawn anew, as when somebody changes the sync file. */
export function reviseModel(tape: Tape, definition: SyncDefinition): SyncModel {
  const names = definition.sides.map(({ name }) => name);
  const fields = definition.fields.map((field) =>
    field.name === 'tags' ? field : { ...field, policy: drawPolicy(tape, names) },
  );
  return compileSync({ ...definition, fields });
}

export function drawDefinition(tape: Tape, names: readonly string[]): SyncDefinition {
  const text = { required: false, ignoreCase: false } as const;
  const fields: FieldDefinition[] = [
    { ...text, name: 'email', type: { kind: 'text' }, policy: drawPolicy(tape, names) },
    { ...text, name: 'name', type: { kind: 'text' }, policy: drawPolicy(tape, names) },
    { ...text, name: 'city', type: { kind: 'text' }, ignoreCase: true, policy: drawPolicy(tape, names) },
    { ...text, name: 'tags', type: { kind: 'set' }, policy: { owners: [], resolve: [{ kind: 'set' }] } },
  ];
  return {
    name: 'things',
    entity: 'Thing',
    fields,
    sides: names.map((name) => drawSide(tape, name)),
    match: [['email']],
    deletes: {
      mode: choose(tape, 'shape', ['propagate', 'propagate', 'hold', 'ignore'] as const),
      from: names,
      againstEdit: choose(tape, 'shape', ['hold', 'editWins', 'deleteWins'] as const),
    },
    guard: { deletesMax: 50, deletesShareMax: 0.05, changesShareMax: 0.3 },
  };
}

export function drawPolicy(tape: Tape, names: readonly string[]): FieldPolicy {
  const [first = 'crm', ...others] = tape.chance('shape', 500) ? names : names.toReversed();
  const byRank: Resolver = { kind: 'priority', sides: [first, ...others] };
  return choose<FieldPolicy>(tape, 'shape', [
    { owners: [], resolve: [byRank] },
    { owners: [], resolve: [{ kind: 'hold' }] },
    { owners: [], resolve: [{ kind: 'latest' }, byRank] },
    { owners: [], resolve: [{ kind: 'latest' }, { kind: 'hold' }] },
    { owners: [{ side: first }], resolve: [byRank] },
    { owners: [{ side: others[0] ?? first }], resolve: [byRank] },
    { owners: [], resolve: [{ kind: 'fill' }, byRank] },
  ]);
}

function drawSide(tape: Tape, name: string): SideDefinition {
  return {
    name,
    connection: name,
    collection: 'things',
    fields: ['email', ...FIELDS].map((field) => ({
      field,
      native: field,
      direction:
        field !== 'email' && tape.chance('shape', 50)
          ? choose(tape, 'shape', ['in', 'out'] as const)
          : 'both',
      transforms: [],
    })),
    creates: !tape.chance('shape', 60),
    deletes: !tape.chance('shape', 60),
    where: [],
  };
}

const RATES = [5, 20, 60, 200] as const;
const HARD_RATES = [20, 60, 200, 400] as const;
/** Rare by nature, or of much consequence: these come at one rate. */
const SPARSE: Partial<Record<Fault, number>> = {
  workerKilled: 25,
  workerFrozen: 15,
  backupRestored: 6,
  cursorExpired: 20,
  listEmpty: 50,
  storeLost: 3,
  storeCollision: 5,
  clockSkewed: 500,
};

function drawRates(tape: Tape, common: typeof RATES | typeof HARD_RATES): FaultRates {
  if (tape.chance('shape', 100)) return NO_FAULTS;
  const rates: Record<Fault, number> = { ...NO_FAULTS };
  for (const fault of BROAD_FAULTS) {
    if (!tape.chance('shape', 350)) continue;
    rates[fault] = SPARSE[fault] ?? choose<number>(tape, 'shape', common);
  }
  return rates;
}
