/** The types a field of an entity can have, and what each can say besides. */
import { z } from 'zod';

import { fieldOwner, fieldPolicy, strict } from './shape-words.ts';

const common = {
  required: z
    .boolean()
    .optional()
    .describe('Whether a record without it waits instead of being created elsewhere (default false).'),
  policy: fieldPolicy,
  owner: fieldOwner,
};

const options = z.array(z.string().min(1)).min(1);

function plain<Kind extends string>(
  kind: Kind,
  says: string,
): z.ZodObject<{ type: z.ZodLiteral<Kind> } & typeof common, z.core.$strict> {
  return strict({ type: z.literal(kind).describe(says), ...common });
}

const text = strict({
  type: z.literal('text').describe('Any text.'),
  max_length: z.int().min(1).max(1_000_000).optional().describe('The most characters it may have.'),
  ignore_case: z
    .boolean()
    .optional()
    .describe('Whether texts that differ only in case are the same (default false).'),
  ...common,
});

const decimal = strict({
  type: z.literal('decimal').describe('An exact number, of any size.'),
  scale: z.int().min(0).max(100).optional().describe('The most digits after the point.'),
  ...common,
});

const instant = strict({
  type: z.literal('instant').describe('A moment in time, the same everywhere.'),
  precision: z.enum(['ms', 's', 'min']).optional().describe('What counts as a difference (default ms).'),
  ...common,
});

const choice = strict({
  type: z.literal('choice').describe('One of a list of words.'),
  options: options.describe('The words.'),
  ...common,
});

const set = strict({
  type: z.literal('set').describe('Any number of words, in no order.'),
  options: options.optional().describe('The words it may hold (default any).'),
  ...common,
});

const TYPES = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'time',
  'instant',
  'email',
  'uuid',
  'choice',
  'set',
  'json',
] as const;

/** A field written out. */
export const typedField = z.discriminatedUnion('type', [
  text,
  plain('integer', 'A whole number, of any size.'),
  decimal,
  plain('boolean', 'True or false.'),
  plain('date', 'A day in the calendar, without a time.'),
  plain('time', 'A time of day, without a day.'),
  instant,
  plain('email', 'One e-mail address; case does not count.'),
  plain('uuid', 'A UUID in any spelling.'),
  choice,
  set,
  plain('json', 'A structure that is kept whole.'),
]);

/** `note: text` is short for `note: {type: text}`. A choice cannot be short: it needs its options. */
export const fieldShape = z.union([z.enum(TYPES).exclude(['choice']), typedField], {
  error: 'expected a type such as text, or {type: TYPE, …}',
});

export type FieldShape = z.infer<typeof typedField>;
