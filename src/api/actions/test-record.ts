/** What one record would lead to, asked of its system now, and the smallest part of the sync that is to blame. Writes nothing. */
import type { z } from '@hono/zod-openapi';

import { elementText, isolateInSync, type Found } from '../../diagnose/culprits.ts';
import { dryRun, firstFailure } from '../../diagnose/dry-run.ts';
import { lookUp, verdictOn } from '../../diagnose/one-record.ts';
import { audit } from '../../store/audit.ts';
import type { SyncRow } from '../../store/control.ts';
import { findRecord } from '../../store/history.ts';
import { streamStates } from '../../store/status.ts';
import type { SyncRuntime } from '../../worker/runtime.ts';
import type { Principal } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { notFound } from '../problem.ts';
import type { RecordTest } from '../shapes/record-test.ts';

type TestShape = z.infer<typeof RecordTest>;

/** Throws `not_found` when the sync has no such side, and the failure of the system when it cannot be asked at all. */
export async function testRecord(
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  sync: SyncRow,
  side: string,
  recordId: string,
): Promise<TestShape> {
  const { definition, name, syncKey } = sync;
  if (!definition.sides.some((known) => known.name === side)) throw notFound(`side of ${name}`, side);
  const { known, seenUpToMs } = await host.database.transaction(workspaceNo, async (tx) => {
    const streams = await streamStates(tx, syncKey);
    const seen = streams.flatMap((stream) => (stream.side === side ? (stream.currentAsOfMs ?? []) : []));
    await audit(tx, workspaceNo, {
      by,
      action: 'record.tested',
      subject: recordId,
      detail: { sync: name, side },
    });
    return {
      known: await findRecord(tx, syncKey, side, recordId),
      seenUpToMs: seen.length === 0 ? null : Math.max(...seen),
    };
  });
  return host.work(workspaceNo).withSync(sync, async (runtime) => {
    const lookedUp = await lookUp(runtime, side, recordId);
    const { kind, natives } = lookedUp;
    const stored = await storedOf(runtime, known?.identityId ?? null);
    const steps = kind === 'found' ? dryRun(runtime.model, side, natives, stored) : [];
    const isWell = kind === 'found' && firstFailure(steps) === null;
    const found =
      kind !== 'found' || isWell ? null : await isolateInSync(definition, side, natives, TRIES_MAX);
    return {
      kind,
      verdict:
        isWell && stored !== null
          ? 'Nothing of the sync keeps it back: it is in step, or what is owed is on its way.'
          : verdictOn(lookedUp, steps, side, recordId, seenUpToMs),
      isWell,
      steps: steps.map(({ what, side: at, says, code, field }) => ({
        what,
        side: at,
        says,
        code: code ?? null,
        field: field ?? null,
      })),
      culprit: found === null ? null : culpritOf(found),
    };
  });
}

/** Fewer than by command: whoever asks waits for it, and so do others. */
const TRIES_MAX = 400;

async function storedOf(runtime: SyncRuntime, identityId: string | null) {
  if (identityId === null) return null;
  const bundles = await runtime.transaction((tx) => tx.lockBundles([identityId]));
  return bundles.get(identityId) ?? null;
}

function culpritOf({ code, says, culprits, steps, isMinimal }: Found): NonNullable<TestShape['culprit']> {
  return { code, says, parts: culprits.map(elementText), tries: steps, isMinimal };
}
