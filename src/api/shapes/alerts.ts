/** Alerts and the channels on which they are told. */
import { z } from '@hono/zod-openapi';

import type { AlertRow, ChannelKind } from '../../store/alerts.ts';
import { at, Failure, Instant, list } from './common.ts';

export const CHANNEL_KINDS = [
  'email',
  'slack',
  'teams',
  'pagerduty',
  'webhook',
] as const satisfies readonly ChannelKind[];

export const ChannelName = z.string().regex(/^[a-z][a-z0-9_-]{0,54}$/);

const Severity = z.enum(['warning', 'critical']).openapi('Severity', {
  description:
    '`critical`: something is not being synced. `warning`: it is, and will not be, or not all of it',
});

export const Alert = z
  .object({
    key: z.string(),
    state: z.enum(['raised', 'recovered']),
    severity: Severity,
    code: z.string(),
    sync: z.string().nullable(),
    side: z.string().nullable(),
    title: z.string(),
    detail: z.string(),
    advice: z.string(),
    since: Instant,
    raisedAt: Instant,
    recoveredAt: Instant.nullable(),
    records: z
      .object({
        count: z.int(),
        samples: list(z.object({ record: z.string(), identity: z.string().nullable() })),
      })
      .nullable()
      .openapi({ description: 'The records that it is about: how many, and some of them' }),
  })
  .openapi('Alert');

export const Channel = z
  .object({
    name: z.string(),
    kind: z.enum(CHANNEL_KINDS),
    settings: z.record(z.string(), z.string()),
    severity: Severity.openapi({ description: 'Nothing less grave is told there' }),
    digest: z.boolean().openapi({ description: 'Whether it gets the daily word about what is unresolved' }),
    lastToldAt: Instant.nullable(),
    waiting: z.int().openapi({ description: 'Notices still to be sent' }),
    failure: Failure.nullable().openapi({ description: 'Why it did not take the newest notice' }),
  })
  .openapi('Channel');

export function alertShape(alert: AlertRow): z.infer<typeof Alert> {
  const { sinceMs, raisedMs, recoveredMs, records, ...told } = alert;
  const samples = records?.samples.map(({ recordId, identityId }) => ({
    record: recordId,
    identity: identityId,
  }));
  return {
    ...told,
    since: at(sinceMs),
    raisedAt: at(raisedMs),
    recoveredAt: at(recoveredMs),
    records: records === null ? null : { count: records.count, samples: samples ?? [] },
  };
}
