/** What an edited sync file would change, for somebody who waits for the answer: as the command tells it, in bounds. */
import { isDeepStrictEqual } from 'node:util';

import type { SyncWhatIf } from '../api/host.ts';
import type { SyncDefinition } from '../engine/model.ts';
import type { Installation } from '../server.ts';
import { findSync, type SyncRow } from '../store/control.ts';
import type { SyncFile } from '../syncfile/sync-file.ts';
import type { Described } from './sync-file.ts';
import { judgedShape } from './what-if/judged.ts';
import { tryKeys } from './what-if/keys.ts';
import { replayPast, type Past } from './what-if/past.ts';
import { tryPresent, type Present } from './what-if/present.ts';

/** Things of one sync. */
const THINGS_MAX = 200;
/** After this much time the walks through keys and journal end with what they have found. */
const WALKS_MS_MAX = 15_000;
/** Of each list. */
const ROWS_MAX = 100;

interface Asked {
  readonly installation: Installation;
  readonly file: SyncFile;
  readonly described: ReadonlyMap<string, Described>;
  /** Null: the journal is not replayed. */
  readonly sinceMs: number | null;
  readonly signal: AbortSignal;
}

/** Every sync of a file that was found to be right. Writes nothing, stores nothing. */
export async function whatIfOf(asked: Asked): Promise<readonly SyncWhatIf[]> {
  const { installation, file } = asked;
  const { clock } = installation;
  const endMs = clock.monotonicMs() + WALKS_MS_MAX;
  const isOver = (): boolean => clock.monotonicMs() >= endMs;
  const told: SyncWhatIf[] = [];
  for (const edited of file.syncs) {
    const row = await installation.transaction((tx) => findSync(tx, edited.name));
    const base = { sync: edited.name, edit: null };
    if (row === null) told.push({ ...base, kind: 'new' });
    else if (isDeepStrictEqual(row.definition, edited)) told.push({ ...base, kind: 'same' });
    else told.push({ ...base, kind: 'edited', edit: await editOf(asked, row, edited, isOver) });
  }
  return told;
}

type Edit = NonNullable<SyncWhatIf['edit']>;

async function editOf(
  { sinceMs, ...asked }: Asked,
  sync: SyncRow,
  edited: SyncDefinition,
  isOver: () => boolean,
): Promise<Edit> {
  const { installation, signal } = asked;
  const present = await tryPresent({
    ...asked,
    sync,
    edited,
    identitiesMax: THINGS_MAX,
    onProgress: () => {},
  });
  const keys = await tryKeys(installation, sync, edited, signal, isOver);
  const past =
    sinceMs === null
      ? null
      : await replayPast({
          installation,
          sync,
          edited,
          sinceMs,
          signal,
          keys,
          isOver,
          onProgress: () => {},
          onDifference: () => Promise.resolve(),
        });
  return {
    ...presentShape(present),
    keys,
    past: past === null || sinceMs === null ? null : pastShape(past, sinceMs),
  };
}

function presentShape({ tally, total, calls, admitted }: Present): Omit<Edit, 'keys' | 'past'> {
  return {
    tried: tally.identities,
    total,
    changed: tally.changed,
    admitted: admitted.slice(0, ROWS_MAX),
    writes: some(tally.writes.values()).map(({ side, kind, records, fields, examples }) => ({
      side,
      kind,
      records,
      fields: some(Object.entries(fields)).map(([field, number]) => ({ field, records: number })),
      examples: examples.map(({ recordId, changes }) => ({
        record: recordId,
        changes: changes.slice(0, ROWS_MAX),
      })),
    })),
    problems: some(tally.problems.values()),
    holds: some(tally.holds).map(([what, records]) => ({ what, records })),
    excluded: some(tally.excluded).map(([side, records]) => ({ side, records })),
    joining: some(tally.joining).map(([side, records]) => ({ side, records })),
    calls: some(calls).map(([side, number]) => ({ side, calls: number })),
  };
}

function pastShape({ replayings, rulings, judged }: Past, sinceMs: number): NonNullable<Edit['past']> {
  const { beginMs, entries, isWhole, differences, counts, examples, untold } = replayings;
  return {
    from: at(Math.max(beginMs ?? sinceMs, sinceMs)),
    entries,
    isWhole,
    differences,
    counts: some(counts).map(({ side, native, way, others, none, reason }) => ({
      side,
      native,
      way,
      others,
      none,
      reason,
    })),
    examples: examples.map(({ atMs, side, recordId, native, way, was, would, reason }) => ({
      at: at(atMs),
      side,
      record: recordId,
      native,
      way,
      reason,
      ...(was === undefined ? {} : { was }),
      ...(would === undefined ? {} : { would }),
    })),
    untold: some(untold).map(([place, values]) => ({ place, values })),
    rulings: some(rulings.counts.values()),
    rulingExamples: rulings.examples.map(({ atMs, record, field, was, would }) => ({
      at: at(atMs),
      record,
      field,
      was,
      ...(would === undefined ? {} : { would }),
    })),
    judged: judgedOf(judged),
  };
}

function judgedOf(judged: Past['judged']): NonNullable<Edit['past']>['judged'] {
  const { broken, freed, leaving, untold, unseen } = judgedShape(judged);
  return {
    broken: some(broken),
    freed: some(freed),
    leaving: some(leaving),
    untold: some(untold),
    unseen: some(unseen),
  };
}

function some<T>(many: Iterable<T>): readonly T[] {
  return [...many].slice(0, ROWS_MAX);
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}
