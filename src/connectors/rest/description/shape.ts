/** The shape of a description: everything that one YAML file says of a system's HTTP API. */
import { z } from 'zod';

import { strict } from '../../../lib/yaml/strict.ts';
import { authShape, baseAddress, limitShape } from './auth.ts';
import { errorsShape } from './errors.ts';
import { changesShape, findShape, getShape, listShape, modifiedShape, versionShape } from './lists.ts';
import { webhooksShape } from './webhooks.ts';
import { condition, pointer, requestKeys, span } from './words.ts';
import { createShape, deleteShape, updateShape } from './writes.ts';

export const FIELD_TYPES = [
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
  'currency',
  'money',
  'timeZone',
  'url',
  'html',
] as const;

const type = z.enum(FIELD_TYPES);

const fieldKeys = strict({
  type,
  at: pointer.optional().describe('Where in the record it stands (default: under its own name).'),
  write_at: pointer.optional().describe('Where it goes in a write, where that is another place.'),
  as: z
    .enum(['text', 'number', 'epoch_ms', 'epoch_s', 'semicolons', 'commas'])
    .optional()
    .describe(
      'How the system spells it: numbers and yes or no as text, moments as numbers, sets as one text.',
    ),
  options: z.array(z.string()).min(1).optional().describe('Of a choice or a set.'),
  length_max: z.number().int().min(1).optional(),
  title: z.string().optional(),
  required: z.boolean().optional(),
  read_only: z.boolean().optional(),
  unique: z.boolean().optional().describe('The system refuses two records with one value.'),
  refers_to: z.array(z.string()).min(1).optional(),
});

const fieldShape = z.union([type, fieldKeys], { error: 'expected a type, or {type: TYPE, …}' });

const collectionShape = strict({
  title: z.string().optional(),
  id: pointer.describe('Where in a record its id stands.'),
  version: versionShape
    .optional()
    .describe('What is equal only while the record is: a version, an ETag. A time of whole seconds is none.'),
  modified: modifiedShape.optional().describe('When the record was changed last.'),
  deleted: condition.optional().describe('How a record shows that it is deleted, where it still comes.'),
  empty: z
    .enum(['null', 'text', 'omit'])
    .default('null')
    .describe('How an empty field is written: as null, as empty text, or not at all.'),
  read_lag: span.default(0).describe('How long after a write reads may still show what was before.'),
  fields: z.record(z.string().min(1), fieldShape),
  list: listShape,
  changes: changesShape.optional(),
  get: getShape,
  find: z
    .record(z.string(), findShape)
    .default({})
    .describe('By field, how records are found that have a value.'),
  create: createShape.optional(),
  update: updateShape.optional(),
  delete: deleteShape.optional(),
});

export const descriptionShape = strict({
  rest: z.literal(1).describe('The version of this format.'),
  title: z.string().min(1).max(80),
  base_url: baseAddress.describe('Paths start below it. {account} is the setting of that name.'),
  auth: authShape,
  headers: z.record(z.string(), z.string()).optional().describe('Sent with every request.'),
  probe: strict({ path: requestKeys.path, query: requestKeys.query })
    .optional()
    .describe('A request that shows that the account works; the first list when not said.'),
  timeout: span.default(15_000).describe('How long an answer may take (default 15s).'),
  execution_max: span
    .default(300_000)
    .describe('How long a request may still act after we gave up (default 5min).'),
  at_once: z.number().int().min(1).max(64).default(8).describe('Requests at once, at the most.'),
  limits: z.array(limitShape).default([]),
  errors: errorsShape.default({ find: [], table: [] }),
  webhooks: webhooksShape.optional().describe('How the system tells of changes by itself.'),
  collections: z.record(z.string().min(1), collectionShape),
});

export type Description = z.infer<typeof descriptionShape>;
export type CollectionShape = z.infer<typeof collectionShape>;
export type FieldShape = z.infer<typeof fieldKeys>;
