/** What an edited sync would change, as the API tells it; every list is short, and says its sums beside a few examples. */
import { z } from '@hono/zod-openapi';

import { AnyJson, Instant, list, Value } from './common.ts';

const Place = { side: z.string(), records: z.int() };

const Keys = z
  .object({
    things: z.int().openapi({ description: 'How many were looked at by the edited keys' }),
    isWhole: z.boolean().openapi({ description: 'That was every one; otherwise the time was over' }),
    linked: z.int().openapi({ description: 'Things that would be one with another' }),
    asked: z.int().openapi({ description: 'The same, and a person would be asked: some side has both' }),
    apart: z.int().openapi({
      description: 'Records linked since the moment that is asked about, which would not have been',
    }),
    pairs: list(z.string()),
    apartExamples: list(z.string()),
  })
  .openapi('WhatIfKeys');

const Judged = z
  .object({
    broken: list(
      z.object({
        side: z.string(),
        field: z.string(),
        onViolation: z.enum(['flag', 'hold', 'correct']),
        says: z.string(),
        values: z.int(),
        examples: list(z.string()),
      }),
    ).openapi({ description: 'Values that break a rule which is new or says something else' }),
    freed: list(z.object({ place: z.string(), values: z.int() })).openapi({
      description: 'Values that a rule kept out, and no rule would',
    }),
    leaving: list(z.object({ ...Place, examples: list(z.string()) })).openapi({
      description: 'Records that would have taken no part',
    }),
    untold: list(z.object({ what: z.string(), number: z.int() })).openapi({
      description: 'What the journal does not hold enough of to tell',
    }),
    unseen: list(z.string()).openapi({
      description: 'Sides with another condition: what took no part there is not in the journal',
    }),
  })
  .openapi('WhatIfJudged');

const Past = z
  .object({
    from: Instant.openapi({ description: 'Where the journal was begun to be read' }),
    entries: z.int(),
    isWhole: z.boolean().openapi({ description: 'Up to its end; otherwise the time was over' }),
    differences: z.int().openapi({ description: 'Values that would have been others' }),
    counts: list(
      z.object({
        side: z.string(),
        native: z.string(),
        way: z.enum(['read', 'written']),
        others: z.int().openapi({ description: 'Would have been another value' }),
        none: z.int().openapi({ description: 'Would not have been read, or written, at all' }),
        reason: z.string().nullable(),
      }),
    ),
    examples: list(
      z.object({
        at: Instant,
        side: z.string(),
        record: z.string().nullable(),
        native: z.string(),
        way: z.enum(['read', 'written']),
        was: AnyJson.optional().openapi({ description: 'Missing where there was no value' }),
        would: AnyJson.optional().openapi({ description: 'Missing where there would be no value' }),
        reason: z.string().nullable(),
      }),
    ),
    untold: list(z.object({ place: z.string(), values: z.int() })).openapi({
      description: 'Values of which the journal does not hold what stood there',
    }),
    rulings: list(
      z.object({
        field: z.string(),
        otherWins: z.int().openapi({ description: 'Conflicts that would have gone the other way' }),
        asked: z.int().openapi({ description: 'Of which a person would have been asked' }),
        byItself: z.int().openapi({ description: 'Asked of a person, and would have been decided' }),
        refused: z
          .int()
          .openapi({ description: 'Edits that would have been put back: another side owns it' }),
        untold: z.int().openapi({ description: 'They go by what was not recorded' }),
      }),
    ),
    rulingExamples: list(
      z.object({
        at: Instant,
        record: z.string(),
        field: z.string(),
        was: Value,
        would: Value.optional().openapi({ description: 'Missing where a person would have been asked' }),
      }),
    ),
    judged: Judged.openapi({ description: 'By edited rules of the data dictionary and edited conditions' }),
  })
  .openapi('WhatIfPast');

const Edit = z.object({
  tried: z.int(),
  total: z.int().openapi({ description: 'Of how many things those that were tried are a sample' }),
  changed: z.int(),
  admitted: list(z.string()).openapi({ description: 'Mappings that are new or say something else' }),
  writes: list(
    z.object({
      ...Place,
      kind: z.enum(['create', 'update', 'delete']),
      fields: list(z.object({ field: z.string(), records: z.int() })),
      examples: list(
        z.object({
          record: z.string().nullable().openapi({ description: 'Null for one that would be new' }),
          changes: list(z.object({ field: z.string(), before: AnyJson.optional(), after: AnyJson })),
        }),
      ),
    }),
  ),
  problems: list(z.object({ ...Place, field: z.string(), reason: z.string(), examples: list(z.string()) })),
  holds: list(z.object({ what: z.string(), records: z.int() })),
  excluded: list(z.object(Place)).openapi({ description: 'Would take no part any more' }),
  joining: list(z.object(Place)).openapi({ description: 'Would take part' }),
  calls: list(z.object({ side: z.string(), calls: z.int() })),
  keys: Keys.nullable().openapi({ description: 'Null where the match keys are as they were' }),
  past: Past.nullable().openapi({ description: 'Null where the past was not asked about' }),
});

export const SyncWhatIf = z
  .object({
    sync: z.string(),
    kind: z
      .enum(['new', 'same', 'edited'])
      .openapi({ description: 'Against the stored one of its name; only what was edited can be tried' }),
    edit: Edit.nullable(),
  })
  .openapi('SyncWhatIf');
