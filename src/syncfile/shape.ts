/**
 * The shape of a sync file. The descriptions are the reference: editors show them, and `jsonSchema` publishes them.
 * What a shape cannot say (names that must exist, mappings that must round-trip) is said by the checks beside this file.
 */
import { z } from 'zod';

import { TOLD } from '../engine/model.ts';
import { strict } from '../lib/yaml/strict.ts';
import { fieldShape } from './shape-field.ts';
import { mappingShape, scalar } from './shape-mapping.ts';
import { fieldPolicy, name, fieldName } from './shape-words.ts';

const scalarOrNull = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'expected text, a number, true, false or null',
});

export const connectionShape = z
  .object({
    system: z.string().min(1).describe('The system it connects to: files, mysql, postgres, tryton.'),
  })
  .catchall(scalar)
  .describe(
    'One authorised account in a system. Its other keys are settings of the system; a secret stands as ${secret:NAME}.',
  );

export const conditionShape = strict({
  field: z.string().min(1).describe('A field as this side calls it.'),
  is: scalarOrNull.optional().describe('Takes part when the field holds this value; null: when it is empty.'),
  is_not: scalarOrNull.optional().describe('Takes part when the field does not hold this value.'),
  in: z
    .array(scalarOrNull)
    .min(1)
    .optional()
    .describe('Takes part when the field holds one of these values.'),
  not_in: z
    .array(scalarOrNull)
    .min(1)
    .optional()
    .describe('Takes part when the field holds none of these values.'),
}).describe('One of is, is_not, in and not_in. Records that do not meet every condition are left alone.');

export const sideShape = strict({
  connection: z.string().describe('One of the connections above.'),
  collection: z
    .string()
    .min(1)
    .describe('The table, sheet, model or resource: public.customer, customers.csv.'),
  fields: z
    .record(fieldName, mappingShape)
    .describe(
      'Field of the entity → field of this side, or {field: NAME, …} where the two are spelled differently.',
    ),
  creates: z.boolean().optional().describe('Whether Trueup may create records here (default true).'),
  deletes: z.boolean().optional().describe('Whether Trueup may delete records here (default false).'),
  where: z.array(conditionShape).optional().describe('Which records take part (default all).'),
  filter: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The same in CEL: the fields of this side go by their names, and true means that a record takes part.',
    ),
}).describe('One collection that takes part.');

export const matchShape = z
  .union([z.string(), z.array(z.array(z.string()).min(1)).min(1)], {
    error: 'expected a field, or a list of rules that are each a list of fields',
  })
  .describe(
    'Which fields tell that records are the same thing: email, or [[email], [name, city]]. Every rule whose fields are all filled counts; rules that lead to different things are a question to a person.',
  );

export const defaultsShape = strict({
  policy: fieldPolicy,
}).describe('What holds for every field that does not say otherwise.');

export const deletesShape = strict({
  mode: z
    .enum(['hold', 'propagate', 'ignore'])
    .optional()
    .describe('What a delete does: wait for a person (`hold`, default), delete elsewhere too, or nothing.'),
  from: z.array(z.string()).min(1).optional().describe('The sides whose deletes count (default all).'),
  against_edit: z
    .enum(['hold', 'edit_wins', 'delete_wins'])
    .optional()
    .describe('When one side deleted what another edited (default hold).'),
  merged: z
    .enum(['follow', 'hold'])
    .optional()
    .describe(
      'When a record was merged into another in its system: its other records follow, and a person is asked where both have one (`follow`, default), or of every one (`hold`).',
    ),
}).describe('What happens when a record is deleted at a side.');

export const announceShape = strict({
  connection: z.string().describe('One of the connections above.'),
  collection: z.string().min(1).describe('What takes the messages: Customer_Changed__e.'),
  fields: z
    .record(z.string().min(1), z.string())
    .optional()
    .describe('Field of the message → field of the entity, as it stands when the message leaves.'),
  about: z
    .record(z.string().min(1), z.enum(TOLD))
    .optional()
    .describe(
      'Field of the message → what is said of the change: id (the same whenever a message is repeated), entity, change (create, update, delete), side, record, fields, at.',
    ),
}).describe('A message for each change that was delivered to a side; told at least once.');

const share = z.number().min(0).max(1);

export const guardShape = strict({
  deletes_max: z
    .int()
    .min(0)
    .optional()
    .describe('Deletes per side and hour before a person must approve (default 50).'),
  deletes_share_max: share.optional().describe('The same as a share of all records there (default 0.05).'),
  changes_share_max: share
    .optional()
    .describe('Updates per side and hour, as a share of all records there (default 0.3).'),
}).describe('Limits that turn a flood of writes into a question to a person.');

const HOURS = ['1h', '2h', '3h', '4h', '6h', '8h', '12h'] as const;
export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

export const reconcileShape = strict({
  every: z.enum([...HOURS, 'day', 'week']).describe('How often: 1h, 2h, 3h, 4h, 6h, 8h, 12h, day or week.'),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of the day such as "02:30"' })
    .optional()
    .describe('When, in UTC (default "02:30").'),
  on: z.enum(WEEKDAYS).optional().describe('For every: week, the day (default sunday).'),
  budget: strict({
    share: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe('The share of what the system allows that it may take (default 0.1).'),
    records: z
      .int()
      .min(100)
      .optional()
      .describe('How many records of a side it may read at a time (default as many as the share allows).'),
  })
    .optional()
    .describe('What a reconciliation may take; a side that digests its records itself takes none of it.'),
  beyond_budget: z
    .enum(['sample', 'spread'])
    .optional()
    .describe(
      'When a side cannot be read whole within the budget: draw records by lot, which says how much can differ at most (`sample`, default), or go on the next day until all are read (`spread`).',
    ),
  sample: z
    .int()
    .min(100)
    .max(100_000)
    .optional()
    .describe('How many records are drawn (default 4000: if none differs, fewer than 0.075 % do).'),
})
  .refine(({ every, on }) => on === undefined || every === 'week', {
    error: '`on` goes with every: week',
    path: ['on'],
  })
  .describe('When the sides are compared with what should stand there, and with how many requests.');

export const syncShape = strict({
  entity: z.string().min(1).max(100).describe('What is kept in step, in the singular: Customer.'),
  fields: z
    .record(fieldName, fieldShape)
    .describe('The fields of the entity: name → type, or {type: TYPE, …}.'),
  match: matchShape,
  sides: z.record(name, sideShape).describe('The collections that take part, two or more.'),
  defaults: defaultsShape.optional(),
  deletes: deletesShape.optional(),
  guard: guardShape.optional(),
  reconcile: reconcileShape.optional(),
  announce: z
    .record(name, announceShape)
    .optional()
    .describe('Name → where each delivered change is announced (default nowhere).'),
}).describe('One entity, kept in step between two or more sides.');

export const fileShape = strict({
  version: z.literal(1).describe('The version of this format: 1.'),
  dictionary: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe(
      'The data dictionary beside this file: dictionary.yaml. It says what the fields mean and which values are good.',
    ),
  connections: z.record(name, connectionShape).describe('Name → account.'),
  syncs: z.record(name, syncShape).describe('Name → sync.'),
}).describe('What Trueup keeps in step.');

export type ConditionShape = z.infer<typeof conditionShape>;
export type DeletesShape = z.infer<typeof deletesShape>;
export type GuardShape = z.infer<typeof guardShape>;
export type ReconcileShape = z.infer<typeof reconcileShape>;
export type AnnounceShape = z.infer<typeof announceShape>;
