/** Syncs, sides and connections as the overview shows them. */
import { z } from '@hono/zod-openapi';

import { Failure, Instant, list } from './common.ts';

const Counts = z
  .object({
    records: z.int(),
    inSync: z.int(),
    pending: z.int(),
    held: z.int(),
    dead: z.int(),
    excluded: z.int(),
  })
  .openapi('Counts', { description: 'Every record is in exactly one state: the five add up to `records`' });

const Owed = z
  .object({
    planned: z.int(),
    queued: z.int(),
    sent: z.int(),
    unknown: z.int(),
    held: z.int(),
    dead: z.int(),
  })
  .openapi('Owed', { description: 'Writes that are on their way to the side, by state' });

export const Side = z
  .object({
    name: z.string(),
    connection: z.string(),
    system: z.string(),
    collection: z.string(),
    counts: Counts.nullable(),
    countedAt: Instant.nullable(),
    owed: Owed,
    waits: z.int().openapi({ description: 'What waits there for another record that it names' }),
    currentAsOf: Instant.nullable().openapi({ description: 'All that happened there before is known' }),
    lagMs: z.number().nullable(),
    lastAttemptAt: Instant.nullable(),
    lastSuccessAt: Instant.nullable(),
    failure: Failure.nullable(),
    nextTryAt: Instant.nullable().openapi({
      description: 'When a side that cannot be read is tried again; the pauses grow to a few minutes',
    }),
  })
  .openapi('Side');

export const Mode = z.enum(['observe', 'live', 'paused']).openapi('Mode');

export const Sync = z
  .object({
    name: z.string(),
    entity: z.string(),
    mode: Mode,
    revision: z.int(),
    approvedUntil: Instant.nullable(),
    sides: list(Side),
  })
  .openapi('Sync');

const Quota = z
  .object({
    limit: z.string(),
    max: z.number(),
    used: z.number(),
    at: Instant,
    usedUpAt: Instant.nullable().openapi({
      description:
        'When all of it will be used at the pace of the last hours; null where that is not within a day',
    }),
  })
  .openapi('Quota', { description: 'How much of a limit is used, as the system said it last' });

const Webhook = z
  .object({
    path: z
      .string()
      .openapi({ description: 'Where the system is to tell of changes, below the address of this server' }),
    tellings: list(z.object({ collection: z.string(), toldAt: Instant })),
    refusals: z
      .object({ count: z.int(), since: Instant, lastAt: Instant, why: z.string() })
      .nullable()
      .openapi({ description: 'Deliveries that were refused since one was taken' }),
  })
  .openapi('Webhook', { description: 'What the system of a connection tells by itself' });

export const Connection = z
  .object({
    name: z.string(),
    system: z.string(),
    title: z.string(),
    state: z.enum(['new', 'connected', 'reauthorise', 'unreachable', 'misconfigured']),
    reason: z.string().nullable(),
    advice: z.string().nullable(),
    since: Instant,
    lastSuccessAt: Instant.nullable(),
    asksConsent: z.boolean().openapi({
      description: 'Its system can ask a person in the browser; whether it does, its settings say',
    }),
    settings: list(
      z.object({
        name: z.string(),
        value: z.string().nullable(),
        secret: z.string().nullable().openapi({ description: 'The name of the secret that it is' }),
        isStored: z.boolean(),
      }),
    ),
    usedBy: list(z.object({ sync: z.string(), side: z.string() })),
    limits: list(
      z.object({
        name: z.string(),
        unitsMax: z.number(),
        units: z.number(),
        pausedUntil: Instant.nullable(),
      }),
    ),
    throttled: z
      .object({ until: Instant, reason: z.string().nullable() })
      .nullable()
      .openapi({ description: 'The system asked to be left alone until then; what is owed waits' }),
    quotas: list(Quota),
    webhook: Webhook.nullable(),
  })
  .openapi('Connection');

export const Overview = z
  .object({
    asOf: Instant,
    syncs: list(Sync),
    connections: list(Connection),
    waiting: z.object({
      holds: z.int(),
      matches: z.int(),
      heldWrites: z.int(),
      dead: z.int(),
      connections: z.int(),
    }),
  })
  .openapi('Overview');
