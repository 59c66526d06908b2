/** What a simulated system tells of its changes: a log, or what was modified since. */
import type { ChangePage } from '../../src/connector/contract.ts';
import type { Faults } from './faults.ts';
import type { Records } from './records.ts';
import type { Scheduler } from './scheduler.ts';
import { recordOf, type SystemShape } from './system-shape.ts';

interface FeedEvent {
  readonly atMs: number;
  readonly id: string;
  readonly isGone: boolean;
}

interface FeedParts {
  readonly records: Records;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
}

type Content = Pick<ChangePage, 'records' | 'hints'>;

export class Feed {
  readonly #shape: SystemShape;
  readonly #parts: FeedParts;
  readonly #events: FeedEvent[] = [];

  constructor(shape: SystemShape, parts: FeedParts) {
    this.#shape = shape;
    this.#parts = parts;
  }

  tell(id: string): void {
    const { records, scheduler } = this.#parts;
    this.#events.push({ atMs: scheduler.nowMs, id, isGone: records.now(id) === null });
  }

  get end(): number {
    return this.#events.length;
  }

  /** The position behind all that had happened by then. */
  endAt(momentMs: number): number {
    let end = this.#events.length;
    while (end > 0 && (this.#events[end - 1]?.atMs ?? 0) > momentMs) end -= 1;
    return end;
  }

  between(position: number, end: number): readonly FeedEvent[] {
    return this.#events.slice(position, end);
  }

  /** What a page with these events shows, when it shows the records as they were then. */
  contentOf(events: readonly FeedEvent[], momentMs: number): Content {
    const { feed, feedGives, feedTellsDeletes } = this.#shape;
    const { records, faults } = this.#parts;
    const told = events.flatMap((event) => {
      if (faults.strikes('hintDropped')) return [];
      return faults.strikes('hintRepeated') ? [event, event] : [event];
    });
    if (feed === 'cursor') return this.#polled(told, momentMs);
    const shown = told.filter((event) => records.now(event.id)?.isHidden !== true);
    const hints = shown
      .filter(({ isGone }) => (isGone ? feedTellsDeletes : feedGives === 'hints'))
      .map(({ id, isGone }) => ({ id, kind: isGone ? ('deleted' as const) : ('changed' as const) }));
    return { records: feedGives === 'records' ? this.#polled(shown, momentMs).records : [], hints };
  }

  /** Asked for what was modified since: each record as it is, and nothing of what is gone. */
  #polled(events: readonly FeedEvent[], momentMs: number): Content {
    const ids = [...new Set(events.map(({ id }) => id))];
    const seen = ids
      .flatMap((id) => this.#parts.records.at(id, momentMs) ?? [])
      .filter(({ isHidden }) => !isHidden);
    return { records: seen.map((one) => recordOf(this.#shape, one)), hints: [] };
  }
}
