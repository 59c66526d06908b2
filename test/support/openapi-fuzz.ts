/** Requests made up from an OpenAPI document: mostly as it wants them, often a little wrong, sometimes hostile. */
import type { Random } from '../../src/lib/random.ts';

interface Schema extends Partial<Readonly<Record<'items', Schema>>> {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface MadeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const HOSTILE: readonly string[] = [
  '',
  ' ',
  '\u0000',
  "'; drop table accounts; --",
  '" or 1=1',
  '../../etc/passwd',
  '%2e%2e%2f',
  '{{7*7}}${7*7}',
  '=cmd|calc',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  '\uD800',
  '𝕏é\u0301\u202E',
  '-1',
  '0',
  '1e400',
  '9007199254740993',
  'NaN',
  'null',
  '[]',
  '{}',
  '00000000-0000-0000-0000-000000000000',
  '%',
  '_',
  '\\',
  '2026-13-45T99:99:99Z',
  'a'.repeat(600),
  '(a+)+$',
  '1, 2',
];

/** Chance, as the parts of a request are made of it. */
interface Dice {
  readonly pick: <T>(from: readonly T[]) => T;
  readonly chance: (share: number) => boolean;
  readonly below: (limit: number) => number;
  /** A name that is really there, or something hostile. */
  readonly word: () => string;
}

function diceOf(random: Random, known: readonly string[]): Dice {
  const below = (limit: number): number => Math.floor(random.fraction() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const chance = (share: number): boolean => random.fraction() < share;
  return { pick, chance, below, word: () => (chance(0.5) ? pick(known) : pick(HOSTILE)) };
}

/** A value that fits the schema, mostly. */
function valueMaker(document: OpenApi, dice: Dice): (schema: Schema, depth: number) => unknown {
  const { pick, chance, below, word } = dice;
  const value = (schema: Schema, depth: number): unknown => {
    if (chance(0.08))
      return pick<unknown>([null, true, [], {}, 0, -1, 1e308, word(), [[word()]], { a: { b: word() } }]);
    if (depth > 6) return null;
    if (schema.$ref !== undefined)
      return value(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, depth + 1);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return value(pick(choices), depth + 1);
    if (schema.enum !== undefined) return chance(0.9) ? pick(schema.enum) : word();
    const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? { [word()]: {} })
            .filter(() => chance(0.9))
            .map(([name, member]) => [name, value(member, depth + 1)]),
        );
      case 'array':
        return Array.from({ length: below(4) }, () => value(schema.items ?? {}, depth + 1));
      case 'integer':
      case 'number':
        return chance(0.8) ? below(100) + (schema.minimum ?? 0) : pick([-1, 1e18, 0.5, schema.maximum ?? 7]);
      case 'boolean':
        return chance(0.5);
      default:
        return schema.format === 'email' ? `${String(below(1e6))}@example.com` : word();
    }
  };

  return value;
}

/** `known`: names and ids that are really there, by which requests get further than the door. */
export function requestMaker(document: OpenApi, random: Random, known: readonly string[]): () => MadeRequest {
  const dice = diceOf(random, known);
  const { pick, chance, below, word } = dice;
  const value = valueMaker(document, dice);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

  const body = (operation: Operation): string | null => {
    const schema = operation.requestBody?.content['application/json']?.schema;
    if (schema === undefined) return null;
    if (chance(0.05)) return pick(['', '{', 'null', '[]', '"', '\u0000', '{"a":1,"a":2}', '['.repeat(5_000)]);
    return JSON.stringify(value(schema, 0)) ?? '';
  };

  return () => {
    const { path, method, operation } = pick(operations);
    const parameters = operation.parameters ?? [];
    const filled = path.replaceAll(/\{(\w+)\}/g, () => encodeURIComponent(word().toWellFormed()));
    const query = new URLSearchParams();
    for (const { name, in: place, schema = {} } of parameters)
      if (place === 'query' && chance(0.6)) query.append(name, String(value(schema, 0)));
    if (chance(0.03)) query.append(word(), word());
    const key: Readonly<Record<string, string>> = chance(0.1)
      ? { 'idempotency-key': `k${String(below(20))}` }
      : {};
    const content: Readonly<Record<string, string>> = chance(0.97)
      ? { 'content-type': 'application/json' }
      : {};
    const text = query.toString();
    return {
      method: method.toUpperCase(),
      path: text === '' ? filled : `${filled}?${text}`,
      headers: { ...key, ...content },
      body: method === 'get' ? null : body(operation),
    };
  };
}
