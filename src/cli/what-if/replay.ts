/** Replays the journal of a sync through its edited mapping; keeps counts and a few examples, and hands every value on. */
import { compileSync, type SyncDefinition } from '../../engine/model.ts';
import { remappedBy, replay, type Difference, type Happening, type Replayed } from '../../engine/replay.ts';
import type { Value, Values } from '../../engine/value.ts';
import { withoutReferences } from '../../engine/what-if.ts';
import type { Installation } from '../../server.ts';
import type { SyncRow } from '../../store/control.ts';
import {
  journalBegin,
  journalPage,
  recordsNow,
  type JournalPlace,
  type PagedEntry,
} from '../../store/journal-pages.ts';
import { accountedNow } from './keys.ts';

export interface Replay {
  readonly installation: Installation;
  readonly sync: SyncRow;
  readonly edited: SyncDefinition;
  readonly sinceMs: number;
  readonly signal: AbortSignal;
  /** Asked after each page: true ends the walk with what has been found by then. */
  readonly isOver: () => boolean;
  readonly onProgress: (entries: number) => void;
  /** Hears of every value that would have been another, one after the other. */
  readonly onDifference: (difference: Difference) => Promise<void>;
  /** Hears of every entry, with what is accounted for at the records of its identity now, by side. */
  readonly onEntry: (entry: PagedEntry, accounted: ReadonlyMap<string, Values>) => void;
}

/** Everything of one field at one side, in one way. */
export interface DifferenceCount {
  readonly side: string;
  readonly field: string;
  readonly native: string;
  readonly way: Difference['way'];
  /** How many values would have been others, and how many would not have been at all, and why the first of them. */
  others: number;
  none: number;
  reason: string | null;
}

export interface Replayings {
  /** When the journal begins; null where it is empty. */
  readonly beginMs: number | null;
  readonly entries: number;
  /** False where it was over before the journal was. */
  readonly isWhole: boolean;
  readonly differences: number;
  readonly counts: readonly DifferenceCount[];
  readonly examples: readonly Difference[];
  /** Values of which the journal does not hold what the edited mapping would read, by side and native field. */
  readonly untold: ReadonlyMap<string, number>;
}

const ENTRIES_PER_PAGE = 2_000;
const EXAMPLES_MAX = 20;

export async function replayJournal(given: Replay): Promise<Replayings> {
  const { installation, sync, sinceMs, signal } = given;
  const [old, now] = [withoutReferences(sync.definition), withoutReferences(given.edited)];
  const edit = { before: compileSync(old), after: compileSync(now), remapped: remappedBy(old, now) };
  const tally = new Counts();
  const beginMs = await installation.transaction((tx) => journalBegin(tx, sync.syncKey));
  let place: JournalPlace | null = null;
  let [entries, identityId]: [number, string] = [0, ''];
  let replayed: Replayed = new Map();
  do {
    signal.throwIfAborted();
    const from: JournalPlace | null = place;
    const page = await installation.transaction(async (tx) => {
      const read = await journalPage(tx, sync.syncKey, sinceMs, from, ENTRIES_PER_PAGE);
      const ids = [...new Set(read.entries.map((entry) => entry.identityId))];
      const records = await recordsNow(tx, sync.syncKey, ids);
      return { ...read, records, accounted: await accountedNow(tx, sync.syncKey, ids) };
    });
    for (const entry of page.entries) {
      given.onEntry(entry, page.accounted.get(entry.identityId) ?? NOTHING);
      if (entry.identityId !== identityId) [identityId, replayed] = [entry.identityId, new Map()];
      const happening = happeningOf(entry);
      if (happening === null) continue;
      const linked = page.records.get(identityId) ?? NOWHERE;
      for (const found of replay(edit, replayed, linked, happening)) {
        tally.add(found);
        if (found.kind === 'differs') await given.onDifference(found);
      }
    }
    entries += page.entries.length;
    given.onProgress(entries);
    place = page.next;
  } while (place !== null && !given.isOver());
  return { beginMs, entries, isWhole: place === null, ...tally.done() };
}

const NOWHERE: ReadonlyMap<string, string> = new Map();
const NOTHING: ReadonlyMap<string, Values> = new Map();

const KINDS: ReadonlyMap<string, Happening['kind']> = new Map([
  ['linked', 'read'],
  ['changed', 'read'],
  ['written', 'written'],
  ['decided', 'ruled'],
  ['joined', 'ruled'],
]);

interface Body {
  readonly values?: Values;
  readonly fields?: Readonly<Record<string, readonly [before: Value, after: Value, rule: string]>>;
}

/** Null for what tells of no values. */
function happeningOf({ atMs, side, recordId, kind: word, body }: PagedEntry): Happening | null {
  const kind = KINDS.get(word);
  if (kind === undefined) return null;
  const { values = {}, fields = {} } = body as unknown as Body;
  const golden = Object.fromEntries(Object.entries(fields).map(([field, [, after]]) => [field, after]));
  return { atMs, side, recordId, kind, values, golden };
}

class Counts {
  readonly #counts = new Map<string, DifferenceCount>();
  readonly #untold = new Map<string, number>();
  readonly #examples: Difference[] = [];
  #differences = 0;

  add(found: ReturnType<typeof replay> extends Generator<infer One> ? One : never): void {
    const { side, field, native } = found;
    if (found.kind === 'untold') {
      const key = `${side} ${native}`;
      this.#untold.set(key, (this.#untold.get(key) ?? 0) + 1);
      return;
    }
    const { way, reason } = found;
    const key = JSON.stringify([side, field, native, way]);
    const known = this.#counts.get(key) ?? { side, field, native, way, others: 0, none: 0, reason: null };
    this.#counts.set(key, known);
    this.#differences += 1;
    if (reason === null) known.others += 1;
    else known.none += 1;
    known.reason ??= reason;
    if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(found);
  }

  done(): Pick<Replayings, 'differences' | 'counts' | 'examples' | 'untold'> {
    return {
      differences: this.#differences,
      counts: [...this.#counts.values()],
      examples: this.#examples,
      untold: this.#untold,
    };
  }
}
