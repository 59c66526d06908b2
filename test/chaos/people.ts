/** Plays the people at the systems: every value they enter is one that nobody entered before. */
import { systemClock } from '../../src/lib/clock.ts';
import type { Random } from '../../src/lib/random.ts';
import { ask, type Child } from './processes.ts';
import type { Envelope, PersonAct } from './protocol.ts';

/** Texts that have broken programs before. */
const ENDINGS = ['', ' ', '\u2028', '\u{1d4b3}', '"\\', '__proto__', "'; drop table links; --", '\u202e'];
const FIELDS = ['name', 'city', 'tags'] as const;
/** What is entered at one system is sometimes on its way there from another. */
const TWIN_SHARE = 0.1;
const RECENT_KEYS_MAX = 5;

export interface PeopleOptions {
  readonly systems: readonly Child[];
  readonly random: Random;
  /** How many records there are before Trueup first looks. */
  readonly settled: number;
  /** The mean pause between two acts. */
  readonly everyMs: number;
}

export class People {
  readonly #options: PeopleOptions;
  #number = 0;
  #recentKeys: string[] = [];
  /** Acts that were really done. */
  edits = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** The records that are there before: most of them at several systems already. */
  async settle(): Promise<void> {
    const { systems, random, settled } = this.#options;
    for (let count = 0; count < settled; count += 1) {
      const email = this.#newKey();
      const [first, ...others] = systems;
      const chosen = [first, ...others.filter(() => random.fraction() < 0.7)];
      for (const system of chosen) if (system !== undefined) await this.#do(system, this.#creation(email));
    }
  }

  /** Acts until the signal aborts. */
  async live(signal: AbortSignal): Promise<void> {
    const { systems, random, everyMs } = this.#options;
    while (!signal.aborted) {
      const system = systems[Math.floor(random.fraction() * systems.length)];
      if (system !== undefined) await this.#do(system, this.#act());
      await systemClock.sleep(random.fraction() * 2 * everyMs, signal);
    }
  }

  async #do(system: Child, act: PersonAct): Promise<void> {
    const { answer } = await ask<Envelope<'person'>>(system.port, '/person', act);
    if (answer.done) this.edits += 1;
  }

  #act(): PersonAct {
    const { random } = this.#options;
    const kind = random.fraction();
    const at = random.fraction();
    if (kind < 0.07) return this.#creation(this.#keyFor());
    if (kind < 0.1) return { kind: 'delete', at };
    // Most of what people work on is what others work on too.
    const where = random.fraction() < 0.5 ? at * 0.1 : at;
    const field = FIELDS[Math.floor(random.fraction() * FIELDS.length)] ?? 'name';
    return { kind: 'edit', at: where, field, value: this.#value() };
  }

  #creation(email: string): PersonAct {
    return { kind: 'create', fields: { email, name: this.#value(), city: this.#value(), tags: [] } };
  }

  #keyFor(): string {
    const { random } = this.#options;
    const recent = this.#recentKeys[Math.floor(random.fraction() * this.#recentKeys.length)];
    return recent !== undefined && random.fraction() < TWIN_SHARE ? recent : this.#newKey();
  }

  #newKey(): string {
    this.#number += 1;
    const key = `u${String(this.#number)}@x.test`;
    this.#recentKeys = [...this.#recentKeys.slice(1 - RECENT_KEYS_MAX), key];
    return key;
  }

  #value(): string {
    this.#number += 1;
    const { random } = this.#options;
    const ending =
      random.fraction() < 0.1 ? (ENDINGS[Math.floor(random.fraction() * ENDINGS.length)] ?? '') : '';
    return `v${String(this.#number)}${ending}`;
  }
}
