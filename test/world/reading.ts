/** How a simulated system is read: as a whole, by its feed, by ids and by values, each as of some moment. */
import type {
  ChangePage,
  ChangesRequest,
  Lookup,
  SnapshotPage,
  SnapshotRequest,
  SystemRecord,
} from '../../src/connector/contract.ts';
import { ConnectorFailure } from '../../src/connector/failure.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import { CURSOR_EXPIRED, OUTAGE, type Faults } from './faults.ts';
import type { Feed } from './feed.ts';
import type { Counter, Records } from './records.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { recordOf, type SystemShape } from './system-shape.ts';
import type { Wire } from './wire.ts';

const PAGE_MAX = 3;
const CALM_PAGE = 100;

/** By record: the number of the last thing that had happened when one unit of work last looked it up. */
export type Looks = Map<string, number>;

export interface ReadingParts {
  readonly records: Records;
  readonly feed: Feed;
  readonly wire: Wire;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly counter: Counter;
}

export class Reading {
  readonly #shape: SystemShape;
  readonly #records: Records;
  readonly #feed: Feed;
  readonly #wire: Wire;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #counter: Counter;

  constructor(shape: SystemShape, parts: ReadingParts) {
    this.#shape = shape;
    this.#records = parts.records;
    this.#feed = parts.feed;
    this.#wire = parts.wire;
    this.#scheduler = parts.scheduler;
    this.#faults = parts.faults;
    this.#counter = parts.counter;
  }

  /** The moment that a read shows. */
  #moment(): number {
    const { readLagMs } = this.#shape;
    const isLate = readLagMs > 0 && this.#faults.strikes('readLags');
    return this.#scheduler.nowMs - (isLate ? this.#faults.pick(readLagMs + 1) : 0);
  }

  async *readAll(owner: Owner, request: SnapshotRequest): AsyncIterable<SnapshotPage> {
    let after = Number(request.resume ?? 0);
    const isEmpty = this.#faults.strikes('listEmpty');
    for (;;) {
      await this.#wire.call(owner, 'readAll');
      const moment = this.#moment();
      const ids = isEmpty ? [] : this.#records.ids();
      const size = this.#pageSize();
      const page = ids.slice(after, after + size);
      if (!this.#faults.strikes('pageRepeated')) after += page.length;
      const records = page
        .filter(() => !this.#faults.strikes('listSkips'))
        .flatMap((id) => this.#records.at(id, moment) ?? [])
        .filter((seen) => !seen.isHidden)
        .map((seen) => recordOf(this.#shape, seen));
      if (this.#faults.strikes('pageFailed')) throw new ConnectorFailure(OUTAGE);
      const isTruncated = this.#faults.strikes('listTruncated');
      const complete = isTruncated || after >= ids.length;
      await this.#wire.travel(owner, 'readSlow');
      await this.#wire.pause(owner, 'page');
      yield { records, unreadable: [], resume: complete ? null : after, complete };
      if (complete) return;
    }
  }

  async *readChanges(owner: Owner, request: ChangesRequest): AsyncIterable<ChangePage> {
    await this.#wire.call(owner, 'readChanges');
    if (request.since === null) {
      const cursor = this.#feed.endAt(this.#moment());
      yield { records: [], hints: [], unreadable: [], cursor, caughtUp: true };
      return;
    }
    if (this.#faults.strikes('cursorExpired')) throw new ConnectorFailure(CURSOR_EXPIRED);
    let position = Number(request.since);
    for (;;) {
      const moment = this.#moment();
      const end = this.#feed.endAt(moment);
      const events = this.#feed.between(position, Math.min(end, position + this.#pageSize()));
      const next = position + events.length;
      if (!this.#faults.strikes('pageRepeated')) position = next;
      await this.#wire.travel(owner, 'readSlow');
      await this.#wire.pause(owner, 'page');
      yield {
        ...this.#feed.contentOf(events, moment),
        unreadable: [],
        cursor: position,
        caughtUp: position >= end,
      };
      if (position >= this.#feed.endAt(this.#scheduler.nowMs) || position >= end) return;
      await this.#wire.call(owner, 'readChanges');
    }
  }

  /** Few on a page, so that a good deal happens between two of them. */
  #pageSize(): number {
    const size = 1 + this.#faults.pick(PAGE_MAX);
    return this.#faults.areOver ? CALM_PAGE : size;
  }

  async get(owner: Owner, ids: readonly string[], looks: Looks): Promise<readonly Lookup[]> {
    await this.#wire.call(owner, 'get');
    const moment = this.#moment();
    const shown = this.#lastAt(moment);
    const isBlank = this.#faults.strikes('lookBlank');
    const lookups = ids.map((id): Lookup => {
      if (isBlank) return { kind: 'absent', id };
      if (this.#faults.strikes('lookFailed')) return { kind: 'failed', id, failure: OUTAGE };
      const seen = this.#records.at(id, moment);
      if (seen === null) return { kind: 'absent', id };
      return seen.isHidden ? { kind: 'hidden', id } : { kind: 'found', record: recordOf(this.#shape, seen) };
    });
    await this.#wire.travel(owner, 'readSlow');
    await this.#wire.pause(owner, 'got');
    // What is still on its way nobody has seen.
    if (!isBlank) for (const id of ids) looks.set(id, Math.max(shown, looks.get(id) ?? 0));
    return lookups;
  }

  /** The number of the last thing that a look at the moment shows. */
  #lastAt(moment: number): number {
    if (moment === this.#scheduler.nowMs) return this.#counter.last();
    return this.#records.entries.findLast(({ atMs }) => atMs <= moment)?.order ?? 0;
  }

  async find(owner: Owner, field: string, values: readonly NativeValue[]): Promise<readonly SystemRecord[]> {
    await this.#wire.call(owner, 'find');
    const moment = this.#moment();
    const found = this.#records
      .ids()
      .flatMap((id) => this.#records.at(id, moment) ?? [])
      .filter((seen) => !seen.isHidden && values.includes(seen.fields[field] ?? null))
      .map((seen) => recordOf(this.#shape, seen));
    await this.#wire.travel(owner, 'readSlow');
    await this.#wire.pause(owner, 'found');
    return found;
  }
}
