/** Faults that a test orders: which request is hit, how, and how often. */

export type Fault =
  /** The answer comes, later. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The connection is closed as soon as it is known what is asked; nothing happens. */
  | { readonly kind: 'refuse' }
  /** The request is taken in whole, then the connection breaks; nothing happens. */
  | { readonly kind: 'cutBeforeExecute' }
  /** What was asked happens, and the connection breaks instead of an answer. */
  | { readonly kind: 'cutAfterExecute' }
  /** Another answer, as a proxy or a broken server gives it; nothing happens. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
    }
  /** What was asked happens, and the answer arrives cut in half. */
  | { readonly kind: 'corrupt' };

export interface FaultMatch {
  readonly method?: string;
  /** A text must occur in the path with its query; for gRPC the path is `/eventbus.v1.PubSub/Subscribe`. */
  readonly path?: string | RegExp;
}

export type FaultPlan = Fault & {
  readonly match: FaultMatch;
  /** How many requests are hit; 1 unless told. */
  readonly times?: number;
  /** How many matching requests pass before the first one that is hit; none unless told. */
  readonly skip?: number;
};

/** One ordered fault, as the one who ordered it sees it. */
export interface PlannedFault {
  /** How many requests it has hit. */
  readonly hits: () => number;
  readonly cancel: () => void;
}

/** The ordered faults of one simulator. A request is hit by the first plan that matches and is not used up. */
export class Faults {
  readonly #plans: { readonly plan: FaultPlan; seen: number; hits: number }[] = [];

  order(plan: FaultPlan): PlannedFault {
    const entry = { plan, seen: 0, hits: 0 };
    this.#plans.push(entry);
    return {
      hits: () => entry.hits,
      cancel: () => {
        const index = this.#plans.indexOf(entry);
        if (index !== -1) this.#plans.splice(index, 1);
      },
    };
  }

  /** The fault that hits this request, which counts as its hit. */
  take(method: string, path: string): Fault | null {
    for (const entry of this.#plans) {
      const { match, skip = 0, times = 1 } = entry.plan;
      if (!matches(match, method, path) || entry.hits >= times) continue;
      entry.seen += 1;
      if (entry.seen <= skip) continue;
      entry.hits += 1;
      return entry.plan;
    }
    return null;
  }
}

function matches(match: FaultMatch, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false;
  if (match.path === undefined) return true;
  return typeof match.path === 'string' ? path.includes(match.path) : match.path.test(path);
}
