/** The five symptoms walked down to their causes, for every sync or one. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { diagnoseSyncs } from '../../diagnose/diagnosis.ts';
import { allSyncs } from '../../store/control.ts';
import { syncsMeant } from '../actions/find.ts';
import { needs, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { json, NAME_LENGTH_MAX } from '../shapes/common.ts';
import { Diagnosis, Symptom } from '../shapes/diagnosis.ts';
import { refuse } from '../shapes/refuse.ts';
import { diagnosisView } from '../views/diagnosis.ts';

const getDiagnosis = createRoute({
  method: 'get',
  path: '/diagnosis',
  tags: ['problems'],
  summary:
    'What people complain of, each with its causes, what speaks for them, and what could not be looked at',
  description:
    'Counts every record anew: about a second per million. After 20 seconds it tells what it has, and names what it has not.',
  ...needs('viewer'),
  request: {
    query: z.object({
      sync: z.string().min(1).max(NAME_LENGTH_MAX).optional(),
      symptom: Symptom.optional(),
    }),
  },
  responses: { 200: json(Diagnosis, 'The heaviest first; there is no second page') },
});

export function diagnosisRoutes({ clock, database }: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse }).openapi(getDiagnosis, async (context) => {
    const { sync, symptom } = context.req.valid('query');
    const transaction = context.get('inWorkspace');
    const asOfMs = await database.nowMs();
    const syncs = syncsMeant(await transaction(allSyncs), sync);
    const { findings, blind } = await diagnoseSyncs({ transaction, clock }, syncs);
    const asked = findings.filter(({ symptoms }) => symptom === undefined || symptoms.includes(symptom));
    const shape = await transaction((tx) => diagnosisView(tx, syncs, { findings: asked, blind }, asOfMs));
    return context.json(shape, 200);
  });
}
