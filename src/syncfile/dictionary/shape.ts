/** The shape of a data dictionary: what the fields of an entity mean, whose they are, and which values they may have. */
import { z } from 'zod';

import { strict } from '../../lib/yaml/strict.ts';
import { TYPES } from '../shape-field.ts';
import { scalar } from '../shape-mapping.ts';
import { fieldName, name } from '../shape-words.ts';

const onViolation = z
  .enum(['flag', 'hold', 'correct'])
  .optional()
  .describe(
    'What becomes of a value that breaks a rule: it is taken and told of (`flag`), waits for a person (`hold`, default), or the side gets back what stood before (`correct`).',
  );

const rule = strict({
  must: z
    .string()
    .min(1)
    .describe(
      'In CEL, over the fields of the entity by their names: what must be true. A field’s own value is `value`.',
    ),
  says: z
    .string()
    .min(1)
    .max(300)
    .describe('The rule as a sentence for the people who hear that it is broken.'),
  on_violation: onViolation,
});

const allowed = z.union(
  [
    z.string(),
    strict({
      meaning: z.string().min(1).describe('What the value means.'),
      at: z
        .record(name, scalar)
        .optional()
        .describe('How sides spell it, where they spell it otherwise: {erp: B}.'),
    }),
  ],
  { error: 'expected what the value means, or {meaning: …, at: {SIDE: VALUE}}' },
);

const bound = z.union([z.string(), z.number()], { error: 'expected a number, a date or a moment' });

export const fieldEntryShape = strict({
  title: z.string().min(1).max(200).optional().describe('What people call it.'),
  meaning: z.string().max(2_000).optional().describe('What it means, in a sentence or two.'),
  type: z.enum(TYPES).describe('The type, as in the sync file.'),
  owner: name.optional().describe('The side that is the system of record.'),
  required: z.boolean().optional().describe('Whether it must have a value (default false).'),
  sensitivity: z
    .enum(['public', 'internal', 'confidential', 'personal'])
    .optional()
    .describe('How carefully it is to be treated; `personal` is what the law calls personal data.'),
  max_length: z.int().min(1).max(1_000_000).optional().describe('The most characters it may have.'),
  min: bound.optional().describe('The least number, the first day or moment.'),
  max: bound.optional().describe('The greatest number, the last day or moment.'),
  scale: z.int().min(0).max(100).optional().describe('The most digits after the point of a decimal.'),
  country: z.string().optional().describe('The country of a subdivision.'),
  currency: z.string().optional().describe('The one currency of money.'),
  to: name.optional().describe('The sync whose things a reference names.'),
  many: z.boolean().optional().describe('Whether a reference names any number of them.'),
  format: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('How it looks: # a digit, @ a letter, ? any character, * any number of them: C-#####.'),
  values: z
    .record(z.string(), allowed)
    .optional()
    .describe('The values it may have, each with what it means.'),
  examples: z
    .array(scalar)
    .max(20)
    .optional()
    .describe('Values that it may have. They are tried against the rules.'),
  rules: z.array(rule).max(50).optional().describe('What else its value must be.'),
  on_violation: onViolation,
}).describe('One field.');

const entityShape = strict({
  meaning: z.string().max(2_000).optional().describe('What one of these is.'),
  fields: z.record(fieldName, fieldEntryShape).describe('The fields: name → entry.'),
  rules: z.array(rule).max(50).optional().describe('What must be true of a record as a whole.'),
  on_violation: onViolation,
}).describe('One kind of business thing.');

export const dictionaryShape = strict({
  version: z.literal(1).describe('The version of this format: 1.'),
  entities: z
    .record(z.string().min(1).max(100), entityShape)
    .describe('Entity, as sync files call it → its fields.'),
}).describe('What the data means, who owns it, and which values are good.');

export type FieldEntry = z.infer<typeof fieldEntryShape>;
export type EntityEntry = z.infer<typeof entityShape>;
export type RuleEntry = z.infer<typeof rule>;
