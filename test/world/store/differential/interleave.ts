/** Plays two transactions across each other, call by call, the one that waits for a lock left to wait. */
import { must } from '../../../../src/lib/assert.ts';
import { errorText } from './compare.ts';
import { perform, RolledBack, type Result, type Side } from './play.ts';
import type { Script } from './script.ts';
import type { Notes, StoreTx } from './step.ts';

/** A side on which one of the two runs, and that can tell whether a call is waiting for a lock. */
export interface Lane extends Side {
  /** Whether the call under way waits for the other transaction. False while it is not known yet. */
  isBlocked(): Promise<boolean>;
}

type Phase = 'ready' | 'running' | 'ended';

/** One transaction, open from the start, moved on one call at a time. */
class Actor {
  readonly results: Result[] = [];
  phase: Phase = 'ready';
  readonly #lane: Lane;
  readonly #script: Script;
  readonly #notes: Notes;
  #next = 0;
  #tx: StoreTx | null = null;
  #finish: (commits: boolean) => void = () => undefined;
  #ended: Promise<void> = Promise.resolve();
  #call: Promise<void> = Promise.resolve();

  constructor(lane: Lane, script: Script, notes: Notes) {
    this.#lane = lane;
    this.#script = script;
    this.#notes = notes;
  }

  async open(): Promise<void> {
    await new Promise<void>((isOpen) => {
      const finished = new Promise<boolean>((resolve) => {
        this.#finish = resolve;
      });
      const transaction = this.#lane.transaction(async (tx) => {
        this.#tx = tx;
        isOpen();
        if (!(await finished)) throw new RolledBack('on purpose');
      });
      this.#ended = transaction.catch((error: unknown) => {
        this.results.push({ threw: errorText(error) });
      });
    });
  }

  /** Starts the next call, or after the last the end, and waits until it has settled or is blocked. */
  async advance(): Promise<void> {
    this.phase = 'running';
    const step = this.#script.steps[this.#next];
    this.#next += 1;
    this.#call =
      step === undefined
        ? this.#end()
        : perform(this.#lane, must(this.#tx, 'an open transaction'), step, this.#notes).then((result) => {
            this.results.push(result);
            this.phase = 'ready';
          });
    await this.settle();
    if (this.phase === 'running') this.results.push({ waits: step?.text ?? 'end' });
  }

  async #end(): Promise<void> {
    this.#finish(this.#script.commits);
    await this.#ended;
    this.phase = 'ended';
  }

  /** Waits until the call under way has settled or is blocked. */
  async settle(): Promise<void> {
    let isBlocked = false;
    while (this.phase === 'running' && !isBlocked) isBlocked = await this.#lane.isBlocked();
  }

  /** Waits for the call under way whatever becomes of it. */
  async call(): Promise<void> {
    await this.#call;
  }
}

/** `turns` says whose turn it is; who cannot take it gives it to the other. Returns what the calls of each gave. */
export async function interleave(
  lanes: readonly [Lane, Lane],
  scripts: readonly [Script, Script],
  notes: readonly [Notes, Notes],
  turns: readonly boolean[],
): Promise<readonly (readonly Result[])[]> {
  const first = new Actor(lanes[0], scripts[0], notes[0]);
  const second = new Actor(lanes[1], scripts[1], notes[1]);
  await first.open();
  await second.open();
  for (let turn = 0; first.phase !== 'ended' || second.phase !== 'ended'; turn += 1) {
    const [wanted, other] = (turns[turn] ?? true) ? [first, second] : [second, first];
    const actor = wanted.phase === 'ready' ? wanted : other;
    if (actor.phase === 'ready') await actor.advance();
    // Both wait: PostgreSQL is about to find the deadlock.
    else
      await Promise.race([first, second].filter(({ phase }) => phase === 'running').map((one) => one.call()));
    await first.settle();
    await second.settle();
  }
  return [first.results, second.results];
}
