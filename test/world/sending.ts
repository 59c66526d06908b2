/** How writes travel to a simulated system: lost, late, out of order, or answered to nobody. */
import type { WriteRequest, WriteResult } from '../../src/connector/contract.ts';
import { ConnectorFailure } from '../../src/connector/failure.ts';
import { REQUEST_TIMEOUT_MS } from '../../src/worker/limits.ts';
import { ANSWER_LOST, OUTAGE, type Faults } from './faults.ts';
import type { Looks } from './reading.ts';
import type { Counter, EntryWrite } from './records.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import type { SystemShape } from './system-shape.ts';
import type { Wire } from './wire.ts';

/** When a write left, and what its sender had seen by then. */
export type Sent = Omit<EntryWrite, 'asked'>;

export interface SendingParts {
  readonly wire: Wire;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly counter: Counter;
  /** What the system does with a request that has arrived. */
  execute(request: WriteRequest, sent: Sent): WriteResult;
}

export class Sending {
  readonly #shape: SystemShape;
  readonly #parts: SendingParts;
  readonly #wire: Wire;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  #late = 0;

  constructor(shape: SystemShape, parts: SendingParts) {
    this.#shape = shape;
    this.#parts = parts;
    this.#wire = parts.wire;
    this.#scheduler = parts.scheduler;
    this.#faults = parts.faults;
  }

  async write(
    owner: Owner,
    requests: readonly WriteRequest[],
    looks: Looks,
  ): Promise<readonly WriteResult[]> {
    const looked = new Map(looks);
    const calledMs = this.#scheduler.nowMs;
    this.#wire.mayFreeze(owner);
    await this.#wire.call(owner, 'write');
    // A client's own time limit has run out before anything was sent.
    if (this.#scheduler.nowMs - calledMs > REQUEST_TIMEOUT_MS) throw new ConnectorFailure(OUTAGE);
    const inOrder = this.#faults.strikes('executionShuffled') ? requests.toReversed() : requests;
    const results = new Map<string, WriteResult>();
    // A batch is one request: all of it has left, whatever becomes of its sender.
    const [sentOrder, leftMs] = [this.#parts.counter.last(), this.#scheduler.nowMs];
    for (const request of inOrder) {
      const { key, recordId } = request;
      const lookedOrder = looked.get(recordId ?? '') ?? 0;
      results.set(key, await this.#send(request, { key, lookedOrder, sentOrder }, leftMs));
    }
    const isLost = this.#faults.strikes('batchAnswerLost');
    await this.#wire.travel(owner, 'answerSlow');
    this.#wire.mayFreeze(owner);
    await this.#wire.pause(owner, 'written');
    return requests.map((request) => {
      const result = results.get(request.key);
      return isLost || result === undefined
        ? { kind: 'failed', key: request.key, failure: ANSWER_LOST }
        : result;
    });
  }

  /** The request travels by itself: whoever sent it may be gone when it arrives. */
  async #send(request: WriteRequest, sent: Sent, leftMs: number): Promise<WriteResult> {
    const { key } = request;
    const lost: WriteResult = { kind: 'failed', key, failure: ANSWER_LOST };
    // Nobody waits any more for what left so long ago, and it never arrives.
    const isOver = (): boolean => this.#scheduler.nowMs - leftMs > REQUEST_TIMEOUT_MS;
    if (this.#faults.strikes('writeRefused'))
      return { kind: 'failed', key, failure: { ...OUTAGE, kind: 'transient', code: 'world.busy' } };
    if (this.#faults.strikes('requestLost') || isOver()) return lost;
    if (this.#shape.executionMaxMs > 0 && this.#faults.strikes('executedLate')) {
      const lateMs = this.#faults.pick(this.#shape.executionMaxMs);
      this.#scheduler.at(this.#scheduler.nowMs + lateMs, () => this.#parts.execute(request, sent));
      return lost;
    }
    const network = `network ${this.#shape.name} ${String((this.#late += 1))}`;
    await this.#wire.travel(network, 'requestSlow');
    await this.#scheduler.pause(network, 'arrive');
    if (isOver()) return lost;
    const result = this.#parts.execute(request, sent);
    return this.#faults.strikes('answerLost') ? lost : result;
  }
}
