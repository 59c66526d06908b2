/** The five symptoms walked down to their causes, for every sync or one. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { gatherEvidence } from '../../diagnose/evidence.ts';
import { diagnose } from '../../diagnose/symptoms.ts';
import { allSyncs } from '../../store/control.ts';
import { syncsMeant } from '../actions/find.ts';
import { needs, type ApiEnv } from '../api-env.ts';
import { at, Instant, json, list, NAME_LENGTH_MAX, page } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

const Symptom = z.enum(['nothing', 'missing', 'duplicates', 'stale', 'mismatch']);

const Finding = z
  .object({
    sync: z.string(),
    symptom: Symptom,
    cause: z.string(),
    evidence: list(z.string()),
    side: z.string().nullable(),
    since: Instant.nullable(),
    records: z.int().nullable(),
    advice: z.string(),
    next: z.string().openapi({ description: 'The command that goes on from here' }),
  })
  .openapi('Finding');

const getDiagnosis = createRoute({
  method: 'get',
  path: '/diagnosis',
  tags: ['problems'],
  summary: 'What people complain of, each with its causes and what speaks for them',
  description: 'Counts every record anew: about a second per million.',
  ...needs('viewer'),
  request: {
    query: z.object({
      sync: z.string().min(1).max(NAME_LENGTH_MAX).optional(),
      symptom: Symptom.optional(),
    }),
  },
  responses: { 200: json(page(Finding), 'All that was found; there is no second page') },
});

export function diagnosisRoutes() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse }).openapi(getDiagnosis, async (context) => {
    const { sync, symptom } = context.req.valid('query');
    const found = await context.get('inWorkspace')(async (tx) => {
      const all: z.infer<typeof Finding>[] = [];
      for (const row of syncsMeant(await allSyncs(tx), sync)) {
        const findings = diagnose(await gatherEvidence(tx, row));
        for (const { sinceMs, ...finding } of findings)
          if (symptom === undefined || finding.symptom === symptom)
            all.push({ ...finding, sync: row.name, since: at(sinceMs) });
      }
      return all;
    });
    return context.json({ items: found, next: null }, 200);
  });
}
