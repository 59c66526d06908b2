/**
 * Reads one side: by its digests where the system can compute them, otherwise whole or, where that is too dear, records that are
 * drawn by lot. It only reads, and keeps no more than a page and what differs. Whatever no state explains is looked at once more,
 * so that a change on its way is not called drift.
 */
import type { Lookup, SnapshotPage } from '../../connector/contract.ts';
import { absenceAt } from '../../engine/reconcile.ts';
import type { Random } from '../../lib/random.ts';
import { readBundles } from '../../store/bundles.ts';
import { knownBesideLive } from '../../store/digests.ts';
import { absentAt } from '../../store/reconciliations.ts';
import { countRecords, noteSightings, runStartedAtMs, unsighted } from '../../store/runs.ts';
import { failureOfError } from '../../worker/failures.ts';
import { PAGE_RECORDS_MAX } from '../../worker/limits.ts';
import { lookTogether } from '../../worker/look-together.ts';
import type { SideRuntime } from '../../worker/runtime.ts';
import type { SideBudget } from './budget.ts';
import type { Comparison } from './digests.ts';
import { sightOf, weigh, type Reconciled, type Sight, type Weighed } from './look.ts';
import type { Progress } from './progress.ts';
import { lookAtSample } from './sample.ts';
import { Tally, type SampleFigure } from './tally.ts';

/** What is looked at once more at most; the ids are kept in memory. */
const SECOND_LOOKS_MAX = 10_000;
/** So many pages are read again at most after a crash. */
const PAGES_BETWEEN_PLACES = 10;

/** How one side is to be read. */
export interface ReadOptions {
  readonly runId: string;
  readonly random: Random;
  /** What the digests of the side say; null where it must be read. */
  readonly compared: Comparison | null;
  /** Null: whatever it takes. */
  readonly budget: SideBudget | null;
  /** Where the run has come to; null at its beginning. */
  readonly from: Progress | null;
  /** The run has come so far, and can go on there. */
  readonly keep: (progress: Omit<Progress, 'revision'>) => Promise<void>;
  readonly signal: AbortSignal;
  readonly onProgress: (seen: number) => void;
}

/** `rests`: the budget is used up, and the place is kept at which to go on. */
export type ReadEnd = 'whole' | 'rests' | SampleFigure;

/** Reads one side once. */
export class SideReader {
  tally: Tally;
  readonly #sync: Reconciled;
  readonly #side: SideRuntime;
  readonly #options: ReadOptions;
  readonly #suspects: Set<string>;
  #place: Omit<Progress, 'revision'> | null = null;

  constructor(sync: Reconciled, side: SideRuntime, options: ReadOptions) {
    this.#sync = sync;
    this.#side = side;
    this.#options = options;
    this.tally = new Tally(side.model.name, options.from?.tally ?? null);
    this.#suspects = new Set(options.from?.suspects ?? []);
  }

  /** Compares everything that can be met or is expected there, unless the budget ends before. */
  async read(): Promise<ReadEnd> {
    const end = await this.#readRecords();
    if (end === 'rests') return end;
    await this.#countAbsent();
    await this.#lookAgain();
    return end;
  }

  async #readRecords(): Promise<ReadEnd> {
    const { compared, budget } = this.#options;
    if (compared !== null) {
      await this.#readDiffering(compared);
      return 'whole';
    }
    const expected = await this.#expected();
    const isSpread = budget?.beyond === 'spread';
    const isTooMany = budget !== null && !isSpread && expected > budget.recordsMax;
    const end = isTooMany ? 'tooDear' : await this.#readPagesFrom(expected);
    return end === 'tooDear' && budget !== null
      ? await this.#readSample(budget)
      : end === 'rests'
        ? end
        : 'whole';
  }

  async #expected(): Promise<number> {
    const { model } = this.#side;
    return this.#sync.transaction((tx) => countRecords(tx, this.#sync.syncKey, model.name));
  }

  async #readSample(budget: SideBudget): Promise<SampleFigure> {
    const { model } = this.#side;
    this.tally = new Tally(model.name);
    this.#suspects.clear();
    return lookAtSample(this.#sync, model.name, budget, this.#options.random, {
      batchMax: this.#side.card.getBatchMax,
      look: async (ids) => {
        for (const some of chunked(ids)) this.#sort(await this.#look(some));
        this.tally.see(ids.length);
        this.#options.onProgress(this.tally.state().seen);
      },
      drift: async () => {
        await this.#lookAgain();
        return this.tally.drift;
      },
    });
  }

  /** Looks up what the digests could not tell to be the same. */
  async #readDiffering({ seen, differing, unmet }: Comparison): Promise<void> {
    const { syncKey, transaction } = this.#sync;
    this.tally.see(seen);
    this.tally.agree(seen - differing.length);
    this.#options.onProgress(seen);
    for (const ids of chunked(differing)) this.#sort(await this.#look(ids));
    for (const ids of chunked(unmet)) await this.#lookUpUnmet(ids);
    const met = new Set(differing);
    const { name } = this.#side.model;
    await this.#eachPage(
      (after) => transaction((tx) => knownBesideLive(tx, syncKey, name, after, PAGE_RECORDS_MAX)),
      (ids) => this.#lookUpUnmet(ids.filter((id) => !met.has(id))),
    );
  }

  /** Where a limit gives no more, the pages that it gave are not read again. */
  async #readPagesFrom(expected: number): Promise<'whole' | 'rests' | 'tooDear'> {
    try {
      return await this.#readPages(expected);
    } catch (error) {
      if (this.#place !== null && failureOfError(error).kind === 'rateLimited')
        await this.#options.keep(this.#place);
      throw error;
    }
  }

  /** `expected`: how many records there may be, which tells what all of them would cost. */
  async #readPages(expected: number): Promise<'whole' | 'rests' | 'tooDear'> {
    const { collection, natives: fields } = this.#side.model;
    const { signal, onProgress, budget, from, keep } = this.#options;
    const resume = from?.cursor ?? null;
    const request = { collection, fields, resume, pageRecordsMax: PAGE_RECORDS_MAX, signal };
    let [pageNo, seen] = [from?.pageNo ?? 0, 0];
    for await (const page of this.#side.session.readAll(request)) {
      signal.throwIfAborted();
      pageNo += 1;
      seen += await this.#takePage(page, pageNo);
      onProgress((from?.tally.seen ?? 0) + seen);
      if (page.complete) {
        await this.#lookUpUnsighted();
        return 'whole';
      }
      const taken = budget === null ? 0 : Math.max(budget.spent(), seen / budget.recordsMax);
      const mayRest = budget?.beyond === 'spread' && page.resume !== null;
      if (!mayRest && taken * Math.max(1, expected / seen) > 1) return 'tooDear';
      if (page.resume === null) continue;
      if (taken >= 1) await this.#lookAgain();
      const tally = this.tally.state();
      this.#place = { cursor: page.resume, pageNo, tally, suspects: [...this.#suspects] };
      if (taken >= 1 || pageNo % PAGES_BETWEEN_PLACES === 0) await keep(this.#place);
      if (taken >= 1) return 'rests';
    }
    signal.throwIfAborted();
    throw new Error(`reading ${this.#side.model.name} ended before its last page`);
  }

  async #takePage(page: SnapshotPage, pageNo: number): Promise<number> {
    const sights = [
      ...page.records.map((record) => sightOf(this.#side, record)),
      ...page.unreadable.map(({ id }): Sight => ({
        recordId: id,
        shown: { kind: 'unreadable' },
        modifiedAtMs: null,
      })),
    ];
    const { syncKey, transaction } = this.#sync;
    const ids = sights.map(({ recordId }) => recordId);
    await transaction((tx) => noteSightings(tx, syncKey, this.#options.runId, pageNo, ids));
    this.tally.see(sights.length);
    this.#sort(await weigh(this.#sync, this.#side, sights));
    return sights.length;
  }

  /** What the store knows there and the read did not show: absence from a list proves nothing, so it is looked up. */
  async #lookUpUnsighted(): Promise<void> {
    const { syncKey, transaction } = this.#sync;
    const { runId } = this.#options;
    const { name } = this.#side.model;
    const startedMs = await transaction((tx) => runStartedAtMs(tx, syncKey, runId));
    await this.#eachPage(
      (after) =>
        transaction((tx) => unsighted(tx, syncKey, name, runId, startedMs ?? 0, after, PAGE_RECORDS_MAX)),
      (ids) => this.#lookUpUnmet(ids),
    );
  }

  async #lookUpUnmet(ids: readonly string[]): Promise<void> {
    const weighed = await this.#look(ids);
    this.#sort(weighed.filter(({ difference }) => difference !== null));
  }

  async #eachPage(
    read: (after: string | null) => Promise<readonly string[]>,
    take: (ids: readonly string[]) => Promise<void>,
  ): Promise<void> {
    let after: string | null = null;
    do {
      const ids: readonly string[] = await read(after);
      await take(ids);
      after = ids.length < PAGE_RECORDS_MAX ? null : (ids.at(-1) ?? null);
    } while (after !== null);
  }

  /** Things that live elsewhere and have no record here. */
  async #countAbsent(): Promise<void> {
    const { syncKey, model, transaction } = this.#sync;
    const { model: side } = this.#side;
    let after: string | null = null;
    do {
      this.#options.signal.throwIfAborted();
      const place: string | null = after;
      const page: Awaited<ReturnType<typeof absentPage>> = await transaction((tx) =>
        absentPage(tx, syncKey, side.name, place),
      );
      for (const [identityId, bundle] of page.bundles) {
        const { isExpected, explanation } = absenceAt(model, side, bundle);
        if (isExpected)
          this.tally.add({ recordId: null, identityId, difference: { kind: 'missing', explanation } });
      }
      after = page.last;
    } while (after !== null);
  }

  /** What is still a difference now, with nothing that explains it, is one. */
  async #lookAgain(): Promise<void> {
    for (const ids of chunked([...this.#suspects]))
      for (const weighed of await this.#look(ids)) this.#count(weighed);
    this.#suspects.clear();
  }

  #sort(weighed: readonly Weighed[]): void {
    for (const one of weighed) {
      const isDoubtful = one.difference !== null && one.difference.explanation === null;
      if (this.#suspects.has(one.recordId)) continue;
      if (isDoubtful && this.#suspects.size < SECOND_LOOKS_MAX) this.#suspects.add(one.recordId);
      else this.#count(one);
    }
  }

  #count({ recordId, identityId, difference }: Weighed): void {
    if (difference === null) this.tally.agree(1);
    else this.tally.add({ recordId, identityId, difference });
  }

  async #look(ids: readonly string[]): Promise<readonly Weighed[]> {
    const { card } = this.#side;
    const sights: Sight[] = [];
    for (let start = 0; start < ids.length; start += card.getBatchMax) {
      this.#options.signal.throwIfAborted();
      const asked = ids.slice(start, start + card.getBatchMax);
      const lookups = await lookTogether(this.#side, asked);
      for (const [index, recordId] of asked.entries())
        sights.push(sightIn(this.#side, recordId, lookups[index]));
    }
    return weigh(this.#sync, this.#side, sights);
  }
}

function* chunked(ids: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += PAGE_RECORDS_MAX)
    yield ids.slice(start, start + PAGE_RECORDS_MAX);
}

function sightIn(side: SideRuntime, recordId: string, lookup: Lookup | undefined): Sight {
  switch (lookup?.kind) {
    case 'found':
      return { ...sightOf(side, lookup.record), recordId };
    case 'absent':
    case 'hidden':
      return { recordId, shown: { kind: lookup.kind }, modifiedAtMs: null };
    default:
      return { recordId, shown: { kind: 'unreadable' }, modifiedAtMs: null };
  }
}

type Tx = Parameters<Parameters<Reconciled['transaction']>[0]>[0];

async function absentPage(
  tx: Tx,
  syncKey: string,
  side: string,
  after: string | null,
): Promise<{ readonly bundles: Awaited<ReturnType<typeof readBundles>>; readonly last: string | null }> {
  const ids = await absentAt(tx, syncKey, side, after, PAGE_RECORDS_MAX);
  const last = ids.length < PAGE_RECORDS_MAX ? null : (ids.at(-1) ?? null);
  return { bundles: await readBundles(tx, syncKey, ids), last };
}
