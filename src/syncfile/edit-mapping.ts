/** One mapping of a sync file said anew in its text; everything else stays letter by letter as it was: comments, order, blanks. */
import { isDeepStrictEqual } from 'node:util';

import { isMap, isScalar, parseDocument, stringify, type Pair, type YAMLMap } from 'yaml';

import { isMap as isTreeMap } from '../lib/yaml/complaints.ts';
import { readDocument, type Tree } from '../lib/yaml/document.ts';

/** Where a mapping stands. */
export interface MappingPlace {
  readonly sync: string;
  readonly side: string;
  readonly field: string;
}

type TreeMap = { readonly [key: string]: Tree };

/** What the file says of the mapping, a bare name in full; undefined where it says nothing. */
export function mappingSaid(text: string, place: MappingPlace): TreeMap | undefined {
  const said = memberOf(treeOf(text), pathOf(place));
  if (typeof said === 'string') return { field: said };
  return isTreeMap(said) ? said : undefined;
}

/**
 * The text with the mapping changed or added, or with `null` taken out. Null where that cannot be said there alone: the side is
 * not in the file, it has no other field, or an anchor shares what would change.
 */
export function editMapping(text: string, place: MappingPlace, mapping: TreeMap | null): string | null {
  const path = pathOf(place);
  const { contents } = parseDocument(text, { uniqueKeys: false });
  const fields = isMap(contents) ? contents.getIn(path.slice(0, -1), true) : undefined;
  if (!isMap(fields) || fields.range == null) return null;
  const index = fields.items.findIndex(({ key }) => isScalar(key) && String(key.value) === place.field);
  const edited =
    mapping === null
      ? without(text, fields, index)
      : index === -1
        ? withAdded(text, fields, `${place.field}: ${flow(mapping)}`)
        : withChanged(text, fields, index, flow(mapping));
  return edited !== null && says(edited, treeOf(text), path, mapping) ? edited : null;
}

function pathOf({ sync, side, field }: MappingPlace): readonly string[] {
  return ['syncs', sync, 'sides', side, 'fields', field];
}

function treeOf(text: string): Tree | undefined {
  const reading = readDocument(text, '');
  return reading.kind === 'tree' && reading.errors.length === 0 ? reading.tree : undefined;
}

function memberOf(tree: Tree | undefined, path: readonly string[]): Tree | undefined {
  let member = tree;
  for (const key of path) member = isTreeMap(member) && Object.hasOwn(member, key) ? member[key] : undefined;
  return member;
}

/** As it may stand in a map of either style: in one line, with quotes where a sign would end it. */
function flow(mapping: TreeMap): string {
  const { field, ...more } = mapping;
  const said = typeof field === 'string' && Object.keys(more).length === 0 ? field : mapping;
  const options = { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 } as const;
  return stringify([said], options).trim().slice(1, -1);
}

/** Where a pair begins and ends; what follows it on its line is not of it. */
function spanOf(text: string, { key, value }: Pair): readonly [begin: number, keyEnd: number, end: number] {
  const [begin, keyEnd] = isScalar(key) ? (key.range ?? [0, 0]) : [0, 0];
  const range = (value as { readonly range?: readonly number[] | null } | null)?.range;
  let end = Math.max(range?.[1] ?? keyEnd, keyEnd);
  while (end > keyEnd && /\s/.test(text.charAt(end - 1))) end -= 1;
  return [begin, keyEnd, end];
}

function withChanged(text: string, fields: YAMLMap, index: number, said: string): string | null {
  const pair = fields.items[index];
  if (pair === undefined) return null;
  const [, keyEnd, end] = spanOf(text, pair);
  return `${text.slice(0, keyEnd)}: ${said}${text.slice(end)}`;
}

function withAdded(text: string, fields: YAMLMap, said: string): string | null {
  const [first, last] = [fields.items[0], fields.items.at(-1)];
  if (first === undefined || last === undefined) return null;
  const [, , end] = spanOf(text, last);
  if (fields.flow === true) return `${text.slice(0, end)}, ${said}${text.slice(end)}`;
  const [begin] = spanOf(text, first);
  const indent = text.slice(text.lastIndexOf('\n', begin - 1) + 1, begin);
  const lineEnd = endOfLine(text, end);
  return `${text.slice(0, lineEnd)}\n${indent}${said}${text.slice(lineEnd)}`;
}

function without(text: string, fields: YAMLMap, index: number): string | null {
  const [pair, before, after] = [fields.items[index], fields.items[index - 1], fields.items[index + 1]];
  if (pair === undefined || (before ?? after) === undefined) return null;
  const [begin, , end] = spanOf(text, pair);
  if (fields.flow !== true)
    return text.slice(0, text.lastIndexOf('\n', begin - 1) + 1) + text.slice(endOfLine(text, end) + 1);
  if (after !== undefined) return text.slice(0, begin) + text.slice(spanOf(text, after)[0]);
  return before === undefined ? null : text.slice(0, spanOf(text, before)[2]) + text.slice(end);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** Whether the text says what the one before did, but for the mapping at `path`. */
function says(
  text: string,
  before: Tree | undefined,
  path: readonly string[],
  mapping: TreeMap | null,
): boolean {
  const after = treeOf(text);
  if (before === undefined || after === undefined) return false;
  const said = memberOf(after, path);
  const isSaid =
    mapping === null
      ? said === undefined
      : isDeepStrictEqual(typeof said === 'string' ? { field: said } : said, mapping);
  return isSaid && isDeepStrictEqual(pruned(after, path), pruned(before, path));
}

/** The tree without what stands at the path. */
function pruned(tree: Tree, [key = '', ...rest]: readonly string[]): Tree {
  if (!isTreeMap(tree)) return tree;
  const { [key]: inner, ...others } = tree;
  return inner === undefined || rest.length === 0 ? others : { ...others, [key]: pruned(inner, rest) };
}
