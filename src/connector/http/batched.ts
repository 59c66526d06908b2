import { assert } from '../../lib/assert.ts';
import { ConnectorFailure, type Failure, type FailureKind } from '../failure.ts';

/** How a system takes several things in one request. */
export interface Batching<Wish, Result> {
  readonly sizeMax: number;
  /** Of all wishes of one request together, as `bytesOf` measures them; no limit when not said. */
  readonly bytesMax?: number;
  readonly bytesOf?: (wish: Wish) => number;
  /** One result per wish, in order. A `ConnectorFailure` stands for all of them. */
  readonly send: (wishes: readonly Wish[]) => Promise<readonly Result[]>;
  readonly failed: (wish: Wish, failure: Failure) => Result;
  /** Codes begin with it: `salesforce`. */
  readonly system: string;
}

/** After one of these the next batch would fare no better, and did not happen either. */
const ENDS_ALL: ReadonlySet<FailureKind> = new Set([
  'transient',
  'rateLimited',
  'auth',
  'config',
  'unknownOutcome',
]);

/** One result per wish, in order, whatever becomes of the others. Sends one batch after the other; throws only bugs. */
export async function batched<Wish, Result>(
  wishes: readonly Wish[],
  batching: Batching<Wish, Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  let ended: Failure | null = null;
  for (const batch of batchesOf(wishes, batching)) {
    const failure: Failure | null = ended ?? tooLarge(batch, batching);
    if (failure !== null) {
      results.push(...batch.map((wish) => batching.failed(wish, failure)));
      continue;
    }
    const outcome = await sent(batch, batching);
    if (outcome.kind === 'failed' && ENDS_ALL.has(outcome.failure.kind)) ended = notSent(outcome.failure);
    results.push(
      ...(outcome.kind === 'failed'
        ? batch.map((wish) => batching.failed(wish, outcome.failure))
        : outcome.results),
    );
  }
  return results;
}

/** In order; a wish that is too large by itself stands alone. */
function batchesOf<Wish, Result>(
  wishes: readonly Wish[],
  { sizeMax, bytesMax = Infinity, bytesOf = () => 0 }: Batching<Wish, Result>,
): readonly (readonly Wish[])[] {
  assert(sizeMax >= 1, 'a batch holds at least one wish');
  const batches: Wish[][] = [];
  let bytes = 0;
  for (const wish of wishes) {
    const more = bytesOf(wish);
    const last = batches.at(-1);
    if (last === undefined || last.length >= sizeMax || bytes + more > bytesMax) {
      batches.push([wish]);
      bytes = more;
    } else {
      last.push(wish);
      bytes += more;
    }
  }
  return batches;
}

function tooLarge<Wish, Result>(
  batch: readonly Wish[],
  { bytesMax = Infinity, bytesOf = () => 0, system }: Batching<Wish, Result>,
): Failure | null {
  const [only] = batch;
  if (batch.length !== 1 || only === undefined || bytesOf(only) <= bytesMax) return null;
  const message = `The record is larger than the ${String(bytesMax)} bytes that one request may carry`;
  return { kind: 'invalid', code: `${system}.record_too_large`, message };
}

async function sent<Wish, Result>(
  batch: readonly Wish[],
  { send, system }: Batching<Wish, Result>,
): Promise<
  | { readonly kind: 'answered'; readonly results: readonly Result[] }
  | { readonly kind: 'failed'; readonly failure: Failure }
> {
  try {
    const results = await send(batch);
    if (results.length === batch.length) return { kind: 'answered', results };
    const message = `${String(results.length)} results came for ${String(batch.length)} records: whose they are is not known`;
    return {
      kind: 'failed',
      failure: { kind: 'unknownOutcome', code: `${system}.results_missing`, message },
    };
  } catch (error) {
    if (error instanceof ConnectorFailure) return { kind: 'failed', failure: error.failure };
    throw error;
  }
}

/** The failure as it holds for what came after it: that certainly did not happen. */
function notSent(failure: Failure): Failure {
  return failure.kind === 'unknownOutcome'
    ? {
        ...failure,
        kind: 'transient',
        message: `Not sent, because of the batch before it. ${failure.message}`,
      }
    : failure;
}
