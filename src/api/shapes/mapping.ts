/** One mapping as the sync file says it, and what came of trying it. */
import { z } from '@hono/zod-openapi';

import { AnyJson, list } from './common.ts';

const KEYS_MAX = 64;

export const FileTag = z.string().max(64).openapi({
  description: 'Tells this text from any other; to be named as `over` when an edit of it is saved',
});

export const FileErrorShape = z.object({
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
  fix: z.string().nullable(),
});

/** Its keys are those of the sync file; whether they fit is said with the place, as for the whole file. */
export const SaidMapping = z
  .record(z.string(), AnyJson)
  .refine((said) => Object.keys(said).length <= KEYS_MAX, { error: `at most ${String(KEYS_MAX)} keys` })
  .openapi('SaidMapping', { example: { field: 'Phone', as: 'national' } });

const Spelled = z.object({
  side: z.string(),
  native: z.string().openapi({ description: 'What the field is called there' }),
  value: AnyJson.openapi({ description: 'As it would be written there' }),
  refusal: z.string().nullable().openapi({ description: 'Why it could not be written there' }),
});

export const MappingTrial = z
  .object({
    said: SaidMapping.nullable().openapi({ description: 'What the sync file says now; null: nothing' }),
    source: z.string().nullable().openapi({
      description: 'The sync file with the mapping as asked; null where it cannot be said in its place',
    }),
    tag: FileTag,
    sentence: z.string().nullable(),
    errors: list(FileErrorShape).openapi({
      description: 'What is wrong with that file; empty when nothing is',
    }),
    proof: z
      .object({ generated: z.int(), records: z.int() })
      .nullable()
      .openapi({ description: 'On how many values it was shown to go both ways; null where it does not' }),
    examples: list(
      z.object({
        side: z.string(),
        record: z.string(),
        holds: AnyJson,
        means: AnyJson,
        refusal: z.string().nullable().openapi({ description: 'Why it cannot be read' }),
        written: list(Spelled),
      }),
    ),
    natives: list(
      z.object({
        name: z.string(),
        title: z.string().nullable(),
        type: z.string(),
        isReadOnly: z.boolean(),
        options: list(z.string()).openapi({ description: 'The only values it takes; empty for any' }),
      }),
    ).openapi({ description: 'The fields of the side, to choose from' }),
  })
  .openapi('MappingTrial');
