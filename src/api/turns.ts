/** Dear work that a request waits for: only so much of it at a time, and the others are told to come again. */
import { ApiProblem } from './problem.ts';

export interface Turns {
  <T>(action: () => Promise<T>): Promise<T>;
}

/** `what` is many of it: "records are being tested". */
export function createTurns(atOnceMax: number, what: string): Turns {
  let taken = 0;
  return async (action) => {
    if (taken >= atOnceMax)
      throw new ApiProblem('too_many', {
        detail: `enough ${what} just now`,
        advice: 'Try again in a moment.',
        headers: { 'retry-after': '2' },
      });
    taken += 1;
    try {
      return await action();
    } finally {
      taken -= 1;
    }
  };
}
