/**
 * The shape of a sync file. The descriptions are the reference: editors show them, and `jsonSchema` publishes them.
 * What a shape cannot say (names that must exist, mappings that must round-trip) is said by the checks beside this file.
 */
import { z } from 'zod';

import { fieldShape } from './shape-field.ts';
import { fieldPolicy, name, fieldName, strict } from './shape-words.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'expected text, a number, true or false',
});
const scalarOrNull = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'expected text, a number, true, false or null',
});

const DATE_FORMAT =
  /^[^A-Za-z0-9]*(DD|MM|YYYY)[^A-Za-z0-9]*(DD|MM|YYYY)[^A-Za-z0-9]*(DD|MM|YYYY)[^A-Za-z0-9]*$/;

function isDateFormat(format: string): boolean {
  const parts = DATE_FORMAT.exec(format)?.slice(1);
  return parts !== undefined && new Set(parts).size === 3;
}

export const connectionShape = z
  .object({
    system: z.string().min(1).describe('The system it connects to: files, mysql, postgres, tryton.'),
  })
  .catchall(scalar)
  .describe(
    'One authorised account in a system. Its other keys are settings of the system; a secret stands as ${secret:NAME}.',
  );

const mapping = strict({
  field: z.string().min(1).describe('The field as this side calls it.'),
  direction: z
    .enum(['both', 'in', 'out'])
    .optional()
    .describe('`both` (default); `in`: this side only gives the value; `out`: it only receives it.'),
  values: z
    .record(z.string(), scalar)
    .optional()
    .describe(
      'What this side writes → what it means: {A: active, B: blocked}. Quote what is text there: "1".',
    ),
  otherwise: scalar
    .optional()
    .describe('What every value that is not in `values` means. Only with `direction: in`.'),
  minor_units: z
    .int()
    .min(0)
    .max(18)
    .optional()
    .describe('The side counts in the smallest unit: 2 for cents.'),
  unix: z.enum(['s', 'ms']).optional().describe('The side counts seconds or milliseconds since 1970.'),
  date_format: z
    .string()
    .refine(isDateFormat, {
      error: 'expected DD, MM and YYYY once each, with signs between, such as DD.MM.YYYY',
    })
    .optional()
    .describe('How the side spells a date, with DD, MM and YYYY: DD.MM.YYYY.'),
  separator: z
    .string()
    .min(1)
    .max(5)
    .optional()
    .describe('What stands between the elements of a set that the side keeps as one text.'),
  case: z.enum(['upper', 'lower']).optional().describe('The side keeps text in upper or lower case.'),
  prefix: z.string().min(1).max(50).optional().describe('What stands before the value at this side only.'),
  when_missing: scalar
    .optional()
    .describe('Written when a record is created here and there is no value for it.'),
});

export const mappingShape = z.union([z.string().min(1), mapping], {
  error: 'expected the name of a field of this side, or {field: NAME, …}',
});

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
}).describe('One collection that takes part.');

export const matchShape = z
  .union([z.string(), z.array(z.array(z.string()).min(1)).min(1)], {
    error: 'expected a field, or a list of rules that are each a list of fields',
  })
  .describe(
    'Which fields tell that records are the same thing: email, or [[email], [name, city]]. The first rule whose fields are all filled counts.',
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
}).describe('What happens when a record is deleted at a side.');

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
}).describe('One entity, kept in step between two or more sides.');

export const fileShape = strict({
  version: z.literal(1).describe('The version of this format: 1.'),
  connections: z.record(name, connectionShape).describe('Name → account.'),
  syncs: z.record(name, syncShape).describe('Name → sync.'),
}).describe('What Trueup keeps in step.');

export type MappingShape = z.infer<typeof mapping>;
export type ConditionShape = z.infer<typeof conditionShape>;
export type DeletesShape = z.infer<typeof deletesShape>;
export type GuardShape = z.infer<typeof guardShape>;
