/** Values that a side does not hold as such: made of several of its fields while its records are read. */
import { unreachable } from '../lib/assert.ts';
import { compileExpression } from '../lib/cel/expression.ts';
import { keyOf } from './transforms/values.ts';
import { InvalidValue, type NativeValue } from './value.ts';

/** How a value is made from the fields of a record. Only of parts something leads back to the fields. */
export type Computation =
  /** A CEL expression in which fields go by their names. */
  | { readonly kind: 'expression'; readonly text: string }
  /** Text with fields in braces: `{FirstName} {LastName}`. */
  | { readonly kind: 'template'; readonly text: string }
  /** The fields that a template names, side by side; the mapping's steps join them, and split what is written. */
  | { readonly kind: 'parts'; readonly text: string };

/** A computation, ready to run. */
export interface Computed {
  /** The fields it reads. */
  readonly natives: readonly string[];
  /** Undefined where the record has none of the fields: then it says nothing. */
  readonly read: (natives: ReadonlyMap<string, NativeValue>) => NativeValue | InvalidValue | undefined;
}

/** Makes a computation runnable. One that cannot be compiled refuses every record by name; the checks have refused it. */
export function computedOf(computation: Computation): Computed {
  switch (computation.kind) {
    case 'expression':
      return expressionComputed(computation.text);
    case 'template':
      return templateComputed(computation.text);
    case 'parts':
      return partsComputed(computation.text);
    default:
      return unreachable(computation);
  }
}

function expressionComputed(text: string): Computed {
  const compiled = compileExpression(text);
  if (compiled.kind === 'bad') {
    const refusal = new InvalidValue('bad_expression', compiled.message);
    return { natives: [], read: () => refusal };
  }
  const { names } = compiled;
  return {
    natives: names,
    read: (natives) => {
      if (names.length > 0 && names.every((name) => natives.get(name) === undefined)) return undefined;
      const result = compiled.evaluate((name) => natives.get(name));
      if (result.kind === 'value') return result.value;
      return new InvalidValue('expression_failed', `the expression fails: ${result.reason}`);
    },
  };
}

const BRACES = /\{([^{}]+)\}/g;

/** The fields that a template names in braces. */
export function fieldsOfTemplate(text: string): readonly string[] {
  return [...new Set([...text.matchAll(BRACES)].map(([, name = '']) => name.trim()))];
}

/** A record that lacks one of the fields says nothing of the whole. */
function partsComputed(text: string): Computed {
  const names = fieldsOfTemplate(text);
  return {
    natives: names,
    read: (natives) => {
      if (names.some((name) => natives.get(name) === undefined)) return undefined;
      return Object.fromEntries(names.map((name) => [name, natives.get(name) ?? null]));
    },
  };
}

/** A missing part leaves no gap: without a first name, `{First} {Last}` is the last name alone. */
function templateComputed(text: string): Computed {
  const names = fieldsOfTemplate(text);
  return {
    natives: names,
    read: (natives) => {
      if (names.every((name) => natives.get(name) === undefined)) return undefined;
      let filled = 0;
      const joined = text.replaceAll(BRACES, (_, name: string) => {
        const part = keyOf(natives.get(name.trim()) ?? null) ?? '';
        if (part.trim() !== '') filled += 1;
        return part.trim();
      });
      return filled === 0 ? null : joined.replaceAll(/ {2,}/g, ' ').trim();
    },
  };
}

/** A filter ready to run: whether the record takes part, or why that cannot be told. */
export function filterOf(text: string): Computed & {
  readonly admits: (natives: ReadonlyMap<string, NativeValue>) => boolean | InvalidValue;
} {
  const computed = expressionComputed(text);
  return {
    ...computed,
    admits: (natives) => {
      const verdict = computed.read(natives);
      if (typeof verdict === 'boolean' || verdict instanceof InvalidValue) return verdict;
      if (verdict === undefined) return false;
      return new InvalidValue('not_boolean', 'the filter gives neither true nor false');
    },
  };
}
