/** One mapping of the sync file said otherwise, for somebody who edits it field by field: its text, its errors, and real records. */
import { fileTag } from '../api/file-tag.ts';
import type { MappingAsked, MappingTrial, SyncFileError } from '../api/host.ts';
import { mappingSentence, typeText } from '../api/words/mapping.ts';
import type { SystemRecord } from '../connector/contract.ts';
import { SAMPLES_PER_FIELD } from '../engine/golden-samples.ts';
import {
  compileSync,
  type FieldLens,
  type SideModel,
  type SyncDefinition,
  type SyncModel,
} from '../engine/model.ts';
import { InvalidValue, type NativeValue } from '../engine/value.ts';
import { canonicalJson } from '../lib/json.ts';
import type { Installation } from '../server.ts';
import { newestSource } from '../store/revisions.ts';
import { editMapping, mappingSaid } from '../syncfile/edit-mapping.ts';
import type { SyncFile } from '../syncfile/sync-file.ts';
import { describeSides, errorsAgainst, type Described } from './sync-file.ts';

const EXAMPLES_MAX = 4;

/** Reads the text of a sync file as it is read before it is taken. */
export type ReadText = (
  source: string,
) => Promise<
  | { readonly kind: 'errors'; readonly errors: readonly SyncFileError[] }
  | { readonly kind: 'ok'; readonly file: SyncFile }
>;

/** What it would be to say a mapping so. Opens the connections of its sync, and stores nothing. */
export async function tryMapping(
  here: Installation,
  asked: MappingAsked,
  read: ReadText,
  signal: AbortSignal,
): Promise<MappingTrial | null> {
  const stored = (await here.transaction(newestSource)) ?? '';
  const source = asked.mapping === undefined ? stored : editMapping(stored, asked, asked.mapping);
  const readings = [source === null ? null : await read(source), await read(stored)];
  const errors = readings[0]?.kind === 'errors' ? readings[0].errors : [];
  // What is said wrongly has no records to be tried on; the fields to choose from are there all the same.
  const file = readings.find((reading) => reading?.kind === 'ok')?.file;
  const sync = file?.syncs.find(({ name }) => name === asked.sync);
  if (file === undefined || sync === undefined || !isPlace(sync, asked)) return null;
  const only = { ...file, syncs: [sync] };
  const described = await describeSides(here, only, signal);
  const told = {
    said: mappingSaid(stored, asked) ?? null,
    source,
    tag: fileTag(stored),
    natives: nativesOf(described.get(sync.name), asked.side),
  };
  if (source === null || errors.length > 0)
    return { ...told, errors, sentence: null, proof: null, examples: [] };
  const against = errorsAgainst(file, described, only.syncs).map(
    ({ line, column, path, message, fix }): SyncFileError => ({
      line,
      column,
      path,
      message,
      fix: fix ?? null,
    }),
  );
  return { ...told, errors: against, ...tried(sync, asked, described.get(sync.name), against.length === 0) };
}

function isPlace({ sides, fields }: SyncDefinition, { side, field }: MappingAsked): boolean {
  return sides.some(({ name }) => name === side) && fields.some(({ name }) => name === field);
}

function nativesOf(described: Described | undefined, side: string): MappingTrial['natives'] {
  return (described?.descriptions.get(side)?.fields ?? []).map(({ name, title, type, readOnly }) => ({
    name,
    title: title ?? null,
    type: typeText(type),
    isReadOnly: readOnly,
    options: 'options' in type ? (type.options ?? []) : [],
  }));
}

function tried(
  sync: SyncDefinition,
  { side, field }: MappingAsked,
  described: Described | undefined,
  isGood: boolean,
): Pick<MappingTrial, 'sentence' | 'proof' | 'examples'> {
  const definition = sync.sides.find(({ name }) => name === side);
  const mapping = definition?.fields.find((known) => known.field === field);
  const model = compileSync(sync);
  const lens = model.sideOf.get(side)?.lensOf.get(field);
  if (definition === undefined || mapping === undefined || lens === undefined)
    return { sentence: null, proof: null, examples: [] };
  const records = described?.samples ?? new Map<string, readonly SystemRecord[]>();
  const isShown = isGood && lens.direction === 'both' && lens.refersTo === null;
  return {
    sentence: mappingSentence(sync.entity, definition, mapping),
    proof: isShown ? { generated: SAMPLES_PER_FIELD, records: records.get(side)?.length ?? 0 } : null,
    examples: lens.refersTo === null ? examplesOf(model, side, field, records) : [],
  };
}

/** Values that stand at the side, or where it only receives at another one, each followed to every side that would get it. */
function examplesOf(
  model: SyncModel,
  side: string,
  field: string,
  records: ReadonlyMap<string, readonly SystemRecord[]>,
): MappingTrial['examples'] {
  const giving = [...model.sides]
    .toSorted((left, right) => Number(right.name === side) - Number(left.name === side))
    .find((candidate) => gives(candidate.lensOf.get(field)));
  const lens = giving?.lensOf.get(field);
  if (giving === undefined || lens === undefined) return [];
  const seen = new Set<string>();
  const held = (records.get(giving.name) ?? []).flatMap(({ id, fields }) => {
    const holds = lens.computed === null ? fields.get(lens.native) : lens.computed.read(fields);
    if (holds === undefined || holds instanceof InvalidValue) return [];
    const key = canonicalJson(holds);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew ? [{ record: id, holds }] : [];
  });
  const filled = held.filter(({ holds }) => holds !== null && holds !== '');
  const shown = [...filled, ...held.filter((one) => !filled.includes(one))].slice(0, EXAMPLES_MAX);
  return shown.map(({ record, holds }) => ({
    side: giving.name,
    record,
    holds,
    ...followed(model, lens, field, holds),
  }));
}

function gives(lens: FieldLens | undefined): boolean {
  return lens !== undefined && lens.direction !== 'out';
}

function followed(
  model: SyncModel,
  lens: FieldLens,
  field: string,
  holds: NativeValue,
): Pick<MappingTrial['examples'][number], 'means' | 'refusal' | 'written'> {
  const golden = lens.get(holds);
  if (golden instanceof InvalidValue) return { means: null, refusal: golden.reason, written: [] };
  const receives = (side: SideModel): boolean => (side.lensOf.get(field)?.direction ?? 'in') !== 'in';
  const written = model.sides.filter(receives).flatMap((side) => {
    const there = side.lensOf.get(field);
    if (there === undefined) return [];
    const value = there.put(golden);
    const isRefused = value instanceof InvalidValue;
    const native = there.parts?.join(', ') ?? there.native;
    return [
      {
        side: side.name,
        native,
        value: isRefused ? null : value,
        refusal: isRefused ? value.reason : null,
      },
    ];
  });
  return { means: golden, refusal: null, written };
}
