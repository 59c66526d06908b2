/** How records are read: lists in pages, what has changed, single ones. */
import { z } from 'zod';

import { strict } from '../../../lib/yaml/strict.ts';
import { asNumber, condition, place, pointer, requestKeys, slot, span } from './words.ts';

const size = strict({
  send: slot.optional().describe('Where the size of a page is asked for; the system’s own when not said.'),
  max: z.number().int().min(1).max(10_000).describe('The most records that the system puts into a page.'),
});

export const pagesShape = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('none') }).describe('One answer holds everything.'),
  strict({ kind: z.literal('link'), size: size.optional() }).describe('The header Link names the next page.'),
  strict({ kind: z.literal('url'), next: pointer, size: size.optional() }).describe(
    'The answer holds the address of the next page.',
  ),
  strict({
    kind: z.literal('cursor'),
    next: pointer.optional().describe('Where the cursor stands; the id of the last record when not said.'),
    more: pointer.optional().describe('False there means that this is the last page.'),
    send: slot,
    size: size.optional(),
  }),
  strict({ kind: z.literal('offset'), send: slot, total: pointer.optional(), size }).describe(
    'So many records are skipped.',
  ),
  strict({
    kind: z.literal('page'),
    send: slot,
    first: z.number().int().min(0).max(1).default(1),
    last: pointer.optional().describe('Where the number of pages stands.'),
    total: pointer.optional().describe('Where the number of records stands.'),
    size,
  }),
]);

const listKeys = {
  ...requestKeys,
  records: pointer.describe('Where in the answer the list stands.'),
  pages: pagesShape,
  by_id: z.boolean().optional().describe('The list holds no whole records: each is read by its id.'),
};

export const listShape = strict(listKeys);

const formats = z.enum(['iso', 'iso_seconds', 'iso_plain', 'epoch_ms', 'epoch_s']);

const since = slot.describe('Where the moment goes after which changes are asked for.');
const format = formats
  .default('iso')
  .describe(
    'How the moment is written: iso (2026-01-31T12:00:00.000Z), iso_seconds, iso_plain (without zone, in UTC), epoch_ms, epoch_s.',
  );

export const changesShape = z.discriminatedUnion('kind', [
  strict({
    kind: z.literal('since'),
    ...listKeys,
    since,
    format,
    after: z.boolean().optional().describe('Records of the very moment are left out (default: they come).'),
    overlap: span
      .default(60_000)
      .describe('How late a change may appear behind its own stamp (default 60s).'),
    grain: span.default(1_000).describe('How exact the stamps are (default 1s).'),
    sorted: z.boolean().optional().describe('Oldest first, so that a read can go on where it stopped.'),
    reads_max: z
      .number()
      .int()
      .min(100)
      .optional()
      .describe('The most records that one question gives, however many pages; needs sorted.'),
    every: span.default(15_000).describe('How often to ask (default 15s).'),
    deleted_shown: z.boolean().optional().describe('Deleted records come too, with the sign of `deleted`.'),
    deletes: strict({ ...listKeys, since, format, id: pointer })
      .optional()
      .describe('The list of what was deleted since then.'),
  }),
  strict({
    kind: z.literal('delta'),
    ...requestKeys,
    records: pointer,
    next: pointer.describe('The address of the next page.'),
    delta: pointer.describe('The address to ask for what changes after this.'),
    deleted: condition.describe('How a deleted record shows.'),
    deleted_id: pointer.optional().describe('Its id, where it does not stand where it stands in a record.'),
    by_id: z.boolean().optional(),
    expired: z.array(z.number().int()).default([410]).describe('Statuses that say the address is too old.'),
    every: span.default(15_000),
  }),
]);

const idsSlot = z.union(
  [
    strict({ query: z.string().min(1), separator: z.string().min(1).default(',') }),
    strict({ body: pointer, each: pointer.default(''), as: asNumber }),
  ],
  { error: 'expected {query: NAME} or {body: POINTER}' },
);

export const getShape = strict({
  ...requestKeys,
  id_at: slot.optional().describe('Where the id goes, where it does not stand in the path.'),
  record: pointer.default('').describe('Where in the answer the record stands.'),
  absent: z.array(z.number().int()).default([404, 410]).describe('Statuses that say there is none.'),
  hidden: z.array(z.number().int()).default([]).describe('Statuses that say it is kept from this account.'),
  many: strict({ ...requestKeys, ids: idsSlot, records: pointer, max: z.number().int().min(1).max(1_000) })
    .optional()
    .describe('Several by their ids in one request. What does not come is absent.'),
});

export const findShape = strict({
  ...requestKeys,
  value: slot.optional().describe('Where the value goes, where it does not stand in the path as {value}.'),
  records: pointer.describe('Where in the answer the list stands, or the one record.'),
  one: z
    .boolean()
    .optional()
    .describe('The answer is the one record; statuses 404 and 410 say that there is none.'),
  pages: pagesShape.default({ kind: 'none' }),
  by_id: z.boolean().optional(),
});

export const modifiedShape = strict({ at: pointer, as: formats.default('iso') });
export const versionShape = place;

export type Pages = z.infer<typeof pagesShape>;
export type ListShape = z.infer<typeof listShape>;
export type ChangesShape = z.infer<typeof changesShape>;
export type FindShape = z.infer<typeof findShape>;
export type Format = z.infer<typeof formats>;
