/** Records, their journeys, holds and runs. */
import { z } from '@hono/zod-openapi';

import type { ListedState as Listed } from '../../store/records-by-state.ts';
import { AnyJson, Failure, Instant, list, Value, Values } from './common.ts';

const Status = z
  .enum(['live', 'hidden', 'gone', 'returned', 'parked', 'excluded', 'unreadable', 'unread'])
  .openapi({ description: '`unread`: it was only heard of so far' });

/** The states of the balance; what is gone is listed too, and counted nowhere. */
export const ListedState = z
  .enum(['inSync', 'pending', 'held', 'dead', 'excluded', 'gone'] as const satisfies readonly Listed[])
  .openapi('RecordState');

const RecordPlace = z
  .object({ side: z.string(), recordId: z.string(), status: Status })
  .openapi('RecordPlace');

export const FoundRecord = z
  .object({
    sync: z.string(),
    identity: z.string().nullable(),
    title: z.string(),
    records: list(RecordPlace),
    matched: z.enum(['identity', 'recordId', 'matchKey', 'value']).nullable(),
    why: z
      .string()
      .nullable()
      .openapi({ description: 'Why the record is in the state that was asked for; null where none was' }),
  })
  .openapi('FoundRecord');

const Choice = z
  .object({
    kind: z.enum(['take', 'keep', 'value', 'delete', 'revive', 'belongs']),
    side: z.string().nullable(),
    value: Value.nullable(),
    recordId: z
      .string()
      .nullable()
      .openapi({ description: 'Of `belongs`: the record, at the side, of what it may belong to' }),
  })
  .openapi('Choice');

export const Hold = z
  .object({
    id: z.string(),
    sync: z.string(),
    identity: z.string().nullable(),
    side: z.string(),
    recordId: z.string().nullable(),
    field: z.string().nullable(),
    reason: z.string(),
    sentence: z.string(),
    title: z.string(),
    openedAt: Instant,
    seen: AnyJson,
    choices: list(Choice),
  })
  .openapi('Hold');

const Change = z
  .object({ field: z.string(), before: Value, after: Value, rule: z.string() })
  .openapi('Change');

const Step = z
  .object({
    at: Instant,
    kind: z.string(),
    side: z.string(),
    recordId: z.string().nullable(),
    sentence: z.string(),
    changes: list(Change),
    values: Values,
    failure: Failure.nullable(),
  })
  .openapi('Step');

const Wait = z
  .object({
    kind: z.enum(['read', 'write', 'delete', 'key']),
    side: z.string(),
    field: z.string(),
    since: Instant,
    sentence: z.string(),
    reason: z.string().openapi({ description: 'Why what is waited for is not there, as of now' }),
    needsPerson: z.boolean().openapi({ description: 'It does not come by itself' }),
    waitsFor: z
      .object({ sync: z.string(), side: z.string(), recordId: z.string() })
      .nullable()
      .openapi({ description: 'A record of what is waited for' }),
  })
  .openapi('Wait');

export const Journey = z
  .object({
    sync: z.string(),
    identity: z.string(),
    title: z.string(),
    tombstone: z
      .object({ side: z.string(), recordId: z.string(), at: Instant, evidence: z.string() })
      .nullable(),
    fields: list(
      z.object({
        name: z.string(),
        golden: Value,
        edit: z
          .object({
            side: z.string(),
            fromAt: Instant.nullable(),
            untilAt: Instant,
            rule: z.string(),
          })
          .nullable(),
        sides: Values.openapi({ description: 'What is accounted for at each side that has the field' }),
      }),
    ),
    records: list(
      RecordPlace.extend({
        version: z.string().nullable(),
        asOf: Instant,
        lookedAt: Instant.nullable(),
        failure: Failure.nullable(),
      }),
    ),
    writes: list(z.object({ side: z.string(), kind: z.string(), state: z.string(), attempts: z.int() })),
    holds: list(Hold),
    waits: list(Wait),
    timeline: list(Step),
  })
  .openapi('Journey');

export const Run = z
  .object({
    id: z.string(),
    sync: z.string(),
    side: z.string(),
    kind: z.string(),
    state: z.enum(['running', 'complete', 'failed']),
    startedAt: Instant,
    endedAt: Instant.nullable(),
    seen: z.int(),
    changed: z.int(),
    unreadable: z.int(),
    missing: z.int(),
    failure: Failure.nullable(),
  })
  .openapi('Run');

export const HeldWrites = z
  .object({
    sync: z.string(),
    side: z.string(),
    kind: z.enum(['create', 'update', 'delete']),
    writes: z.int(),
    hash: z.string(),
    samples: list(z.object({ identity: z.string(), title: z.string() })).openapi({
      description: 'Some of the records that would be written',
    }),
  })
  .openapi('HeldWrites');
