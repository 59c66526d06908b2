/** What the parts of a description have in common: places in documents, spans of time, slots of requests. */
import { z } from 'zod';

import { isPointer } from '../../../lib/pointer.ts';
import { strict } from '../../../lib/yaml/strict.ts';

const POINTER_RULE = 'expected a JSON pointer, such as /data/0/id; an empty text is the whole document';
const SPAN_RULE = 'expected a span of time: digits and ms, s, min, h or d, such as 90s';
const UNITS_MS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'expected text, a number, true, false or null',
});

export const pointer = z.string().refine(isPointer, { error: POINTER_RULE });

/** In milliseconds once it is read. */
export const span = z
  .string()
  .regex(/^\d{1,9}(?:ms|s|min|h|d)$/, { error: SPAN_RULE })
  .transform(spanMs);

/** Where in an answer a value stands. */
export const place = z
  .union([pointer, strict({ header: z.string().min(1).describe('A header of the answer.') })], {
    error: 'expected a JSON pointer into the answer, or {header: NAME}',
  })
  .describe('A JSON pointer into the body of the answer, or {header: NAME}.');

/** How a value within a text of the system's own language is kept from ending that text. */
const escape = z.enum(['doubled', 'backslash', 'none']);

const text = z
  .string()
  .refine((template) => template.includes('{}'), { error: 'expected {} where the value goes' })
  .optional()
  .describe("What surrounds the value, which goes where {} stands: updated_at:>='{}'.");

/** Some systems know ids only as numbers, and nothing tells them from texts of digits. */
export const asNumber = z
  .literal('number')
  .optional()
  .describe('A value that is a number goes as one: ids of GraphQL and JSON-RPC.');

const slotKinds = z.union(
  [
    z.string().min(1),
    strict({ query: z.string().min(1), text, escape: escape.optional() }),
    strict({ header: z.string().min(1), text, escape: escape.optional() }),
    strict({ body: pointer, text, escape: escape.optional(), as: asNumber }),
  ],
  { error: 'expected the name of a query parameter, or {query: NAME}, {header: NAME} or {body: POINTER}' },
);

/** Where in a request a value goes. */
export const slot = slotKinds
  .refine(
    (given) => typeof given === 'string' || !/['"]/.test(given.text ?? '') || given.escape !== undefined,
    {
      error:
        'say how a quote within the value is written: escape: doubled (two of them), backslash, or none where none can come',
    },
  )
  .describe('A query parameter by its name, or {query: NAME}, {header: NAME} or {body: POINTER}.');

/** A condition on an answer or record. */
export const condition = strict({
  at: pointer,
  is: scalar.optional().describe('It holds this value.'),
  is_not: scalar.optional().describe('It holds another value than this one.'),
  present: z.boolean().optional().describe('It is there and not null (true), or missing or null (false).'),
}).refine(
  ({ is, is_not: isNot, present }) => [is, isNot, present].filter((one) => one !== undefined).length === 1,
  {
    error: 'say one of is, is_not and present',
  },
);

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The keys of every request. */
export const requestKeys = {
  path: z
    .string()
    .regex(/^\/[^?#]*$/, { error: 'expected a path that begins with / and has no ? and no #' })
    .describe('Below base_url. {id} and {account} are filled in, each as one step of the path.'),
  method: z.enum(METHODS).optional(),
  query: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .optional()
    .describe('Parameters that are always sent. {fields} stands for the fields asked for, with commas.'),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.record(z.string(), z.json()).optional().describe('What the body always holds.'),
};

export type Place = z.infer<typeof place>;
export type Slot = z.infer<typeof slot>;
export type Condition = z.infer<typeof condition>;

const requestShape = strict(requestKeys);
/** A request as a description says it. */
export type RequestShape = z.infer<typeof requestShape>;

function spanMs(text_: string): number {
  const [, digits = '0', unit = 'ms'] = /^(\d+)([a-z]+)$/.exec(text_) ?? [];
  return Number(digits) * UNITS_MS[unit as keyof typeof UNITS_MS];
}
