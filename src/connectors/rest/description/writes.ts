/** How records are created, changed and deleted. */
import { z } from 'zod';

import { strict } from '../../../lib/yaml/strict.ts';
import { condition, place, pointer, requestKeys, slot } from './words.ts';

const putKeys = {
  at: pointer.default('').describe('Where in the body the fields go.'),
  id_at: slot.optional().describe('Where the id goes, where it does not stand in the path.'),
  if_version: slot
    .optional()
    .describe(
      'Where the version goes that the record must still have: {header: If-Match}. The system must refuse another.',
    ),
};

const manyShape = strict({
  ...requestKeys,
  list: pointer.describe('Where in the body the list of records goes.'),
  each: z.record(z.string(), z.json()).optional().describe('What every record of the list always holds.'),
  at: pointer.default('').describe('Where in a record of the list its fields go.'),
  id_at: pointer.optional().describe('Where in a record of the list its id goes.'),
  if_version: pointer.optional(),
  max: z.number().int().min(2).max(1_000),
  results: pointer.describe('Where in the answer the results stand.'),
  by: strict({ sent: pointer, answered: pointer })
    .optional()
    .describe('What tells whose result it is; without it, results come in the order of the records.'),
  ok: condition.optional().describe('How a result shows that it worked; without it, by having no error.'),
  error: strict({ code: pointer, message: pointer.optional(), field: pointer.optional() }).optional(),
  errors: strict({ list: pointer, id: pointer, code: pointer, message: pointer.optional() })
    .optional()
    .describe('Where refused records stand in a list of their own; id is what `by` compares.'),
  id: pointer.optional().describe('Where in a result the id of a new record stands.'),
});

const answerKeys = {
  record: pointer.default('').describe('Where in the answer the record stands.'),
  exact: z
    .boolean()
    .optional()
    .describe('The answer is the record exactly as this write left it, whoever else writes at the time.'),
};

const common = {
  ...requestKeys,
  ...putKeys,
  form: z.boolean().optional().describe('The body is a form with brackets, not JSON.'),
  key: slot.optional().describe('Where the key of the write goes, by which the system knows a repeated one.'),
  answer: strict(answerKeys).default({ record: '' }),
  many: manyShape.optional().describe('Several records in one request, with a result for each.'),
};

export const createShape = strict({
  ...common,
  id: place.optional().describe('Where the new id stands: a pointer into the record, or {header: Location}.'),
  identity: z
    .enum(['unique_key', 'search', 'none'])
    .describe(
      'How a record is found again whose answer was lost: by a key that the system keeps unique, by search, or not at all.',
    ),
});

export const updateShape = strict(common);
export const deleteShape = strict(common);

export type WriteShape = z.infer<typeof updateShape>;
export type CreateShape = z.infer<typeof createShape>;
export type ManyShape = z.infer<typeof manyShape>;
