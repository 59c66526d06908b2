/** The token that makes the first account: printed where Trueup was started, good once, gone with the process. */
import { timingSafeEqual } from 'node:crypto';

import type { Random } from '../lib/random.ts';
import { ApiProblem } from './problem.ts';

export interface SetUp {
  /** What is to be printed. */
  readonly token: string;
  isOpen(): boolean;
  /** Throws when the token is not this one, or was used. */
  demand(token: string): void;
  close(): void;
}

const BYTES = 16;

export function createSetUp(random: Random): SetUp {
  const token = Buffer.from(random.bytes(BYTES)).toString('hex');
  let isOpen = true;
  return {
    token,
    isOpen: () => isOpen,
    demand: (given) => {
      const [wanted, got] = [Buffer.from(token), Buffer.from(given)];
      if (isOpen && wanted.length === got.length && timingSafeEqual(wanted, got)) return;
      throw new ApiProblem('wrong_credentials', {
        detail: 'this is not the set-up token',
        advice: 'It was printed by `trueup start`, and changes each time that is started.',
      });
    },
    close: () => {
      isOpen = false;
    },
  };
}
