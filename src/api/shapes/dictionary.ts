/** The data dictionary, and what breaks it. */
import { z } from '@hono/zod-openapi';

import type { EntityPage } from '../../engine/entity-page.ts';
import type { ReportSeen } from '../actions/violations.ts';
import type { DictionarySeen } from '../host.ts';
import { at, Instant, list } from './common.ts';

const Field = z
  .object({
    name: z.string(),
    title: z.string(),
    meaning: z.string(),
    type: z.string(),
    owner: z.string().openapi({ description: 'The side that is the system of record; empty for none' }),
    isRequired: z.boolean(),
    sensitivity: z.string(),
    rules: list(z.string()).openapi({ description: 'What its values must be, a sentence each' }),
    onViolation: z.string(),
    values: list(z.object({ value: z.string(), meaning: z.string(), at: z.string() })),
    examples: list(z.string()),
    sides: list(z.object({ side: z.string(), mapping: z.string() })).openapi({
      description: 'Where it lives: ⇄ both ways, → the side only gives it, ← it only receives it',
    }),
  })
  .openapi('DictionaryField');

export const Dictionary = z
  .object({
    fileName: z.string().nullable().openapi({ description: 'Null where the sync file names no dictionary' }),
    complaint: z.string().nullable().openapi({ description: 'Why the file that is named is not shown' }),
    entities: list(
      z.object({
        name: z.string(),
        meaning: z.string(),
        fields: list(Field),
        rules: list(z.string()),
        syncs: list(z.string()),
      }),
    ),
  })
  .openapi('Dictionary');

/** `syncs` with the entity of each. */
export function dictionaryShape(
  { entities, ...seen }: DictionarySeen,
  syncs: readonly { readonly name: string; readonly entity: string }[],
): z.infer<typeof Dictionary> {
  const syncsOf = ({ name }: EntityPage): readonly string[] =>
    syncs.filter(({ entity }) => entity === name).map((sync) => sync.name);
  return {
    ...seen,
    entities: entities.map((entity) => ({
      name: entity.name,
      meaning: entity.meaning,
      rules: entity.rules,
      syncs: syncsOf(entity),
      fields: entity.fields.map(({ at: places, ...field }) => ({
        ...field,
        sides: [...places].map(([side, mapping]) => ({ side, mapping })),
      })),
    })),
  };
}

export const Violations = z
  .object({
    asOf: Instant,
    isCurrent: z.boolean().openapi({ description: 'The rules that were asked are those of the sync now' }),
    records: z.int().openapi({ description: 'How many records were judged' }),
    violations: list(
      z.object({
        side: z.string(),
        field: z.string(),
        says: z.string(),
        onViolation: z.enum(['flag', 'hold', 'correct']),
        records: z.int(),
        examples: list(z.object({ recordId: z.string(), identity: z.string() })).openapi({
          description: 'The first of them by id',
        }),
      }),
    ),
    waysLeftOut: z.int(),
  })
  .openapi('Violations');

export function violationsShape(
  { asOfMs, revision, violations, ...report }: ReportSeen,
  present: number,
): z.infer<typeof Violations> {
  return {
    ...report,
    asOf: at(asOfMs),
    isCurrent: revision === present,
    violations: violations.map(({ examples, ...one }) => ({
      ...one,
      examples: examples.map(({ recordId, identityId: identity }) => ({ recordId, identity })),
    })),
  };
}
