/** Which mapping, condition, filter, rule or field of a record is to blame when the record does not go. */
import type { Session } from '../connector/contract.ts';
import { ConnectorFailure } from '../connector/failure.ts';
import { readRecord, renderBody } from '../engine/mapping.ts';
import { compileSync, type SideDefinition, type SyncDefinition } from '../engine/model.ts';
import type { NativeValue } from '../engine/value.ts';
import { conditionText, dryRun, firstFailure } from './dry-run.ts';
import { isolate, type Isolated } from './isolate.ts';

/** A part of a sync, or of a record, that can be left out. */
export type Element =
  | { readonly kind: 'mapping'; readonly side: string; readonly field: string; readonly native: string }
  | { readonly kind: 'condition'; readonly side: string; readonly index: number; readonly text: string }
  | { readonly kind: 'filter'; readonly side: string; readonly text: string }
  | { readonly kind: 'rule'; readonly index: number; readonly field: string }
  | { readonly kind: 'value'; readonly native: string };

/** Enough for any two culprits among a thousand. */
const STEPS_MAX = 2_000;

export function elementsOf(definition: SyncDefinition): readonly Element[] {
  const ofSides = definition.sides.flatMap((side): readonly Element[] => [
    ...side.fields.map(({ field, native }) => ({ kind: 'mapping' as const, side: side.name, field, native })),
    ...side.where.map((condition, index) => ({
      kind: 'condition' as const,
      side: side.name,
      index,
      text: conditionText(condition),
    })),
    ...(side.filter === undefined ? [] : [{ kind: 'filter' as const, side: side.name, text: side.filter }]),
  ]);
  const rules = (definition.rules ?? []).map(({ field }, index) => ({ kind: 'rule' as const, index, field }));
  return [...ofSides, ...rules];
}

/** The same sync with only these parts in place. */
export function reduced(definition: SyncDefinition, chosen: readonly Element[]): SyncDefinition {
  const sides = definition.sides.map((side): SideDefinition => {
    const here = chosen.filter((element) => 'side' in element && element.side === side.name);
    const { filter, ...rest } = side;
    return {
      ...rest,
      fields: side.fields.filter(({ field, native }) =>
        here.some(
          (element) => element.kind === 'mapping' && element.field === field && element.native === native,
        ),
      ),
      where: side.where.filter((_, index) =>
        here.some((element) => element.kind === 'condition' && element.index === index),
      ),
      ...(filter !== undefined && here.some(({ kind }) => kind === 'filter') ? { filter } : {}),
    };
  });
  const rules = (definition.rules ?? []).filter((_, index) =>
    chosen.some((element) => element.kind === 'rule' && element.index === index),
  );
  return { ...definition, sides, rules };
}

export interface Found extends Isolated<Element> {
  /** The failure that was followed. */
  readonly code: string;
  readonly says: string;
}

/** Follows the first failure of a dry run down to the parts of the sync that make it; null when the dry run goes well. */
export async function isolateInSync(
  definition: SyncDefinition,
  side: string,
  natives: ReadonlyMap<string, NativeValue>,
  stepsMax = STEPS_MAX,
): Promise<Found | null> {
  const failure = firstFailure(dryRun(compileSync(definition), side, natives, null));
  if (failure === null) return null;
  const { what, side: at, code = '', says } = failure;
  const fails = (chosen: readonly Element[]): boolean =>
    dryRun(compileSync(reduced(definition, chosen)), side, natives, null).some(
      (step) =>
        step.what === what && step.side === at && step.code === code && sameField(step.field, failure.field),
    );
  const found = await isolate(elementsOf(definition), fails, stepsMax);
  return found === null ? null : { ...found, code, says };
}

/** A filter names all its fields at once, of which fewer may be left. */
function sameField(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one?.includes(',') ?? false) || (other?.includes(',') ?? false);
}

/**
 * Follows the refusal of a real system, best a sandbox or simulator: records with ever fewer of the fields are made there
 * and deleted again. Null when the whole record is taken.
 */
export async function isolateInSystem(
  definition: SyncDefinition,
  from: string,
  natives: ReadonlyMap<string, NativeValue>,
  to: string,
  session: Session,
  nextKey: () => string,
): Promise<Found | null> {
  const model = compileSync(definition);
  const [source, target] = [model.sideOf.get(from), model.sideOf.get(to)];
  if (source === undefined || target === undefined) return null;
  const reading = readRecord(source, natives);
  if (reading.kind !== 'values') return null;
  const rendering = renderBody(target, reading.values, true);
  if (rendering.kind !== 'natives') return null;
  const whole = [...rendering.natives.keys()].map((native): Element => ({ kind: 'value', native }));
  const refused = async (chosen: readonly Element[]): Promise<Refusal | null> => {
    const names = new Set(chosen.map((element) => (element.kind === 'value' ? element.native : '')));
    const fields = new Map([...rendering.natives].filter(([name]) => names.has(name)));
    return refusalOf(session, target.collection, fields, nextKey);
  };
  const refusal = await refused(whole);
  if (refusal === null) return null;
  const fails = async (chosen: readonly Element[]): Promise<boolean> =>
    (await refused(chosen))?.code === refusal.code;
  const found = await isolate(whole, fails, STEPS_MAX);
  if (found === null) return null;
  const { culprits, steps } = await withoutCompany(whole, found, refused);
  return { ...found, ...refusal, culprits, steps: steps + 1 };
}

/** Fields that the system only needs beside the culprit: leaving them out of the whole record does not help. */
async function withoutCompany(
  whole: readonly Element[],
  { culprits, steps }: Isolated<Element>,
  refused: (chosen: readonly Element[]) => Promise<Refusal | null>,
): Promise<Pick<Isolated<Element>, 'culprits' | 'steps'>> {
  if (culprits.length < 2) return { culprits, steps };
  const toBlame: Element[] = [];
  for (const culprit of culprits)
    if ((await refused(whole.filter((element) => element !== culprit))) === null) toBlame.push(culprit);
  return { culprits: toBlame.length > 0 ? toBlame : culprits, steps: steps + culprits.length };
}

interface Refusal {
  readonly code: string;
  readonly says: string;
}

/** Why the system does not take such a record; null when it does, and then it is gone again. */
async function refusalOf(
  session: Session,
  collection: string,
  fields: ReadonlyMap<string, NativeValue>,
  nextKey: () => string,
): Promise<Refusal | null> {
  const create = { key: nextKey(), kind: 'create', recordId: null, ifVersion: null, fields } as const;
  const [result] = await session.write(collection, [create]);
  if (result === undefined || result.kind === 'failed') {
    const failure = result?.failure;
    return { code: failure?.code ?? 'trueup.no_result', says: failure?.message ?? '' };
  }
  const { recordId, version } = result;
  const [gone] = await session.write(collection, [
    { key: nextKey(), kind: 'delete', recordId, ifVersion: version, fields: new Map() },
  ]);
  if (gone?.kind !== 'failed') return null;
  const message = `the trial record ${recordId} could not be deleted again: ${gone.failure.message}`;
  throw new ConnectorFailure({ ...gone.failure, message, advice: 'Delete it by hand.' });
}

/** A part in words. */
export function elementText(element: Element): string {
  switch (element.kind) {
    case 'mapping':
      return `the mapping of ${element.native} to ${element.field} at ${element.side}`;
    case 'condition':
      return `the condition "${element.text}" at ${element.side}`;
    case 'filter':
      return `the filter "${element.text}" at ${element.side}`;
    case 'rule':
      return `the rule of ${element.field}`;
    case 'value':
      return `the value of ${element.native}`;
  }
}
