/** Looks one record up where it lives, and says what Trueup makes of it: also for records that it has never taken in. */
import type { Lookup } from '../connector/contract.ts';
import type { NativeValue } from '../engine/value.ts';
import type { SyncRuntime } from '../worker/runtime.ts';
import { dryRun, type DryStep } from './dry-run.ts';

export interface LookedUp {
  readonly kind: Lookup['kind'];
  readonly natives: ReadonlyMap<string, NativeValue>;
  /** When the system says it was last changed, in its own clock. */
  readonly modifiedAtMs: number | null;
  /** Why the look-up failed; null when it did not. */
  readonly failure: string | null;
}

/** What the system says of the record now. */
export async function lookUp(runtime: SyncRuntime, sideName: string, recordId: string): Promise<LookedUp> {
  const side = runtime.sides.get(sideName);
  if (side === undefined) return { kind: 'absent', natives: new Map(), modifiedAtMs: null, failure: null };
  const { collection, natives } = side.model;
  const [lookup] = await side.session.get(collection, [recordId], natives);
  const nothing = { natives: new Map(), modifiedAtMs: null, failure: null };
  switch (lookup?.kind) {
    case 'found':
      return {
        kind: 'found',
        natives: lookup.record.fields,
        modifiedAtMs: lookup.record.modifiedAtMs ?? null,
        failure: null,
      };
    case 'failed':
      return { ...nothing, kind: 'failed', failure: `${lookup.failure.code}: ${lookup.failure.message}` };
    case 'hidden':
      return { ...nothing, kind: 'hidden' };
    default:
      return { ...nothing, kind: 'absent' };
  }
}

export interface RecordStory {
  readonly lookedUp: LookedUp;
  /** What would become of it, step by step; empty when there is nothing to go by. */
  readonly steps: readonly DryStep[];
  /** The sentence that answers "why is it not there?". */
  readonly verdict: string;
}

/** For a record that the store does not know. `seenUpToMs`: the side is known as it was then; null when it never was. */
export async function storyOfUnknown(
  runtime: SyncRuntime,
  sideName: string,
  recordId: string,
  seenUpToMs: number | null,
): Promise<RecordStory> {
  const lookedUp = await lookUp(runtime, sideName, recordId);
  const steps = lookedUp.kind === 'found' ? dryRun(runtime.model, sideName, lookedUp.natives, null) : [];
  return { lookedUp, steps, verdict: verdictOn(lookedUp, steps, sideName, recordId, seenUpToMs) };
}

/** `seenUpToMs`: the side is known as it was then; null when it never was. */
export function verdictOn(
  { kind, modifiedAtMs, failure }: LookedUp,
  steps: readonly DryStep[],
  side: string,
  recordId: string,
  seenUpToMs: number | null,
): string {
  switch (kind) {
    case 'absent':
      return `${side} has no record ${recordId}: the id is another one, or it was deleted.`;
    case 'hidden':
      return `${side} keeps ${recordId} from this account: it lacks the right to see it.`;
    case 'failed':
      return `${side} could not be asked: ${failure ?? ''}`;
    case 'found': {
      const since =
        modifiedAtMs === null ? '' : ` since ${new Date(modifiedAtMs).toISOString()} at the latest`;
      const [stop] = steps.filter(({ code }) => code !== undefined);
      if (stop !== undefined) return `It exists at ${side}${since}, ${stop.says}.`;
      const seen =
        seenUpToMs === null
          ? 'was never read'
          : `is known as it was at ${new Date(seenUpToMs).toISOString()}`;
      return `It exists at ${side}${since} and would go well; ${side} ${seen}, so it has not been met yet.`;
    }
  }
}
