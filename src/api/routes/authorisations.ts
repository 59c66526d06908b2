/** Having a person authorise a connection in the browser: the question, the way back, and the answer. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';

import { questionFor } from '../../connector/oauth/code-grant.ts';
import type { Consent } from '../../connector/oauth/consent.ts';
import { audit } from '../../store/audit.ts';
import { connectionsNamed } from '../../store/control.ts';
import { resumed } from '../actions/resume.ts';
import { mayActAs, needs, principalOf, type ApiEnv, type Principal } from '../api-env.ts';
import type { Authorisation, Authorisations } from '../authorisations.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { json, NameParam, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

/** The page of the console to which systems send the browser back; its address is registered with them. */
export const CALLBACK_PATH = '/oauth/callback';
const ANSWER_LENGTH_MAX = 8_192;

const Question = z
  .object({
    url: z.string().openapi({ description: 'Where the system asks the person; the browser is to go there' }),
    redirectUri: z.string().openapi({ description: 'Must be registered as a callback with the system' }),
  })
  .openapi('AuthorisationQuestion');

const Outcome = z
  .object({
    connection: z.string(),
    isAuthorised: z.boolean(),
    why: z.string().nullable().openapi({ description: 'Why it is not' }),
  })
  .openapi('AuthorisationOutcome');

const postQuestion = createRoute({
  method: 'post',
  path: '/connections/{name}/authorisation',
  tags: ['connections'],
  summary: 'Begins to authorise the connection; for the first time an admin, again an operator',
  ...needs('operator'),
  request: { params: NameParam },
  responses: { 200: json(Question, 'Good for ten minutes, for this session and for one answer') },
});

const postAnswer = createRoute({
  method: 'post',
  path: '/authorisations',
  tags: ['connections'],
  summary: 'Takes what the system sent the browser back with; the connection goes on where it stopped',
  ...needs('operator'),
  request: { body: takes(z.object({ answer: z.string().max(ANSWER_LENGTH_MAX) })) },
  responses: { 200: json(Outcome, 'Whether the connection is authorised now') },
});

export function authorisationRoutes(host: ApiHost, authorisations: Authorisations, publicUrl: string | null) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(postQuestion, async (context) => {
      const principal = principalOf(context.get('principal'));
      const csrfToken = sessionOnly(principal);
      const { name } = context.req.valid('param');
      const [known] = await context.get('inWorkspace')((tx) => connectionsNamed(tx, [name]));
      if (known === undefined) throw notFound('connection', name);
      const work = await host.work(principal.workspaceNo).consent(name);
      if (work === null)
        throw new ApiProblem('conflict', {
          detail: `the settings of ${name} say how it proves itself: nobody is asked`,
          advice: 'Replace its secrets instead, then try it.',
        });
      if (!work.isRenewal && !mayActAs(principal, 'admin'))
        throw new ApiProblem('forbidden', {
          detail: 'the first authorisation decides which account is kept in step, and needs the role admin',
        });
      const origin = publicUrl ?? new URL(context.req.url).origin;
      const question = await questionFor(work.consent, callbackFor(origin, work.consent), host.random);
      authorisations.add({ connection: name, csrfToken, origin, question, work });
      return context.json({ url: question.url, redirectUri: question.redirectUri }, 200);
    })
    .openapi(postAnswer, async (context) => {
      const principal = principalOf(context.get('principal'));
      const answer = new URLSearchParams(context.req.valid('json').answer);
      const asked = authorisations.take(answer.get('state') ?? '', sessionOnly(principal));
      if (asked === null)
        throw new ApiProblem('conflict', {
          detail: 'nobody waits for this answer here: it was used, took too long, or was asked for elsewhere',
          advice: 'Open the connection and authorise it once more.',
        });
      return context.json(await redeem(host, principal, asked, answer), 200);
    });
}

/**
 * Where a system takes plain HTTP only back to `localhost`, the browser comes to that name of ours, at which nobody is
 * signed in: it is sent on to the one at which the person asked, which is known from the question and not from the address.
 */
export function backToOrigin(
  authorisations: Authorisations,
  publicUrl: string | null,
): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    const url = new URL(context.req.url);
    const origin = authorisations.originOf(url.searchParams.get('state') ?? '');
    if (publicUrl !== null || origin === null || origin === url.origin) return next();
    return context.redirect(`${origin}${CALLBACK_PATH}${url.search}`, 302);
  };
}

/** A token has no browser that could come back. */
function sessionOnly({ csrfToken }: Principal): string {
  if (csrfToken !== null) return csrfToken;
  throw new ApiProblem('forbidden', {
    detail: 'a person authorises a connection in the console',
    advice: 'Sign in there, or run trueup connect on the machine itself.',
  });
}

function callbackFor(origin: string, { callbackHost }: Consent): string {
  const url = new URL(CALLBACK_PATH, origin);
  if (callbackHost !== 'localhost' || url.protocol === 'https:') return url.href;
  if (!/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname))
    throw new ApiProblem('conflict', {
      detail: 'this system sends browsers back by TLS only, or to the machine they run on',
      advice: 'Serve the console by https (--public-url), or run trueup connect on the machine itself.',
    });
  url.hostname = 'localhost';
  return url.href;
}

async function redeem(
  host: ApiHost,
  { workspaceNo, email: by }: Principal,
  { connection, question, work }: Authorisation,
  answer: URLSearchParams,
): Promise<z.infer<typeof Outcome>> {
  const cameBackAs = new URL(`${question.redirectUri}?${answer.toString()}`);
  const health = await work.redeem(question, cameBackAs);
  const isAuthorised = health.kind === 'connected';
  const action = isAuthorised ? 'connection.authorised' : 'connection.notAuthorised';
  await host.database.transaction(workspaceNo, (tx) =>
    audit(tx, workspaceNo, { by, action, subject: connection, detail: {} }),
  );
  if (isAuthorised) await resumed(host, workspaceNo, connection);
  return { connection, isAuthorised, why: 'why' in health ? health.why : null };
}
