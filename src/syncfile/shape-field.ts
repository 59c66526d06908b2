/** The types a field of an entity can have, and what each can say besides. */
import { z } from 'zod';

import { strict } from '../lib/yaml/strict.ts';
import { fieldOwner, fieldPolicy } from './shape-words.ts';

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
  trim: z.boolean().optional().describe('Whether outer blanks are left out (default false).'),
  empty_is_null: z
    .boolean()
    .optional()
    .describe('Whether empty text means that there is no value (default false: they are two things).'),
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

const email = strict({
  type: z.literal('email').describe('One e-mail address.'),
  ignore_case: z
    .boolean()
    .optional()
    .describe('Whether case does not count before the @ (default true; after it, it never does).'),
  ...common,
});

const twoLetters = z.string().regex(/^[A-Z]{2}$/, { error: 'expected two capitals of ISO 3166, such as DE' });

const phone = strict({
  type: z.literal('phone').describe('A telephone number, kept as +4930123456.'),
  region: twoLetters.optional().describe('The country of numbers that do not say theirs: DE.'),
  ...common,
});

const country = strict({
  type: z.literal('country').describe('A country, kept as its two letters.'),
  languages: z
    .array(z.string().regex(/^[a-z]{2}$/, { error: 'expected the two letters of a language, such as de' }))
    .min(1)
    .optional()
    .describe('The languages whose names for countries are read (default [en]).'),
  ...common,
});

const subdivision = strict({
  type: z
    .literal('subdivision')
    .describe('A state, province or canton of one country, kept as its code: CA.'),
  country: twoLetters.describe('The country: US.'),
  ...common,
});

const reference = strict({
  type: z
    .literal('reference')
    .describe('Another thing, which each side names by the id of its record there.'),
  to: z.string().describe('The sync that the other thing belongs to: accounts.'),
  many: z.boolean().optional().describe('Whether it names any number of them, in no order (default false).'),
  in_two_steps: z
    .boolean()
    .optional()
    .describe(
      'Whether a record is made without it and given it as soon as what it names exists there (default: only where references form a circle); otherwise the record waits.',
    ),
  ...common,
});

const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'expected three capitals of ISO 4217, such as EUR' });

const money = strict({
  type: z.literal('money').describe('An amount, as exact as its currency.'),
  currency: currencyCode
    .optional()
    .describe('The one currency of all amounts. Without it, each says its own: 12.50 EUR.'),
  ...common,
});

const url = strict({
  type: z.literal('url').describe('An address on the web.'),
  scheme: z.enum(['https', 'http']).optional().describe('What is meant where none is written: example.com.'),
  ...common,
});

export const TYPES = [
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
  'phone',
  'country',
  'subdivision',
  'currency',
  'money',
  'time_zone',
  'url',
  'html',
  'salesforce_id',
  'reference',
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
  email,
  plain('uuid', 'A UUID in any spelling.'),
  choice,
  set,
  plain('json', 'A structure that is kept whole.'),
  phone,
  country,
  subdivision,
  plain('currency', 'A currency by its three letters: EUR.'),
  money,
  plain('time_zone', 'A time zone: Europe/Berlin.'),
  url,
  plain('html', 'Text with markup; what shows the same is the same.'),
  plain('salesforce_id', 'The id of a Salesforce record; 15 and 18 characters are the same.'),
  reference,
]);

/** `note: text` is short for `note: {type: text}`. What needs more than its name cannot be short. */
export const fieldShape = z.union(
  [z.enum(TYPES).exclude(['choice', 'subdivision', 'reference']), typedField],
  {
    error: 'expected a type such as text, or {type: TYPE, …}',
  },
);

export type FieldShape = z.infer<typeof typedField>;
