/**
 * Expressions in CEL, the Common Expression Language: no loops without an end, no state, no way out of it. What is run is
 * a tree of the library's own operations, never JavaScript; patterns are matched in linear time.
 */
import { createRequire } from 'node:module';

import type * as Library from '@bufbuild/cel';
import type * as Extensions from '@bufbuild/cel/ext';

import type { Json } from '../json.ts';
import { bracketDepth, DEPTH_MAX, LOOPS_MAX, NODES_MAX, shapeOf, TEXT_CHARS_MAX, tooMuch } from './limits.ts';
import { FUNCTIONS, namesOf, RECORD, type Mention, type Names } from './names.ts';
import { jsonOf, NotPlain, reasonOf } from './outcome.ts';

export interface Expression {
  readonly kind: 'expression';
  /** What it reads: every name in it that must be given a value. */
  readonly names: readonly string[];
  /** The value, or why there is none: a sentence that quotes no value. A name that is not given is null. */
  readonly evaluate: (valueOf: (name: string) => Json | undefined) => Evaluation;
}

export type Evaluation =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'failed'; readonly reason: string };

/** Why a text is no expression that may be run. `offset` counts UTF-16 units from its begin. */
export interface BadExpression {
  readonly kind: 'bad';
  readonly message: string;
  readonly fix: string;
  readonly offset: number;
}

interface Loaded {
  readonly cel: typeof Library;
  readonly environment: ReturnType<typeof Library.celEnv>;
}

/** Loaded when the first expression is met: most syncs have none. */
let loaded: Loaded | null = null;

function library(): Loaded {
  if (loaded !== null) return loaded;
  const require = createRequire(import.meta.url);
  const cel = require('@bufbuild/cel') as typeof Library;
  const { strings } = require('@bufbuild/cel/ext') as typeof Extensions;
  loaded = { cel, environment: cel.celEnv({ funcs: [...strings, exactDouble(cel)] }) };
  return loaded;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The library's own takes any text, and what is no number becomes one that is smaller and greater than nothing. */
function exactDouble(cel: typeof Library): Library.CelFunc {
  const { STRING, DOUBLE } = cel.CelScalar;
  return cel.celFunc('double', [STRING], DOUBLE, (text) => {
    if (!NUMBER.test(text)) throw new Error('the text cannot be converted');
    return Number(text);
  });
}

export function compileExpression(text: string): Expression | BadExpression {
  const early = tooLong(text);
  if (early !== null) return early;
  const { cel, environment } = library();
  let parsed: ReturnType<typeof cel.parse>;
  try {
    parsed = cel.parse(text);
  } catch (error) {
    return syntaxError(error, text);
  }
  const shape = shapeOf(parsed.expr);
  const names = namesOf(parsed.expr);
  const place = (id: bigint): number => utf16(text, parsed.sourceInfo?.positions[String(id)] ?? 0);
  const problem = shapeProblem(shape) ?? nameProblem(names, place);
  if (problem !== null) return problem;
  const run = cel.plan(environment, parsed);
  const { read, ofRecord } = names;
  // Without a prototype `__proto__` is a name like any other; everything else is faster with one.
  const blank = (): Record<string, Library.CelInput> =>
    read.includes('__proto__') ? (Object.create(null) as Record<string, Library.CelInput>) : {};
  return {
    kind: 'expression',
    names: [...new Set([...read, ...ofRecord])],
    evaluate: (valueOf) => {
      const given = blank();
      for (const name of read) given[name] = inputOf(valueOf(name));
      if (ofRecord.length > 0)
        given[RECORD] = new Map(ofRecord.map((name) => [name, inputOf(valueOf(name))]));
      const refusal = tooMuch(shape, given);
      if (refusal !== null) return { kind: 'failed', reason: refusal };
      return evaluated(cel, run(given));
    },
  };
}

function evaluated(cel: typeof Library, result: ReturnType<ReturnType<typeof Library.plan>>): Evaluation {
  if (cel.isCelError(result)) return { kind: 'failed', reason: reasonOf(result.message) };
  const value = jsonOf(cel, result);
  return value instanceof NotPlain ? { kind: 'failed', reason: value.reason } : { kind: 'value', value };
}

/** Structures become maps, whose keys are only what they hold. */
function inputOf(value: Json | undefined): Library.CelInput {
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(inputOf);
  return new Map(Object.entries(value).map(([key, member]) => [key, inputOf(member)]));
}

const SHORTER = 'Make it shorter, or compute the value in the system.';

function tooLong(text: string): BadExpression | null {
  if (text.length > TEXT_CHARS_MAX) {
    const message = `the expression has ${String(text.length)} characters, at most ${String(TEXT_CHARS_MAX)} are taken`;
    return { kind: 'bad', message, fix: SHORTER, offset: TEXT_CHARS_MAX };
  }
  if (bracketDepth(text) <= DEPTH_MAX) return null;
  const message = `more than ${String(DEPTH_MAX)} brackets stand in each other`;
  return { kind: 'bad', message, fix: SHORTER, offset: 0 };
}

function shapeProblem({ nodes, loops }: ReturnType<typeof shapeOf>): BadExpression | null {
  if (nodes > NODES_MAX) {
    const message = `the expression has ${String(nodes)} parts, at most ${String(NODES_MAX)} are taken`;
    return { kind: 'bad', message, fix: SHORTER, offset: 0 };
  }
  if (loops <= LOOPS_MAX) return null;
  const message = `the expression goes through lists ${String(loops)} times, at most ${String(LOOPS_MAX)} are taken`;
  return { kind: 'bad', message, fix: SHORTER, offset: 0 };
}

function nameProblem({ calls, bareRecord }: Names, place: (id: bigint) => number): BadExpression | null {
  const unknown = calls.find(isUnknown);
  if (unknown !== undefined) {
    const fix = `Functions are ${FUNCTIONS.join(', ')}.`;
    return {
      kind: 'bad',
      message: `there is no function \`${unknown.name}\``,
      fix,
      offset: place(unknown.id),
    };
  }
  if (bareRecord === null) return null;
  const message = '`record` is read field by field, and the field is not named here';
  return { kind: 'bad', message, fix: 'Write record["FIELD"].', offset: place(bareRecord.id) };
}

/** Operators are calls too; their names are no words. */
function isUnknown({ name }: Mention): boolean {
  return /^[a-z]/i.test(name) && !FUNCTIONS.includes(name);
}

function syntaxError(error: unknown, text: string): BadExpression {
  const found = error as {
    readonly found?: unknown;
    readonly location?: { readonly start: { readonly offset: number } };
  };
  const offset = Math.min(found.location?.start.offset ?? 0, text.length);
  const sign = text.slice(offset, offset + 1);
  const quotes = sign === '"' || sign === "'";
  const message =
    sign === ''
      ? 'the expression ends too early'
      : `the expression cannot go on with ${quotes ? 'a quote' : `\`${sign}\``} here`;
  const fix = quotes ? 'Close the quote.' : 'Write it in CEL: https://cel.dev';
  return { kind: 'bad', message, fix, offset };
}

/** The library counts whole characters. */
function utf16(text: string, characters: number): number {
  let [offset, left] = [0, characters];
  for (const character of text) {
    if (left === 0) break;
    left -= 1;
    offset += character.length;
  }
  return offset;
}
