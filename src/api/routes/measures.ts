/** Measures over time: what fails, how long problems stay, and what they cost people. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { measuresOf, type MeasuredView } from '../../diagnose/measures.ts';
import { audit } from '../../store/audit.ts';
import { allSyncs } from '../../store/control.ts';
import { sayTimeSpent } from '../../store/problem-deeds.ts';
import { problemNamed, syncsMeant } from '../actions/find.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import { at, Instant, json, list, NAME_LENGTH_MAX, NO_CONTENT, takes } from '../shapes/common.ts';
import { ProblemParam } from '../shapes/problems.ts';
import { refuse } from '../shapes/refuse.ts';

const SECONDS = { description: 'In seconds; null when no problem ended' };

const Period = z.object({
  from: Instant,
  to: Instant,
  tries: z.object({ written: z.int(), failed: z.int() }),
  failureRate: z
    .number()
    .nullable()
    .openapi({ description: 'Of all tries to write, from 0 to 1; null when nothing was tried' }),
  opened: z.int(),
  resolved: z.int(),
  medianResolutionS: z.number().nullable().openapi(SECONDS),
  longestResolutionS: z.number().nullable().openapi(SECONDS),
  touched: z.int().openapi({ description: 'How many of those that ended a person did something about' }),
  medianTouchS: z
    .number()
    .nullable()
    .openapi({ description: 'From the first failure to the first deed of a person' }),
  manualMinutes: z.number(),
  manualMinutesPerProblem: z.number().nullable(),
});

const Measures = z
  .object({
    per: z.enum(['day', 'week']),
    periods: list(Period).openapi({ description: 'The oldest first; the last ends with the present hour' }),
    open: z.int(),
    oldestOpenAt: Instant.nullable(),
  })
  .openapi('Measures');

const getMeasures = createRoute({
  method: 'get',
  path: '/measures',
  tags: ['activity'],
  summary: 'Failure rate, time to resolution and manual minutes, period by period',
  description: 'What each figure means is in docs/measures.md.',
  ...needs('viewer'),
  request: {
    query: z.object({
      sync: z.string().min(1).max(NAME_LENGTH_MAX).optional(),
      per: z.enum(['day', 'week']).default('week'),
    }),
  },
  responses: { 200: json(Measures, 'The measures') },
});

/** Said at once: a working week. */
const MINUTES_MAX = 2_400;

const postTimeSpent = createRoute({
  method: 'post',
  path: '/problems/{id}/time-spent',
  tags: ['problems'],
  summary: 'Says how long it took oneself, instead of what was counted; said twice, it adds up',
  ...needs('operator'),
  request: {
    params: ProblemParam,
    body: takes(z.object({ minutes: z.number().positive().max(MINUTES_MAX) })),
  },
  responses: NO_CONTENT,
});

export function measureRoutes() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getMeasures, async (context) => {
      const { sync, per } = context.req.valid('query');
      const measures = await context.get('inWorkspace')(async (tx) => {
        const only = sync === undefined ? null : syncsMeant(await allSyncs(tx), sync).map(({ name }) => name);
        return measuresOf(tx, per, only);
      });
      const { open, oldestOpenMs } = measures;
      const periods = measures.periods.map(periodShape);
      return context.json({ per, periods, open, oldestOpenAt: at(oldestOpenMs) }, 200);
    })
    .openapi(postTimeSpent, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      const { minutes } = context.req.valid('json');
      await context.get('inWorkspace')(async (tx) => {
        const { syncKey } = await problemNamed(tx, id);
        await sayTimeSpent(tx, syncKey, id, by, minutes * 60_000);
        await audit(tx, workspaceNo, { by, action: 'problem.timeSaid', subject: id, detail: { minutes } });
      });
      return context.body(null, 204);
    });
}

function periodShape(period: MeasuredView): z.infer<typeof Period> {
  const { failureRate, opened, resolved, touched } = period;
  return {
    from: at(period.fromMs),
    to: at(period.toMs),
    tries: { written: period.written, failed: period.failed },
    failureRate,
    opened,
    resolved,
    medianResolutionS: inUnits(period.medianResolutionMs, 1_000),
    longestResolutionS: inUnits(period.longestResolutionMs, 1_000),
    touched,
    medianTouchS: inUnits(period.medianTouchMs, 1_000),
    manualMinutes: period.manualMs / 60_000,
    manualMinutesPerProblem: inUnits(period.manualMsPerProblem, 60_000),
  };
}

function inUnits(ms: number | null, unitMs: number): number | null {
  return ms === null ? null : ms / unitMs;
}
