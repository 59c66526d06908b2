/** Shapes that many answers are made of. */
import { z } from '@hono/zod-openapi';

import type { Json } from '../../lib/json.ts';
import type { StoredFailure } from '../../store/contract.ts';

export const Instant = z.string().openapi({ format: 'date-time', example: '2026-01-31T09:30:00.000Z' });

/** Milliseconds of the store's clock as the API gives them; null means never. */
export function at(ms: number): string;
export function at(ms: number | null): string | null;
export function at(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

export const Failure = z
  .object({
    kind: z.string(),
    code: z.string(),
    message: z.string(),
    field: z.string().nullable(),
    advice: z.string().nullable(),
  })
  .openapi('Failure');

export function failureOf(failure: StoredFailure | null): z.infer<typeof Failure> | null {
  if (failure === null) return null;
  const { kind, code, message, field, advice } = failure;
  return { kind, code, message, field: field ?? null, advice: advice ?? null };
}

/** A canonical value: text, true or false, a list of texts, or null for "empty on purpose". */
export const Value = z
  .union([z.null(), z.boolean(), z.string(), z.array(z.string()).readonly()])
  .openapi('Value');

export const Values = z.record(z.string(), Value);

/** Any JSON: `z.json()` refers to itself without a name, which a document cannot say. */
export const AnyJson = z.unknown() as unknown as z.ZodType<Json>;

export function list<Element extends z.ZodType>(element: Element): z.ZodReadonly<z.ZodArray<Element>> {
  return z.array(element).readonly();
}

/** A page of a list; `next` is the cursor of the following one. */
export function page<Element extends z.ZodType>(
  element: Element,
): z.ZodObject<
  Record<'items', z.ZodReadonly<z.ZodArray<Element>>> & { readonly next: z.ZodNullable<z.ZodString> }
> {
  return z.object({ items: list(element), next: z.string().nullable() });
}

type JsonAnswer<Body> = {
  readonly description: string;
  readonly content: { readonly 'application/json': { readonly schema: Body } };
};

/** An entry of a route's `responses`: one JSON document. Problems are added to the document for all routes. */
export function json<Body extends z.ZodType>(schema: Body, description: string): JsonAnswer<Body> {
  return { description, content: { 'application/json': { schema } } };
}

export const NO_CONTENT = { 204: { description: 'Done' } } as const;

/** The body of a request that is one JSON document. */
export function takes<Body extends z.ZodType>(
  schema: Body,
): { readonly required: true; readonly content: { 'application/json': { schema: Body } } } {
  return { required: true, content: { 'application/json': { schema } } };
}

/** A name as it stands in an address. */
export const NAME_LENGTH_MAX = 500;
export const NameParam = z.object({ name: z.string().min(1).max(NAME_LENGTH_MAX) });
