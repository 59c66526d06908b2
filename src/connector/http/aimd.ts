/** How many requests may run at once, found out by trying: one more after a window without trouble, half after trouble. */
export interface Concurrency {
  readonly limit: number;
  readonly max: number;
  /** Successes since the last change; `limit` of them are a window. */
  readonly successes: number;
  /** Rises with every halving, so that requests which were already out do not halve it again. */
  readonly epoch: number;
}

/** A fresh state; `start` is kept between 1 and `max`. */
export function startConcurrency(start: number, max: number): Concurrency {
  return { limit: Math.max(1, Math.min(start, max)), max: Math.max(1, max), successes: 0, epoch: 0 };
}

/** The limit never passes `max`. */
export function afterSuccess(state: Concurrency): Concurrency {
  if (state.successes + 1 < state.limit) return { ...state, successes: state.successes + 1 };
  return { ...state, limit: Math.min(state.max, state.limit + 1), successes: 0 };
}

/** `epoch` is that of the state when the request began. The limit never falls below 1. */
export function afterThrottle(state: Concurrency, epoch: number): Concurrency {
  if (epoch < state.epoch) return state;
  const limit = Math.max(1, Math.floor(state.limit / 2));
  return { ...state, limit, successes: 0, epoch: state.epoch + 1 };
}
