/**
 * The file with its short forms written out, and with gaps where a piece could not be read: each piece is read by
 * itself, so that one mistake hides no other. Null stands for what is there under a name but cannot be used.
 */
import type { z } from 'zod';

import { complain, isMap } from '../lib/yaml/complaints.ts';
import type { Tree } from '../lib/yaml/document.ts';
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { fieldShape, typedField, type FieldShape } from './shape-field.ts';
import { mappingShape, type MappingShape } from './shape-mapping.ts';
import type { OwnerRuleShape, ResolverShape } from './shape-words.ts';
import {
  defaultsShape,
  deletesShape,
  fileShape,
  guardShape,
  reconcileShape,
  sideShape,
  syncShape,
  type AnnounceShape,
  type ConditionShape,
  type DeletesShape,
  type GuardShape,
  type ReconcileShape,
} from './shape.ts';

export interface SyncDraft {
  readonly name: string;
  readonly path: Path;
  readonly entity: string | null;
  readonly fields: ReadonlyMap<string, FieldDraft | null>;
  /** All that are declared; `sides` holds those that could be read. */
  readonly sideNames: readonly string[];
  readonly sides: ReadonlyMap<string, SideDraft>;
  /** What fields without a policy of their own follow. */
  readonly defaultPolicy: PolicyDraft;
  readonly match: readonly (readonly string[])[] | null;
  readonly deletes: DeletesShape | null;
  readonly guard: GuardShape | null;
  readonly reconcile: ReconcileShape | null;
  readonly announce: Readonly<Record<string, AnnounceShape>>;
}

export interface PolicyDraft {
  readonly resolvers: readonly ResolverShape[];
  readonly path: Path;
}

export interface FieldDraft {
  readonly name: string;
  readonly path: Path;
  readonly shape: FieldShape;
  /** Its own, or that of the defaults. */
  readonly policy: PolicyDraft;
  readonly owners: readonly OwnerRuleShape[];
  readonly ownersPath: Path;
}

export interface SideDraft {
  readonly name: string;
  readonly path: Path;
  readonly connection: string | null;
  readonly collection: string | null;
  readonly fields: ReadonlyMap<string, MappingDraft | null>;
  readonly creates: boolean;
  readonly deletes: boolean;
  readonly where: readonly ConditionDraft[];
  /** CEL, as it is written; null for none. */
  readonly filter: string | null;
}

export interface MappingDraft {
  readonly field: string;
  readonly path: Path;
  readonly shape: MappingShape;
  /** What the field is called there; null for a value that is computed from several. */
  readonly native: string | null;
  readonly direction: 'both' | 'in' | 'out';
}

export interface ConditionDraft {
  readonly path: Path;
  readonly shape: ConditionShape;
}

/** The whole file taken apart: its maps of connections and syncs, each entry still to be read. */
export interface FileDraft {
  /** The name of the data dictionary's file; null for none. */
  readonly dictionary: string | null;
  readonly connections: Readonly<Record<string, Tree>>;
  readonly syncs: readonly SyncDraft[];
}

export function draftFile(tree: Tree, findings: Findings): FileDraft | null {
  if (tree === null) {
    findings.atKey([], 'the file is empty', 'Begin with: version: 1');
    return null;
  }
  const file = keysOf(fileShape, tree, [], findings);
  if (file === null) return null;
  take(fileShape.shape.version, file['version'], ['version'], findings);
  const connections = entries(fileShape.shape.connections, file['connections'], ['connections'], findings);
  const syncs = entries(fileShape.shape.syncs, file['syncs'], ['syncs'], findings);
  const dictionary = file['dictionary'];
  const drafts = Object.entries(syncs).map(([name, sync]) => draftSync(name, sync, findings));
  return {
    dictionary:
      dictionary === undefined
        ? null
        : (take(fileShape.shape.dictionary, dictionary, ['dictionary'], findings) ?? null),
    connections,
    syncs: drafts.filter((draft) => draft !== null),
  };
}

function draftSync(name: string, tree: Tree, findings: Findings): SyncDraft | null {
  const path = ['syncs', name];
  const keys = keysOf(syncShape, tree, path, findings);
  if (keys === null) return null;
  const { shape } = syncShape;
  const optional = <T>(schema: z.ZodType<T>, key: string): T | null =>
    keys[key] === undefined ? null : take(schema, keys[key], [...path, key], findings);
  const defaults = optional(defaultsShape, 'defaults');
  const fields = entries(shape.fields, keys['fields'], [...path, 'fields'], findings);
  const sides = entries(shape.sides, keys['sides'], [...path, 'sides'], findings);
  const match = draftMatch(keys['match'], [...path, 'match'], findings);
  const defaultPolicy = {
    resolvers: listOf(defaults?.policy ?? 'hold'),
    path: [...path, 'defaults', 'policy'],
  };
  return {
    name,
    path,
    entity: take(shape.entity, keys['entity'], [...path, 'entity'], findings),
    fields: mapEntries(fields, (field, value) =>
      draftField(field, value, [...path, 'fields', field], defaultPolicy, findings),
    ),
    sideNames: Object.keys(sides),
    sides: compact(
      mapEntries(sides, (side, value) => draftSide(side, value, [...path, 'sides', side], findings)),
    ),
    defaultPolicy,
    match,
    deletes: optional(deletesShape, 'deletes'),
    guard: optional(guardShape, 'guard'),
    reconcile: optional(reconcileShape, 'reconcile'),
    announce: optional(shape.announce, 'announce') ?? {},
  };
}

/** A flat list is refused: nobody can tell whether all its fields must agree or any of them. */
function draftMatch(tree: Tree | undefined, path: Path, findings: Findings): SyncDraft['match'] {
  if (tree !== undefined && isListOfTexts(tree)) {
    const [all, any] = [`[[${tree.join(', ')}]]`, `[${tree.map((field) => `[${field}]`).join(', ')}]`];
    const fix =
      tree.length < 2
        ? `Write ${all}.`
        : `Write ${all} if all of them must agree, ${any} if one of them is enough.`;
    findings.atValue(path, 'expected a list of rules that are each a list of fields', fix);
    return null;
  }
  const match = take(syncShape.shape.match, tree, path, findings);
  return typeof match === 'string' ? [[match]] : match;
}

function isListOfTexts(tree: Tree): tree is readonly string[] {
  return Array.isArray(tree) && tree.length > 0 && tree.every((member) => typeof member === 'string');
}

function draftField(
  name: string,
  tree: Tree,
  path: Path,
  fallback: PolicyDraft,
  findings: Findings,
): FieldDraft | null {
  const isShort = typeof tree === 'string';
  const read = isShort
    ? take(typedField, { type: tree }, path, findings)
    : take(fieldShape, tree, path, findings);
  if (read === null || typeof read === 'string') return null;
  const owners = read.owner ?? [];
  return {
    name,
    path,
    shape: read,
    policy:
      read.policy === undefined ? fallback : { resolvers: listOf(read.policy), path: [...path, 'policy'] },
    owners: typeof owners === 'string' ? [{ side: owners }] : owners,
    ownersPath: [...path, 'owner'],
  };
}

function draftSide(name: string, tree: Tree, path: Path, findings: Findings): SideDraft | null {
  const keys = keysOf(sideShape, tree, path, findings);
  if (keys === null) return null;
  const { shape } = sideShape;
  const inner = (key: string): Path => [...path, key];
  const fields = entries(shape.fields, keys['fields'], inner('fields'), findings);
  const conditions = take(shape.where, keys['where'], inner('where'), findings);
  return {
    name,
    path,
    connection: take(shape.connection, keys['connection'], inner('connection'), findings),
    collection: take(shape.collection, keys['collection'], inner('collection'), findings),
    fields: mapEntries(fields, (field, value) =>
      draftMapping(field, value, [...path, 'fields', field], findings),
    ),
    creates: take(shape.creates, keys['creates'], inner('creates'), findings) ?? true,
    deletes: take(shape.deletes, keys['deletes'], inner('deletes'), findings) ?? false,
    where: (conditions ?? []).map((condition, index) => ({
      path: [...path, 'where', index],
      shape: condition,
    })),
    filter:
      keys['filter'] === undefined
        ? null
        : (take(shape.filter, keys['filter'], inner('filter'), findings) ?? null),
  };
}

function draftMapping(field: string, tree: Tree, path: Path, findings: Findings): MappingDraft | null {
  const read = take(mappingShape, tree, path, findings);
  if (read === null) return null;
  const shape: MappingShape = typeof read === 'string' ? { field: read } : read;
  const direction = shape.direction ?? (shape.write === 'never' ? 'in' : 'both');
  const isComputed =
    direction === 'in'
      ? (shape.template ?? shape.expression) !== undefined
      : shape.template !== undefined && direction === 'both';
  if (shape.field === undefined && !isComputed) {
    findings.atKey([...path, 'field'], '`field` is missing', 'Add the key `field`.');
    return null;
  }
  return { field, path, shape, native: shape.field ?? null, direction };
}

/** The piece as its shape says it, or null with everything wrong reported. */
function take<T>(schema: z.ZodType<T>, piece: Tree | undefined, path: Path, findings: Findings): T | null {
  const parsed = schema.safeParse(piece);
  if (parsed.success) return parsed.data;
  complain(findings, parsed.error.issues, piece, path);
  return null;
}

/** The map's own keys, with unknown ones reported and what is under them not yet read. */
function keysOf(
  schema: z.ZodObject,
  piece: Tree,
  path: Path,
  findings: Findings,
): Readonly<Record<string, Tree | undefined>> | null {
  const parsed = schema.safeParse(piece);
  const own = (parsed.error?.issues ?? []).filter((issue) => issue.path.length === 0);
  complain(findings, own, piece, path);
  return isMap(piece) ? piece : null;
}

/** The entries of a map from names to pieces, with wrong names reported and the pieces not yet read. */
function entries(
  schema: z.ZodType,
  piece: Tree | undefined,
  path: Path,
  findings: Findings,
): Readonly<Record<string, Tree>> {
  const parsed = schema.safeParse(piece);
  const own = (parsed.error?.issues ?? []).filter((issue) => isOwn(issue));
  complain(findings, own, piece, path);
  return isMap(piece) ? piece : {};
}

function isOwn(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 || (issue.path.length === 1 && issue.code === 'invalid_key');
}

function listOf<T>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? (one as readonly T[]) : [one as T];
}

function mapEntries<T>(
  pieces: Readonly<Record<string, Tree>>,
  read: (name: string, piece: Tree) => T,
): ReadonlyMap<string, T> {
  return new Map(Object.entries(pieces).map(([name, piece]) => [name, read(name, piece)]));
}

function compact<T>(map: ReadonlyMap<string, T | null>): ReadonlyMap<string, T> {
  const kept = new Map<string, T>();
  for (const [name, value] of map) if (value !== null) kept.set(name, value);
  return kept;
}
