/** From text to a plain tree with the place of every value. Bounded: no file, however made, can exhaust the machine. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Pair,
  type Scalar,
} from 'yaml';

import {
  createPlaces,
  spotKey,
  type FileError,
  type Path,
  type Places,
  type Spot,
  type Written,
} from './places.ts';
import { syntaxErrors } from './syntax.ts';

/** A map, a list or a scalar of the file, with anchors followed. */
export type Tree = null | boolean | number | string | readonly Tree[] | { readonly [key: string]: Tree };

export type Reading =
  /** `errors` are about keys that were left out; the rest of the tree can still be checked. */
  | {
      readonly kind: 'tree';
      readonly tree: Tree;
      readonly places: Places;
      readonly errors: readonly FileError[];
    }
  | { readonly kind: 'errors'; readonly errors: readonly FileError[] };

/** A thousand fields take about 100 kB. */
const BYTES_MAX = 1_048_576;
/** Counted after anchors are followed: this is what keeps a few lines of anchors from growing into billions. */
const NODES_MAX = 200_000;
const DEPTH_MAX = 32;

export function readDocument(text: string, fileName: string): Reading {
  const counter = new LineCounter();
  const spots = new Map<string, Spot>();
  const places = createPlaces(fileName, spots, (offset) => counter.linePos(offset));
  if (Buffer.byteLength(text) > BYTES_MAX) {
    const message = `the file has more than ${String(BYTES_MAX)} bytes`;
    return { kind: 'errors', errors: [places.error([], 'value', message, 'Split it into several files.')] };
  }
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) return { kind: 'errors', errors: syntaxErrors(problems, text, fileName, counter) };
  const builder = new TreeBuilder(document, text, places, spots);
  const tree = builder.build(document.contents, [], null, 0);
  const { errors } = builder;
  return builder.isWhole ? { kind: 'tree', tree, places, errors } : { kind: 'errors', errors };
}

class TreeBuilder {
  readonly errors: FileError[] = [];
  readonly #document: Document;
  readonly #text: string;
  readonly #places: Places;
  readonly #spots: Map<string, Spot>;
  #nodes = 0;
  #isWhole = true;

  constructor(document: Document, text: string, places: Places, spots: Map<string, Spot>) {
    this.#document = document;
    this.#text = text;
    this.#places = places;
    this.#spots = spots;
  }

  /** False when the file was too much to be read to its end: what follows from the rest would mislead. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  build(node: unknown, path: Path, key: Written | null, depth: number): Tree {
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX || depth > DEPTH_MAX) return this.#tooMuch(path, depth);
    if (isAlias(node)) {
      const resolved = node.resolve(this.#document);
      if (resolved !== undefined) return this.build(resolved, path, key, depth + 1);
      this.#spots.set(spotKey(path), { key, value: { offset: offsetOf(node.range) } });
      this.#refuse(
        path,
        'value',
        `there is no anchor &${node.source} before this`,
        `Set it first: &${node.source}`,
      );
      this.#isWhole = false;
      return null;
    }
    if (isScalar(node)) {
      this.#spots.set(spotKey(path), { key, value: { ...writtenOf(node), ...this.#rawOf(node) } });
      return this.#scalar(node, path);
    }
    const value = isMap(node) || isSeq(node) ? { offset: offsetOf(node.range) } : (key ?? { offset: 0 });
    this.#spots.set(spotKey(path), { key, value });
    if (isMap(node)) return this.#map(node.items, path, depth);
    return isSeq(node)
      ? node.items.map((element, index) => this.build(element, [...path, index], null, depth + 1))
      : null;
  }

  #rawOf({ value, range }: Scalar): { readonly raw?: string } {
    return typeof value === 'string' && range != null ? { raw: this.#text.slice(range[0], range[1]) } : {};
  }

  #scalar(node: Scalar, path: Path): Tree {
    const { value } = node;
    if (
      value === null ||
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      typeof value === 'number'
    )
      return value;
    this.#refuse(path, 'value', 'this is no text, number, true, false or null', 'Write it in quotes.');
    return null;
  }

  #map(pairs: readonly Pair[], path: Path, depth: number): Tree {
    const map: Record<string, Tree> = {};
    const lines = new Map<string, number>();
    for (const pair of pairs) {
      const key = isScalar(pair.key) ? writtenOf(pair.key) : null;
      const name = key === null ? null : keyText(key);
      if (key === null || name === null) {
        this.#refuse(path, 'value', 'a key here is no text', 'Choose another key.');
        continue;
      }
      if (name === '__proto__') {
        this.#refuseKey([...path, name], key, `a key cannot be ${name}`, 'Choose another key.');
        continue;
      }
      const inner = [...path, name];
      const first = lines.get(name);
      if (first === undefined) {
        map[name] = this.build(pair.value, inner, key, depth + 1);
        lines.set(name, this.#places.error(inner, 'key', '').line);
      } else {
        const message = `\`${name}\` stands here twice, first in line ${String(first)}`;
        this.#refuseKey(inner, key, message, 'Keep one of them.');
      }
    }
    return map;
  }

  #tooMuch(path: Path, depth: number): null {
    if (!this.#isWhole) return null;
    const message =
      depth > DEPTH_MAX ? `more than ${String(DEPTH_MAX)} levels` : `more than ${String(NODES_MAX)} values`;
    this.#refuse(
      path,
      'value',
      `${message}, with anchors followed`,
      'Use fewer anchors and aliases, or split the file.',
    );
    this.#isWhole = false;
    this.#nodes = NODES_MAX;
    return null;
  }

  #refuseKey(path: Path, key: Written, message: string, fix: string): void {
    this.#spots.set(spotKey(path), { key, value: key });
    this.#refuse(path, 'key', message, fix);
  }

  #refuse(path: Path, part: 'key' | 'value', message: string, fix: string): void {
    this.errors.push(this.#places.error(path, part, message, fix));
  }
}

function writtenOf(node: Scalar): Written {
  const { value, source, type } = node;
  const isScalarValue =
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return {
    offset: offsetOf(node.range),
    ...(isScalarValue ? { scalar: value } : {}),
    ...(type === 'PLAIN' && source !== undefined ? { plain: source } : {}),
  };
}

/** The key as it is typed: `007` is the key 007, not 7. */
function keyText(key: Written): string | null {
  if (typeof key.scalar === 'string') return key.scalar;
  return key.scalar === null || key.scalar === undefined ? null : (key.plain ?? String(key.scalar));
}

function offsetOf(range: readonly [number, number, number] | null | undefined): number {
  return range?.[0] ?? 0;
}
