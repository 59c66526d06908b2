/**
 * Compares every record of a side with what is golden: by digests where the system can compute them, otherwise by reading it
 * whole. It only reads, and keeps no more than a page and what differs. Whatever no state explains is looked at once more at
 * the end, so that a change on its way is not called drift.
 */
import type { Lookup, SnapshotPage } from '../../connector/contract.ts';
import { absenceAt } from '../../engine/reconcile.ts';
import { readBundles } from '../../store/bundles.ts';
import { knownBesideLive } from '../../store/digests.ts';
import { absentAt, keepReport, noteFound, startReconciliation } from '../../store/reconciliations.ts';
import { addToRun, endRun, noteSightings, runStartedAtMs, unsighted } from '../../store/runs.ts';
import { failureOfError, stored } from '../../worker/failures.ts';
import { PAGE_RECORDS_MAX } from '../../worker/limits.ts';
import type { SideRuntime } from '../../worker/runtime.ts';
import type { Comparison } from './digests.ts';
import { kept } from './kept.ts';
import { sightOf, weigh, type Reconciled, type Sight, type Weighed } from './look.ts';
import { Tally, type ReconciledSide } from './tally.ts';

/** What is looked at once more at most; the ids are kept in memory. */
const SECOND_LOOKS_MAX = 10_000;

export interface ReconcileOptions {
  readonly runId: string;
  /** What the digests of the side say; null where it must be read. */
  readonly compared: Comparison | null;
  readonly signal: AbortSignal;
  readonly onProgress: (seen: number) => void;
}

/** Throws what the connector throws; the run is then stored as failed. */
export async function reconcileSide(
  sync: Reconciled,
  side: SideRuntime,
  options: ReconcileOptions,
): Promise<ReconciledSide> {
  const { syncKey } = sync;
  const { runId } = options;
  await sync.transaction((tx) => startReconciliation(tx, syncKey, runId, side.model.name));
  try {
    const reader = new SideReader(sync, side, options);
    if (options.compared === null) await reader.readPages();
    else await reader.readDiffering(options.compared);
    await reader.countAbsent();
    await reader.lookAgain();
    const tally = reader.tally.counted();
    const result = { tally, findings: reader.tally.findings() };
    await sync.transaction(async (tx) => {
      const counts = { seen: tally.seen, changed: tally.drift, unreadable: 0, missing: tally.missing };
      await addToRun(tx, syncKey, runId, counts);
      await noteFound(
        tx,
        syncKey,
        runId,
        tally.classes.map((one) => ({ ...one })),
      );
      await keepReport(tx, syncKey, runId, side.model.name, kept(result));
      await endRun(tx, syncKey, runId, 'complete', null);
    });
    return result;
  } catch (error) {
    const failure = stored(failureOfError(error));
    await sync.transaction((tx) => endRun(tx, syncKey, runId, 'failed', failure));
    throw error;
  }
}

/** Reads one side once. */
class SideReader {
  readonly tally: Tally;
  readonly #sync: Reconciled;
  readonly #side: SideRuntime;
  readonly #options: ReconcileOptions;
  readonly #suspects = new Set<string>();

  constructor(sync: Reconciled, side: SideRuntime, options: ReconcileOptions) {
    this.#sync = sync;
    this.#side = side;
    this.#options = options;
    this.tally = new Tally(side.model.name);
  }

  /** Looks up what the digests could not tell to be the same. */
  async readDiffering({ seen, differing, unmet }: Comparison): Promise<void> {
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

  async readPages(): Promise<void> {
    const { collection, natives: fields } = this.#side.model;
    const { signal, onProgress } = this.#options;
    const request = { collection, fields, resume: null, pageRecordsMax: PAGE_RECORDS_MAX, signal };
    let [pageNo, seen] = [0, 0];
    for await (const page of this.#side.session.readAll(request)) {
      signal.throwIfAborted();
      pageNo += 1;
      seen += await this.#takePage(page, pageNo);
      onProgress(seen);
      if (page.complete) return this.#lookUpUnsighted();
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
  async countAbsent(): Promise<void> {
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
  async lookAgain(): Promise<void> {
    for (const ids of chunked([...this.#suspects]))
      for (const weighed of await this.#look(ids)) this.#count(weighed);
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
    const { session, card, model } = this.#side;
    const sights: Sight[] = [];
    for (let start = 0; start < ids.length; start += card.getBatchMax) {
      this.#options.signal.throwIfAborted();
      const asked = ids.slice(start, start + card.getBatchMax);
      const lookups = await session.get(model.collection, asked, model.natives);
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
