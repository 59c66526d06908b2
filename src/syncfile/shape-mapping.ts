/** What a mapping can say: what the field is called at a side, how it is spelled there, and which way it goes. */
import { z } from 'zod';

import { isDateFormat, isDateTimeFormat } from '../engine/transforms/clock-pattern.ts';
import { numberFormatOf } from '../engine/transforms/numbers.ts';
import { strict } from '../lib/yaml/strict.ts';

export const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'expected text, a number, true or false',
});

const localTime = strict({
  zone: z.string().min(1).describe('The time zone of the clocks: Europe/Berlin.'),
  format: z
    .string()
    .refine(isDateTimeFormat, {
      error:
        'expected YYYY, MM, DD, HH and mm once each, with ss and SSS or hh and A as needed, such as YYYY-MM-DD HH:mm:ss',
    })
    .optional()
    .describe('How date and time are spelled (default YYYY-MM-DD HH:mm:ss); hh and A for twelve hours.'),
  twice: z
    .enum(['earlier', 'later'])
    .optional()
    .describe('Which moment is meant in the hour that clocks show twice (default: neither, it is refused).'),
});

const part = strict({
  separator: z.string().min(1).max(5).describe('What stands between the parts.'),
  take: z.enum(['first', 'rest', 'last']).describe('Which part is meant; `rest` is all but the first.'),
});

const numberSteps = {
  minor_units: z
    .int()
    .min(0)
    .max(18)
    .optional()
    .describe('The side counts in the smallest unit: 2 for cents.'),
  number_format: z
    .string()
    .refine((sample) => numberFormatOf(sample) !== null, {
      error: 'expected the number 1234 as the side spells it, such as 1.234,56 €',
    })
    .optional()
    .describe('How the side spells the number 1234, decimals and signs included: "1.234,56 €", "$1,234.56".'),
  percent: z
    .enum(['sign', 'fraction'])
    .optional()
    .describe('12.5 stands there as "12.5%" (sign) or as 0.125 (fraction).'),
  round: z
    .int()
    .min(0)
    .max(18)
    .optional()
    .describe('Written with at most so many decimals, half away from zero. Only with `direction: out`.'),
};

const timeSteps = {
  unix: z.enum(['s', 'ms']).optional().describe('The side counts seconds or milliseconds since 1970.'),
  date_format: z
    .string()
    .refine(isDateFormat, {
      error: 'expected DD, MM and YYYY once each, with signs between, such as DD.MM.YYYY',
    })
    .optional()
    .describe('How the side spells a date, with D or DD, M or MM, and YYYY: DD.MM.YYYY, M/D/YYYY.'),
  local_time: localTime
    .optional()
    .describe('The side keeps date and time as its clocks show them, without a zone.'),
};

const textSteps = {
  separator: z
    .string()
    .min(1)
    .max(5)
    .optional()
    .describe('What stands between the elements of a set that the side keeps as one text.'),
  case: z.enum(['upper', 'lower']).optional().describe('The side keeps text in upper or lower case.'),
  prefix: z.string().min(1).max(50).optional().describe('What stands before the value at this side only.'),
  trim: z.boolean().optional().describe('Outer blanks are not read.'),
  max_length: z.int().min(1).max(1_000_000).optional().describe('The longest text the side keeps.'),
  count: z
    .enum(['characters', 'utf16', 'bytes'])
    .optional()
    .describe('What `max_length` counts: characters (default), UTF-16 units, or bytes of UTF-8.'),
  too_long: z
    .enum(['refuse', 'cut'])
    .optional()
    .describe(
      'A longer text waits for a person (`refuse`, default), or is cut, which only a side that receives may do.',
    ),
  part: part.optional().describe('The value is one part of the text. Only with `direction: in`.'),
};

const mapping = strict({
  field: z.string().min(1).optional().describe('The field as this side calls it.'),
  direction: z
    .enum(['both', 'in', 'out'])
    .optional()
    .describe('`both` (default); `in`: this side only gives the value; `out`: it only receives it.'),
  write: z
    .enum(['always', 'if_empty', 'never'])
    .optional()
    .describe('When the side is written to: `always` (default), only while it has no value, or `never`.'),
  values: z
    .record(z.string(), scalar)
    .optional()
    .describe(
      'What this side writes → what it means: {A: active, B: blocked}. Quote what is text there: "1".',
    ),
  otherwise: scalar
    .optional()
    .describe(
      'What every value that is not in `values` means (`direction: in`), or is written as (`direction: out`).',
    ),
  as: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The spelling there. Phone: international, national, digits; country: alpha3, numeric, name:de; subdivision: name, iso; salesforce_id: id15.',
    ),
  ...numberSteps,
  ...timeSteps,
  ...textSteps,
  null_as: scalar.optional().describe('The word of this side for "no value": n/a.'),
  default: scalar.optional().describe('What no value is read as. Only with `direction: in`.'),
  template: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'The text that several fields make: "{First} {Last}". With `direction: in` it is only read; with `out` a text around {value}.',
    ),
  rest: z
    .string()
    .optional()
    .describe(
      'With a `template` that goes both ways: the field that may hold what stands between the others.',
    ),
  alone: z
    .string()
    .optional()
    .describe(
      'With a `template` that goes both ways: the field that a text belongs to which has nothing of what stands between.',
    ),
  expression: z
    .string()
    .min(1)
    .optional()
    .describe('In CEL: with `direction: in` of the fields of this side, with `out` of `value`.'),
  refers_to: z
    .string()
    .optional()
    .describe(
      'Of a reference: the side of the other sync whose records this one names (default: the like-named side on the same connection, or the only one there).',
    ),
  refers_by: z
    .string()
    .optional()
    .describe(
      'Of a reference: the field of the other entity by whose value this side names it, instead of by record ids: number.',
    ),
  when_missing: scalar
    .optional()
    .describe('Written when a record is created here and there is no value for it.'),
});

export const mappingShape = z.union([z.string().min(1), mapping], {
  error: 'expected the name of a field of this side, or {field: NAME, …}',
});

export type MappingShape = z.infer<typeof mapping>;
