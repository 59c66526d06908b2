/** Where a reading has come to, so that it can go on after a rest or a crash. */
import type { Cursor } from '../../connector/contract.ts';
import type { Json } from '../../lib/json.ts';
import type { TallyState } from './tally.ts';

export interface Progress {
  /** Of the sync: by another revision records are compared otherwise, and the reading begins anew. */
  readonly revision: number;
  readonly cursor: Cursor;
  readonly pageNo: number;
  readonly tally: TallyState;
  /** To be looked at once more. */
  readonly suspects: readonly string[];
}

export function progressJson(progress: Progress): Json {
  return JSON.parse(JSON.stringify(progress)) as Json;
}

/** Null where there is none, or none that holds for the revision. */
export function progressOf(kept: Json | null, revision: number): Progress | null {
  // Only `progressJson` writes it.
  const progress = kept as unknown as Progress | null;
  return progress?.revision === revision ? progress : null;
}
