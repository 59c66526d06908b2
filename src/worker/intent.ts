import type { WriteRequest } from '../connector/contract.ts';
import type { Values } from '../engine/value.ts';
import type { SendIntent, WriteEnd } from '../store/contract.ts';

/** A write that was committed as sent, and the request that carries it. */
export interface Intent extends SendIntent {
  readonly writeId: string;
  readonly attempts: number;
  /** Store-clock instant at which the intent was committed at the earliest. */
  readonly sentAtMs: number;
  /** What was known of the record when the write was decided. */
  readonly sentAgainst: {
    readonly version: string | null;
    readonly asOfMs: number;
    readonly accounted: Values;
    readonly unread: Values;
    readonly called: Values;
  };
  /** What the side calls the references in the body. */
  readonly called: Values;
  readonly request: WriteRequest;
}

/** What an answer is recorded against: the write, and the very try of it. */
export function keyOf(intent: Intent): Pick<WriteEnd, 'identityId' | 'side' | 'writeId' | 'epoch' | 'kind'> {
  const { identityId, side, writeId, epoch, kind } = intent;
  return { identityId, side, writeId, epoch, kind };
}
