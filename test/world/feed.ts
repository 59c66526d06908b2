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
  /** Deletes that whoever reads was told of. */
  readonly #toldGone = new Set<FeedEvent>();
  /** By event, when whoever reads had stored a position behind it. */
  readonly #takenMs: number[] = [];

  constructor(shape: SystemShape, parts: FeedParts) {
    this.#shape = shape;
    this.#parts = parts;
  }

  tell(id: string): void {
    const { records, scheduler } = this.#parts;
    this.#events.push({ atMs: scheduler.nowMs, id, isGone: records.now(id) === null });
  }

  /** Whoever reads has stored this position. */
  noteTaken(position: number, atMs: number): void {
    while (this.#takenMs.length < position) this.#takenMs.push(atMs);
  }

  /** Whether whoever reads had taken in before then that a record of this id went at `sinceMs` or later. */
  hasToldGone(id: string, sinceMs: number, beforeMs: number): boolean {
    return this.#takenOf(id, sinceMs, beforeMs).some((event) => this.#toldGone.has(event));
  }

  /** Whether whoever reads had stored a position behind something that happened to the record at `sinceMs` or later. */
  hasToldOf(id: string, sinceMs: number, beforeMs: number): boolean {
    return this.#takenOf(id, sinceMs, beforeMs).length > 0;
  }

  #takenOf(id: string, sinceMs: number, beforeMs: number): readonly FeedEvent[] {
    return this.#events.filter(
      (event, index) =>
        event.id === id && event.atMs >= sinceMs && (this.#takenMs[index] ?? beforeMs) < beforeMs,
    );
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
    const hinted = shown.filter(({ isGone }) => (isGone ? feedTellsDeletes : feedGives === 'hints'));
    for (const event of hinted) if (event.isGone) this.#toldGone.add(event);
    const hints = hinted.map(({ id, isGone }) => ({
      id,
      kind: isGone ? ('deleted' as const) : ('changed' as const),
    }));
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
