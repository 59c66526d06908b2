/** What on the overview needs a person, the dearest first: what stops many records before what stops one. */
import type { Connection, Overview, Side, Sync } from '../../data/contract.ts';
import { counted } from '../../parts/numbers.ts';

/** One thing that waits, in a sentence, with what to do and where. */
export interface Concern {
  readonly key: string;
  readonly tone: 'dead' | 'held';
  readonly sentence: string;
  readonly advice: string | null;
  readonly place:
    | { readonly to: '/review' | '/problems'; readonly label: string }
    | { readonly to: '/connections/$connection'; readonly connection: string; readonly label: string }
    | { readonly to: '/syncs/$sync'; readonly sync: string; readonly label: string };
}

const STATE_SENTENCES: Readonly<Record<Exclude<Connection['state'], 'connected' | 'new'>, string>> = {
  reauthorise: 'must be authorised again',
  unreachable: 'cannot be reached',
  misconfigured: 'is not set up rightly',
};

/** From one answer of the API; nothing is asked for twice. */
export function concernsOf({ connections, syncs, waiting }: Overview): readonly Concern[] {
  return [
    ...connections.flatMap(ofConnection),
    ...syncs.flatMap((sync) => [...ofPlan(sync), ...sync.sides.flatMap((side) => ofSide(sync, side))]),
    ...ofHeldWrites(waiting.heldWrites),
    ...ofDead(waiting.dead),
    ...ofHolds(waiting.holds),
    ...ofMatches(waiting.matches),
  ];
}

function ofConnection({ name, title, state, reason, advice }: Connection): readonly Concern[] {
  if (state === 'connected' || state === 'new') return [];
  return [
    {
      key: `connection ${name}`,
      tone: 'dead',
      sentence: `The connection ${name} (${title}) ${STATE_SENTENCES[state]}${reason === null ? '' : `: ${reason}`}`,
      advice,
      place: { to: '/connections/$connection', connection: name, label: 'Open the connection' },
    },
  ];
}

function ofPlan({ name, mode }: Sync): readonly Concern[] {
  if (mode !== 'observe') return [];
  return [
    {
      key: `plan ${name}`,
      tone: 'held',
      sentence: `The sync ${name} only observes: it writes nothing before its plan is approved`,
      advice: null,
      place: { to: '/syncs/$sync', sync: name, label: 'See the plan' },
    },
  ];
}

function ofSide(sync: Sync, { name, failure }: Side): readonly Concern[] {
  if (failure === null) return [];
  return [
    {
      key: `side ${sync.name} ${name}`,
      tone: 'dead',
      sentence: `${name} cannot be read: ${failure.message}`,
      advice: failure.advice,
      place: { to: '/syncs/$sync', sync: sync.name, label: 'Open the sync' },
    },
  ];
}

function ofHeldWrites(writes: number): readonly Concern[] {
  if (writes === 0) return [];
  return [
    {
      key: 'held writes',
      tone: 'held',
      sentence: `A guard stopped ${counted(writes, 'write')}: more changed at once than is usual`,
      advice: 'Look at what they would do, then let exactly these go.',
      place: { to: '/review', label: 'Review' },
    },
  ];
}

function ofDead(dead: number): readonly Concern[] {
  if (dead === 0) return [];
  return [
    {
      key: 'dead',
      tone: 'dead',
      sentence: `${counted(dead, 'record')} used up ${dead === 1 ? 'its' : 'their'} attempts or cannot be read`,
      advice: null,
      place: { to: '/problems', label: 'See why' },
    },
  ];
}

function ofHolds(holds: number): readonly Concern[] {
  if (holds === 0) return [];
  return [
    {
      key: 'holds',
      tone: 'held',
      sentence: `${counted(holds, 'record')} ${holds === 1 ? 'waits' : 'wait'} for a decision`,
      advice: null,
      place: { to: '/review', label: 'Review' },
    },
  ];
}

function ofMatches(matches: number): readonly Concern[] {
  if (matches === 0) return [];
  return [
    {
      key: 'matches',
      tone: 'held',
      sentence: `${counted(matches, 'pair')} of records may be one thing, and no key tells`,
      advice: null,
      place: { to: '/review', label: 'Review' },
    },
  ];
}
