/** One run from its beginning to its verdict: settle, chaos, restore, heal, rest, silence, and the oracles. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { compileSync } from '../../src/engine/model.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { crashStore, wreak, type Stage } from './actions.ts';
import { readSystem, type Evidence, type Lapse, type SystemEvidence } from './evidence.ts';
import { DEFINITION, HELD_MAX_MS } from './grades.ts';
import type { Pending } from './office.ts';
import { People } from './people.ts';
import { orderNow } from './protocol.ts';
import { putUp, type Stand } from './stand.ts';
import { judge, unseenWindowMs } from './verdict.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly automations: boolean;
  /** Records that are there before Trueup first looks. */
  readonly settled: number;
  /** Breaks the run off; everything is taken down all the same. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface ChaosResult {
  readonly violations: readonly string[];
  readonly kills: number;
  readonly edits: number;
  /** Where the logs are; null when there was no reason to keep them. */
  readonly directory: string | null;
}

/**
 * A world without faults must come to rest within this. What failed time after time waits long for its next try, and longer on a
 * machine that is busy with other things.
 */
const REST_TIMEOUT_MS = 300_000;
const OBSERVE_TIMEOUT_MS = 180_000;
const PROBE_EVERY_MS = 2_000;
const EDIT_EVERY_MS = 120;
/** A run shorter than this has no room for a restore. */
const RESTORE_MINUTES_MIN = 2;
const BACKUP_AT = 0.25;
const RESTORE_AT = 0.55;
const FAIL_OVER_AT = 0.8;
/** How far the standby lags behind. */
const LOST_MS = 4_000;
const VIOLATIONS_MAX = 200;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const violations: string[] = [];
  const onViolation = (message: string): void => {
    if (violations.length < VIOLATIONS_MAX) violations.push(message);
  };
  const stand = await putUp({ ...options, onViolation });
  let isKept = true;
  try {
    const run = new Run(stand, options, violations);
    await run.toItsEnd();
    isKept = violations.length > 0;
    const { edits } = run.people;
    return { violations, kills: stand.fleet.kills, edits, directory: isKept ? stand.directory : null };
  } finally {
    await stand.takeDown(isKept);
  }
}

class Run {
  readonly people: People;
  readonly #stand: Stand;
  readonly #options: ChaosOptions;
  readonly #violations: string[];
  readonly #stage: Stage;
  readonly #lapses: Lapse[] = [];
  #backedUpOrder = 0;
  #restoredOrder = 0;

  constructor(stand: Stand, options: ChaosOptions, violations: string[]) {
    this.#stand = stand;
    this.#options = options;
    this.#violations = violations;
    const { seed, settled, signal } = options;
    const { systems, fleet, office, postgres } = stand;
    this.people = new People({ systems, random: seededRandom(seed + 1), settled, everyMs: EDIT_EVERY_MS });
    this.#stage = { random: seededRandom(seed + 2), fleet, office, postgres, signal, counts: new Map() };
  }

  async toItsEnd(): Promise<void> {
    const { signal, say } = this.#options;
    const { fleet } = this.#stand;
    await this.people.settle();
    await this.#observe();
    say('every side is taken in; chaos begins');
    await this.#chaos();
    say(`chaos ends: ${await this.#tally()}`);
    await this.#heal();
    say(`${String(fleet.exhausted)} workers ran out of memory, and were ended by V8`);
    if (!signal.aborted) await this.#rest();
    if (!signal.aborted) await this.#silence();
    await fleet.stop();
    if (signal.aborted) return;
    await this.#judge();
  }

  /** Reads every side as a whole while nothing is written, then approves what is planned. */
  async #observe(): Promise<void> {
    const { office, fleet } = this.#stand;
    await fleet.fill();
    const pending = await office.waitFor(({ oldHints }) => oldHints === 0, OBSERVE_TIMEOUT_MS);
    if (pending !== null) this.#violations.push(`no side-wide look came to its end: ${textOf(pending)}`);
    await office.approve();
  }

  async #chaos(): Promise<void> {
    const { minutes, signal } = this.#options;
    const { postgres, fleet } = this.#stand;
    const startMs = systemClock.monotonicMs();
    const at = (share: number): number => startMs + share * minutes * 60_000;
    const over = new AbortController();
    const ended = AbortSignal.any([over.signal, signal]);
    await this.#stand.fault(true);
    const others = [this.people.live(ended), this.#probe(ended)];
    const stage = { ...this.#stage, signal: ended };
    try {
      if (minutes >= RESTORE_MINUTES_MIN) {
        await wreak(stage, at(BACKUP_AT));
        await crashStore(stage, async () => {
          this.#backedUpOrder = orderNow();
          await postgres.backUp();
        });
        await wreak(stage, at(RESTORE_AT));
        await fleet.fill();
        if (!signal.aborted) await this.#restore();
        await wreak(stage, at(FAIL_OVER_AT));
        if (!signal.aborted) await this.#failOver(stage);
      }
      await wreak(stage, at(1));
    } finally {
      over.abort();
      await Promise.all(others);
    }
  }

  /** The store is lost, and put back as it was some minutes ago; then what an operator must do. */
  async #restore(): Promise<void> {
    const { fleet, postgres, office } = this.#stand;
    await fleet.killAll();
    await this.#stand.fault(false);
    await postgres.stopImmediately();
    await postgres.restore();
    await postgres.start();
    this.#restoredOrder = orderNow();
    // What was sent before may still land.
    await systemClock.sleep(HELD_MAX_MS + 1_000, this.#options.signal);
    await office.observe();
    await this.#observe();
    this.#lapses.push({ fromOrder: this.#backedUpOrder, untilOrder: orderNow() });
    await this.#stand.fault(true);
    this.#options.say('the store was put back to its backup, every side read again, and the plan approved');
  }

  /** A standby that lags takes over and has lost the last seconds, while workers go on. Nobody tells Trueup. */
  async #failOver(stage: Stage): Promise<void> {
    const { postgres, office } = this.#stand;
    let fromOrder = 0;
    await crashStore(stage, async () => {
      fromOrder = orderNow();
      await postgres.backUp();
    });
    await wreak(stage, systemClock.monotonicMs() + LOST_MS);
    await postgres.stopImmediately();
    await postgres.failOver();
    await postgres.start();
    this.#restoredOrder = orderNow();
    await this.#stand.fault(false);
    // What was sent before may still land.
    await systemClock.sleep(HELD_MAX_MS + 1_000, this.#options.signal);
    if (!(await office.isObserving()))
      this.#violations.push('I26: the store has lost commits, and Trueup goes on as if it had not');
    await this.#observe();
    this.#lapses.push({ fromOrder, untilOrder: orderNow() });
    await this.#stand.fault(true);
    this.#options.say(
      'a standby took over without the last seconds; every side was read again, and the plan approved',
    );
  }

  async #probe(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A store that is down is asked again; one that answers must balance.
      const wrong = await this.#stand.office.imbalance().catch(() => []);
      this.#violations.push(...wrong);
      await systemClock.sleep(PROBE_EVERY_MS, signal);
    }
  }

  async #heal(): Promise<void> {
    await this.#stand.fault(false);
    await this.#stand.fleet.fill();
  }

  async #rest(): Promise<void> {
    const { office } = this.#stand;
    const startMs = systemClock.monotonicMs();
    const pending = await office.waitFor(isAtRest, REST_TIMEOUT_MS, async ({ planned }) => {
      if (planned > 0) await office.approve();
    });
    const seconds = Math.round((systemClock.monotonicMs() - startMs) / 1_000);
    this.#options.say(`at rest after ${String(seconds)} s`);
    if (pending !== null) this.#violations.push(`I1: no rest: ${textOf(pending)}`);
  }

  /** A complete look at everything: nothing may be written, because nothing has changed. */
  async #silence(): Promise<void> {
    const { office } = this.#stand;
    const before = await this.#logBytes();
    const pending = await office.waitFor(({ hints }) => hints === 0, REST_TIMEOUT_MS);
    if (pending !== null) this.#violations.push(`I1: no silence: ${textOf(pending)}`);
    if ((await this.#logBytes()) !== before) this.#violations.push('I7: systems at rest were written to');
    this.#violations.push(...(await office.imbalance()));
  }

  async #logBytes(): Promise<number> {
    let bytes = 0;
    for (const { name } of this.#stand.grades) bytes += (await stat(this.#stand.logOf(name))).size;
    return bytes;
  }

  async #judge(): Promise<void> {
    const { grades, office, logOf } = this.#stand;
    const systems = new Map<string, SystemEvidence>();
    for (const shape of grades) systems.set(shape.name, await readSystem(shape, logOf(shape.name)));
    const evidence: Evidence = {
      model: compileSync(DEFINITION),
      systems,
      store: await office.evidence(),
      lapses: this.#lapses,
      restoredOrder: this.#restoredOrder,
      violations: this.#violations,
    };
    const { count, longestMs } = unseenWindowMs(evidence);
    const { identities, holds } = evidence.store;
    const open = holds.filter(({ closed }) => closed === null).length;
    this.#options.say(`${String(identities.length)} identities, ${String(open)} open holds`);
    this.#options.say(
      `overwritten unseen where a system takes stale writes: ${String(count)}, longest window ${String(longestMs)} ms`,
    );
    judge(evidence);
    if (this.#violations.length > 0) await this.#keep(evidence);
  }

  /** What the store knew and how it came to know it, beside the systems' logs. */
  async #keep({ store }: Evidence): Promise<void> {
    const { directory, office } = this.#stand;
    await writeFile(join(directory, 'store.json'), JSON.stringify(store));
    await writeFile(join(directory, 'journal.jsonl'), await office.journal());
  }

  async #tally(): Promise<string> {
    const { counts } = this.#stage;
    const faults = await this.#stand.faultCounts();
    return [...counts, ...faults].map(([name, count]) => `${name} ${String(count)}`).join(', ');
  }
}

function isAtRest({ hints, writes, failing }: Pending): boolean {
  return hints + writes + failing === 0;
}

function textOf(pending: Pending): string {
  return JSON.stringify(pending);
}
