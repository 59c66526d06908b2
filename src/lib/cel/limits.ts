/**
 * What an expression may cost. CEL has no endless loops, but loops in loops over long lists, and texts that double, can be
 * asked for in one line. So the shape of the expression bounds the work before it runs, from the size of what it is given.
 */
import type { parse } from '@bufbuild/cel';

/** A node of a parsed expression. */
export type Expr = ReturnType<typeof parse>['expr'];

/** Longer ones belong into a field of their own, or into the system. */
export const TEXT_CHARS_MAX = 2_000;
export const NODES_MAX = 250;
/** Brackets in brackets; parsers go as deep as the text does. */
export const DEPTH_MAX = 24;
export const LOOPS_MAX = 3;
export const STEPS_MAX = 1_000_000;
/** Of all texts that an evaluation can make, together. */
export const CHARS_MAX = 10_000_000;

/** What bounds the work of one expression, whatever it is given. */
export interface Shape {
  readonly nodes: number;
  readonly loops: number;
  /** How many loops stand in each other at most. */
  readonly loopDepth: number;
  /** How much longer than what it is given a text or list can become: how often `+`, `replace` and the like join. */
  readonly joins: number;
  /** Whether a text can become a list, so that its characters count as elements. */
  readonly splits: boolean;
  /** Whether a text can grow with the square of its length. */
  readonly replaces: boolean;
}

/** The parts of an expression that stand directly in it, with what each loop repeats told apart. */
export interface Parts {
  readonly once: readonly Expr[];
  readonly repeated: readonly Expr[];
}

export function partsOf({ exprKind: { case: kind, value } }: Expr): Parts {
  const once = (...parts: readonly (Expr | undefined)[]): Parts => ({
    once: parts.filter((part) => part !== undefined),
    repeated: [],
  });
  switch (kind) {
    case 'selectExpr':
      return once(value.operand);
    case 'callExpr':
      return once(value.target, ...value.args);
    case 'listExpr':
      return once(...value.elements);
    case 'structExpr':
      return once(
        ...value.entries.flatMap(({ keyKind, value: member }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          member,
        ]),
      );
    case 'comprehensionExpr': {
      const repeated = [value.loopCondition, value.loopStep].filter((part) => part !== undefined);
      return { once: once(value.iterRange, value.accuInit, value.result).once, repeated };
    }
    default:
      return once();
  }
}

export function shapeOf(expression: Expr): Shape {
  let [nodes, loops, loopDepth, joins, splits, replaces] = [0, 0, 0, 0, false, false];
  const visit = (expr: Expr, depth: number): void => {
    nodes += 1;
    const { exprKind } = expr;
    if (exprKind.case === 'comprehensionExpr') loops += 1;
    if (exprKind.case === 'callExpr') {
      const { function: name } = exprKind.value;
      if (name === '_+_' || name === 'join' || name === 'replace') joins += 1;
      if (name === 'split') splits = true;
      if (name === 'replace' || name === 'join') replaces = true;
    }
    const { once, repeated } = partsOf(expr);
    const inner = exprKind.case === 'comprehensionExpr' ? depth + 1 : depth;
    loopDepth = Math.max(loopDepth, inner);
    // A loop over what another loop made takes as many steps as that one, so it counts as deep as it.
    for (const part of once) visit(part, inner);
    for (const part of repeated) visit(part, inner);
  };
  visit(expression, 0);
  return { nodes, loops, loopDepth, joins, splits, replaces };
}

/** How much there is in what an expression is given. Counted up in place: this runs before every evaluation. */
interface Size {
  elements: number;
  chars: number;
}

/** What a number or a flag may become as text. */
const SCALAR_CHARS = 24;

function measure(value: unknown, size: Size): void {
  size.elements += 1;
  if (typeof value === 'string') size.chars += value.length;
  else if (typeof value !== 'object' || value === null) size.chars += SCALAR_CHARS;
  else if (value instanceof Map) {
    for (const [key, member] of value as ReadonlyMap<unknown, unknown>) {
      size.chars += String(key).length;
      measure(member, size);
    }
  } else if (Array.isArray(value)) for (const member of value) measure(member, size);
}

/** Why the expression is not run on this, or null. */
export function tooMuch(shape: Shape, given: Readonly<Record<string, unknown>>): string | null {
  // Without loops and joins it passes once over what it is given.
  if (shape.loops === 0 && shape.joins === 0) return null;
  const size: Size = { elements: NODES_MAX, chars: TEXT_CHARS_MAX };
  for (const name in given) measure(given[name], size);
  const growth = (1 + shape.joins) ** (1 + shape.loops);
  const charsMade = (shape.replaces ? size.chars * size.chars : size.chars) * growth;
  if (charsMade > CHARS_MAX)
    return `its texts could grow to more than ${String(CHARS_MAX)} characters with this record`;
  if (shape.loops === 0) return null;
  const long = (shape.splits ? size.elements + size.chars : size.elements) * growth;
  if (shape.nodes * long ** shape.loopDepth > STEPS_MAX)
    return `it could take more than ${String(STEPS_MAX)} steps with this record`;
  return null;
}

/** How deep brackets stand in brackets, quoted text left out as far as a scan can tell. */
export function bracketDepth(text: string): number {
  let [depth, deepest, quote] = [0, 0, ''];
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index] ?? '';
    if (quote !== '') {
      if (sign === '\\') index += 1;
      else if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if ('([{'.includes(sign)) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (')]}'.includes(sign)) depth -= 1;
  }
  return deepest;
}
