/** What an edited sync would do to an identity that the present one has brought into step. Nothing is stored or sent. */
import { linkFound } from './existence.ts';
import { mergeSeen } from './late-edit.ts';
import { readRecord, renderBody, type FieldProblem } from './mapping.ts';
import type { SideDefinition, SyncDefinition, SyncModel } from './model.ts';
import { bodyOf, planIdentity } from './plan.ts';
import type { Bundle, HoldReason, WriteKind } from './state.ts';
import { linkAt } from './state.ts';
import type { NativeValue } from './value.ts';

/** A record as its system holds it now. */
export interface RecordNow {
  readonly side: string;
  readonly recordId: string;
  readonly natives: ReadonlyMap<string, NativeValue>;
}

/** One write that there would be, as the side spells it. */
export interface WouldWrite {
  readonly side: string;
  readonly recordId: string | null;
  readonly kind: WriteKind;
  readonly natives: ReadonlyMap<string, NativeValue>;
}

/** What the sync would come to with an identity. */
export interface WouldBe {
  readonly writes: readonly WouldWrite[];
  /** Fields that could not be read or written as the mapping says. */
  readonly problems: readonly (FieldProblem & { readonly side: string; readonly recordId: string | null })[];
  /** Sides whose record would take no part any more. */
  readonly excluded: readonly { readonly side: string; readonly recordId: string }[];
  readonly holds: readonly { readonly field: string | null; readonly reason: HoldReason }[];
}

/** What only the edited sync does: the differences between what the two would come to. */
export function causedBy(before: WouldBe, after: WouldBe): WouldBe {
  const known = new Set([
    ...before.writes.map(writeText),
    ...before.problems.map(plain),
    ...before.excluded.map(plain),
    ...before.holds.map(plain),
  ]);
  return {
    writes: after.writes.filter((write) => !known.has(writeText(write))),
    problems: after.problems.filter((problem) => !known.has(plain(problem))),
    excluded: after.excluded.filter((record) => !known.has(plain(record))),
    holds: after.holds.filter((hold) => !known.has(plain(hold))),
  };
}

function writeText({ natives, ...write }: WouldWrite): string {
  return JSON.stringify([write, [...natives].toSorted(([left], [right]) => (left < right ? -1 : 1))]);
}

function plain(value: object): string {
  return JSON.stringify(value);
}

/**
 * Reads the records through the model, merges them as news, and plans. A record at a side where the identity has none is
 * taken for its own: whoever calls has matched it.
 */
export function wouldBe(
  model: SyncModel,
  stored: Bundle,
  records: readonly RecordNow[],
  nowMs: number,
): WouldBe {
  const problems: WouldBe['problems'][number][] = [];
  const excluded: WouldBe['excluded'][number][] = [];
  const links = stored.links.filter(({ side }) => model.sideOf.has(side));
  // What is open already would be planned anew.
  let bundle: Bundle = { ...stored, links, writes: [] };
  for (const { side: name, recordId, natives } of records) {
    const side = model.sideOf.get(name);
    if (side === undefined) continue;
    const reading = readRecord(side, natives);
    if (reading.kind === 'excluded') excluded.push({ side: name, recordId });
    if (reading.kind === 'invalid')
      problems.push(...reading.problems.map((problem) => ({ ...problem, side: name, recordId })));
    if (reading.kind !== 'values') continue;
    const link = linkAt(bundle, name);
    if (link === undefined) bundle = linkFound(bundle, name, recordId);
    else if (link.recordId !== recordId || link.status !== 'live') continue;
    const { values } = reading;
    const moment = { readBeganMs: nowMs, readEndedMs: nowMs };
    const seen = { side: name, recordId, version: null, values, ...moment };
    ({ bundle } = mergeSeen(model, bundle, seen));
  }
  const writes = planned(model, bundle, problems);
  const holds = bundle.holds.map(({ field, reason }) => ({ field, reason }));
  return { writes, problems, excluded, holds };
}

function planned(
  model: SyncModel,
  bundle: Bundle,
  problems: WouldBe['problems'][number][],
): readonly WouldWrite[] {
  return planIdentity(model, bundle).flatMap((step): readonly WouldWrite[] => {
    const side = model.sideOf.get(step.side);
    if (step.kind !== 'open' || side === undefined) return [];
    const recordId = linkAt(bundle, side.name)?.recordId ?? null;
    const rendered = renderBody(side, bodyOf(side, bundle, step.write), step.write === 'create');
    if (rendered.kind === 'natives')
      return [{ side: side.name, recordId, kind: step.write, natives: rendered.natives }];
    problems.push(...rendered.problems.map((problem) => ({ ...problem, side: side.name, recordId })));
    return [];
  });
}

/** The definition without fields that name other things: what those are called elsewhere only the store can tell. */
export function withoutReferences(definition: SyncDefinition): SyncDefinition {
  const references = new Set(
    definition.fields.filter(({ type }) => type.kind === 'reference').map(({ name }) => name),
  );
  if (references.size === 0) return definition;
  const side = (own: SideDefinition): SideDefinition => ({
    ...own,
    fields: own.fields.filter(({ field }) => !references.has(field)),
  });
  return { ...definition, sides: definition.sides.map(side) };
}
