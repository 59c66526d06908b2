/** What the parts of a sync file have in common: names, policies, owners, and maps that know their keys. */
import { z } from 'zod';

import { strict } from '../lib/yaml/strict.ts';

export const NAME_RULE =
  'begin with a small letter, go on with small letters, digits, - and _, at most 63 of them';
export const FIELD_NAME_RULE =
  'begin with a small letter, go on with small letters, digits and _, at most 63 of them';

/** Connections, syncs and sides. The refused words mean something to JavaScript itself. */
export const name = z
  .string()
  .regex(/^(?!(?:constructor|prototype)$)[a-z][a-z0-9_-]{0,62}$/, { error: NAME_RULE });

/** Fields of an entity. They become keys of stored values, so they are kept plain. */
export const fieldName = z
  .string()
  .regex(/^(?!(?:constructor|prototype)$)[a-z][a-z0-9_]{0,62}$/, { error: FIELD_NAME_RULE });

const resolver = z.union(
  [
    z.enum(['latest', 'fill', 'set', 'hold']),
    strict({ priority: z.array(z.string()).min(1).describe('Sides, the one that wins first.') }),
  ],
  { error: 'expected latest, fill, set, hold or {priority: [SIDE, …]}' },
);

export type ResolverShape = z.infer<typeof resolver>;

export const fieldPolicy = z
  .union([resolver, z.array(resolver).min(1)], {
    error: 'expected latest, fill, set, hold, {priority: [SIDE, …]}, or a list of them',
  })
  .optional()
  .describe(
    'Who wins when two sides changed the field differently, asked in turn. latest: the edit that is certainly later; ' +
      'priority: the side that ranks higher; fill: the value that is not empty; set: both, element by element; hold: a person. ' +
      'The last resort is always hold.',
  );

const ownerRule = strict({
  side: z.string().describe('The side that owns the field.'),
  when: strict({
    field: z.string().describe('A field of the entity.'),
    is: z
      .union([z.string(), z.number(), z.boolean(), z.null()], {
        error: 'expected text, a number, true, false or null',
      })
      .describe('The value it must hold; null: it is empty.'),
  })
    .optional()
    .describe('The condition under which it does.'),
});

export type OwnerRuleShape = z.infer<typeof ownerRule>;

export const fieldOwner = z
  .union([z.string(), z.array(ownerRule).min(1)], {
    error: 'expected a side, or a list of {side: SIDE, when: …}',
  })
  .optional()
  .describe(
    'The side that alone may change the field; other sides are corrected. In a list the first rule that holds counts.',
  );
