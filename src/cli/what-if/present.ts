/** Tries an edited sync on stored and present records, over the connections as the edited file has them. */
import { isDeepStrictEqual } from 'node:util';

import { openConnection } from '../../connections.ts';
import type { SyncDefinition } from '../../engine/model.ts';
import { must } from '../../lib/assert.ts';
import type { SyncRow } from '../../store/control.ts';
import type { SyncFile } from '../../syncfile/sync-file.ts';
import type { Described } from '../sync-file.ts';
import { callsFor } from './tally.ts';
import { tryEdited, type Trial, type Tried, type TrialSide } from './try.ts';

export interface PresentAsked extends Omit<Trial, 'sides'> {
  readonly file: SyncFile;
  /** What the systems say of every sync of the file, by its name. */
  readonly described: ReadonlyMap<string, Described>;
}

export interface Present extends Tried {
  /** About how many requests the writes would take, by side. */
  readonly calls: ReadonlyMap<string, number>;
  /** Mappings that are new or say something else: `erp.phone`. The check of the file has tried each on generated and on real values. */
  readonly admitted: readonly string[];
}

export async function tryPresent(asked: PresentAsked): Promise<Present> {
  const { described, sync, edited } = asked;
  const tried = await withSides(asked, (sides) => tryEdited({ ...asked, sides }));
  const { tally, total, model } = tried;
  const factor = tally.identities === 0 ? 1 : total / tally.identities;
  const cards = new Map(
    [...(described.get(edited.name)?.descriptions ?? [])].map(([side, { card }]) => [side, card]),
  );
  const calls = callsFor(tally, cards, model, factor);
  return { ...tried, calls, admitted: changedMappings(sync, edited) };
}

/** By the connections of the file: an edited one is not stored yet. */
async function withSides<T>(
  { installation, file, described, edited }: PresentAsked,
  action: (sides: ReadonlyMap<string, TrialSide>) => Promise<T>,
): Promise<T> {
  const sides = new Map<string, TrialSide>();
  try {
    for (const side of edited.sides) {
      const declared = must(
        file.connections.find((known) => known.name === side.connection),
        'a checked file declares its connections',
      );
      const description = must(
        described.get(edited.name)?.descriptions.get(side.name),
        'every side was described',
      );
      sides.set(side.name, { session: await openConnection(installation, declared), description });
    }
    return await action(sides);
  } finally {
    await Promise.allSettled([...sides.values()].map(({ session }) => session.close()));
  }
}

function changedMappings({ definition: before }: SyncRow, after: SyncDefinition): readonly string[] {
  return after.sides.flatMap((side) => {
    const old = before.sides.find(({ name }) => name === side.name)?.fields ?? [];
    return side.fields
      .filter((mapping) => !old.some((known) => isDeepStrictEqual(known, mapping)))
      .map(({ field }) => `${side.name}.${field}`);
  });
}
