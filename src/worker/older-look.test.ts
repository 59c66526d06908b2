/** A look that stands still while others meet the record: what it shows is older than what they have shown. */
import { expect, test } from 'vitest';

import { MemorySystem } from '../../test/support/memory-system.ts';
import { captureAndDeliver, waitingIn } from '../../test/support/rounds.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { ChangePage, Lookup } from '../connector/contract.ts';
import { must } from '../lib/assert.ts';
import { captureChanges } from './capture.ts';
import { settleHints } from './look.ts';
import { observeAll } from './rounds.ts';

const signal = new AbortController().signal;
const store = sharedTestStore();

/** Its feed tells what it is told to tell, and a look may stand still that shows nothing. */
class Slow extends MemorySystem {
  told: Partial<ChangePage> = {};
  #standing: { readonly asked: () => void; readonly answer: Promise<void> } | undefined;

  override async *readChanges(): AsyncIterable<ChangePage> {
    await Promise.resolve();
    yield { records: [], hints: [], unreadable: [], cursor: 1, caughtUp: true, ...this.told };
    this.told = {};
  }

  override async get(collection: string, ids: readonly string[]): Promise<readonly Lookup[]> {
    const standing = this.#standing;
    if (standing === undefined) return super.get(collection, ids);
    this.#standing = undefined;
    standing.asked();
    await standing.answer;
    return ids.map((id): Lookup => ({ kind: 'absent', id }));
  }

  /** The next look stands still: when it has begun, and what lets it go on. */
  standStill(): { readonly begun: Promise<void>; readonly goOn: () => void } {
    const begun = Promise.withResolvers<undefined>();
    const answer = Promise.withResolvers<undefined>();
    this.#standing = {
      asked: () => {
        begun.resolve(undefined);
      },
      answer: answer.promise,
    };
    return {
      begun: begun.promise,
      goOn: () => {
        answer.resolve(undefined);
      },
    };
  }
}

test.each(['record', 'hint'] as const)(
  'is older than the look that followed the %s of what was brought back as it had been',
  async (toldBy) => {
    const [crm, erp] = [new Slow(), new MemorySystem()];
    const definition = simpleDefinition(['crm', 'erp'], {
      name: `older-look-${toldBy}`,
      deletes: { mode: 'ignore', from: [], againstEdit: 'hold' },
    });
    const runtime = await createTestRuntime(store, definition, { crm, erp });
    const side = must(runtime.sides.get('crm'), 'a side of the sync');
    const id = crm.create({ email: 'ann@x.test', name: 'Ann', phone: null, city: null });
    const [found] = await crm.get('things', [id]);
    const record = must(found?.kind === 'found' ? found.record : undefined, 'it has just been created');
    await observeAll(runtime, signal);
    await captureAndDeliver(runtime, 3);
    const tell = async (told: Partial<ChangePage>): Promise<void> => {
      crm.told = told;
      await captureChanges(runtime, side, false, signal);
    };
    await tell({ hints: [{ id, kind: 'deleted' }] });
    const { begun, goOn } = crm.standStill();
    const older = settleHints(runtime, side, signal);
    await begun;
    await tell(toldBy === 'record' ? { records: [record] } : { hints: [{ id, kind: 'changed' }] });
    expect(await settleHints(runtime, side, signal)).toBe(1);
    goOn();
    expect(await older).toBe(1);
    const known = await runtime.transaction((tx) => tx.recordsOf('crm', [id]));
    expect(known.get(id)?.status).toBe('live');
    await captureAndDeliver(runtime, 3);
    expect(await waitingIn(store, runtime)).toEqual([]);
  },
);
