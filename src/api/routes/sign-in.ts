/** Signing in with a provider: setting out, and coming back. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { addAttempt, takeAttempt, type SignInAttempt } from '../../store/sign-in-attempts.ts';
import { allProviders, openProvider } from '../../store/sign-in-providers.ts';
import { findWorkspace } from '../../store/workspaces.ts';
import { OPEN, principalOf, type ApiEnv } from '../api-env.ts';
import { SESSION_LIFE_MS } from '../doors/authenticate.ts';
import { setAttemptCookie, setSessionCookie, takeAttemptCookie } from '../doors/cookie.ts';
import { newSessionKey, sessionKey, type Key } from '../doors/entry.ts';
import { begin } from '../doors/sign-in.ts';
import type { ApiHost } from '../host.ts';
import { admit, link } from '../openid/admission.ts';
import { isAnswerTo, signInAddress, whoCameBack, type Registration } from '../openid/exchange.ts';
import type { Providers } from '../openid/provider.ts';
import { SignInRefused } from '../openid/refused.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { json, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { ProviderName } from './sign-in-providers.ts';

const ATTEMPT_LIFE_MS = 10 * 60_000;
const PATH_LENGTH_MAX = 2_000;
const NameParam = z.object({ name: ProviderName });
/** A path of this site and nothing that a browser would take for another: `//host`, `/\host`. */
const PATH = /^\/(?:[^/\\\s][^\\\s]*)?$/;

const getSignIn = createRoute({
  method: 'get',
  path: '/sign-in',
  tags: ['session'],
  summary: 'The providers with which one may sign in here',
  ...OPEN,
  request: { query: z.object({ workspace: z.string().max(63).optional() }) },
  responses: { 200: json(page(z.object({ name: z.string(), title: z.string() })), 'All of them') },
});

const postSignIn = createRoute({
  method: 'post',
  path: '/sign-in/{name}',
  tags: ['session'],
  summary: 'Sets out to a provider; the browser goes to the address and comes back signed in',
  description:
    'With `link` the identity is noted for whoever is signed in, which is the only way to sign in to an account that has a password already.',
  ...OPEN,
  request: {
    params: NameParam,
    body: takes(
      z.object({
        workspace: z.string().max(63).optional(),
        returnTo: z.string().max(PATH_LENGTH_MAX).regex(PATH, 'must be a path of this site').default('/'),
        link: z.boolean().default(false),
      }),
    ),
  },
  responses: { 200: json(z.object({ url: z.string() }), 'Where to go') },
});

const getCallback = createRoute({
  method: 'get',
  path: '/sign-in/{name}/callback',
  tags: ['session'],
  summary: 'Where a provider sends the browser back to',
  ...OPEN,
  request: { params: NameParam },
  responses: { 303: { description: 'On to the console, signed in or with the reason why not' } },
});

export function signInRoutes(host: ApiHost, providers: Providers, publicUrl: string | null) {
  const isSecure = publicUrl?.startsWith('https:') === true;
  const registration = async (context: Context, workspaceNo: number, name: string): Promise<Registration> => {
    const { database, sealer } = host;
    const found = await database.transaction(workspaceNo, (tx) =>
      openProvider(tx, sealer, workspaceNo, name),
    );
    if (found === null) throw notFound('sign-in provider', name);
    const origin = publicUrl ?? new URL(context.req.url).origin;
    const redirectUri = new URL(`/api/v1/sign-in/${name}/callback`, origin).href;
    return { ...found, redirectUri, known: await providers.known(found.provider.issuer) };
  };
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getSignIn, async (context) => {
      const workspaceNo = await workspaceOf(host, context.req.valid('query').workspace);
      const rows = await host.database.transaction(workspaceNo, allProviders);
      return context.json({ items: rows.map(({ name, title }) => ({ name, title })), next: null }, 200);
    })
    .openapi(postSignIn, async (context) => {
      const { name } = context.req.valid('param');
      const { workspace, returnTo, link: isLink } = context.req.valid('json');
      const principal = isLink ? principalOf(context.get('principal')) : null;
      if (principal !== null && principal.csrfToken === null)
        throw new ApiProblem('forbidden', { detail: 'a token cannot link an identity; a person does' });
      const workspaceNo = principal?.workspaceNo ?? (await workspaceOf(host, workspace));
      const registered = await registration(context, workspaceNo, name).catch(asProblem);
      const key = newSessionKey(workspaceNo, host.random);
      const attempt = { provider: name, accountId: principal?.accountId ?? null, returnTo };
      await host.database.transaction(workspaceNo, (tx) =>
        addAttempt(tx, workspaceNo, { ...attempt, hash: key.hash, lifeMs: ATTEMPT_LIFE_MS }),
      );
      setAttemptCookie(context, key.text, ATTEMPT_LIFE_MS, isSecure);
      return context.json({ url: await signInAddress(registered, key) }, 200);
    })
    .openapi(getCallback, async (context) => {
      const { name } = context.req.valid('param');
      const answer = new URL(context.req.url);
      try {
        const { key, attempt } = await attemptOf(host, takeAttemptCookie(context, isSecure), name, answer);
        const registered = await registration(context, key.workspaceNo, name);
        const claims = await whoCameBack(registered, key, answer);
        const session = await arrive(host, key.workspaceNo, attempt, { ...registered, claims });
        if (session !== null) setSessionCookie(context, session.text, SESSION_LIFE_MS, isSecure);
        return context.redirect(attempt.returnTo, 303);
      } catch (error) {
        const refused = error instanceof ApiProblem ? new SignInRefused('expired', error.message) : error;
        if (!(refused instanceof SignInRefused)) throw refused;
        host.log.warn({ provider: name, code: refused.code }, `not signed in: ${refused.message}`);
        return context.redirect(`/sign-in?refused=${refused.code}`, 303);
      }
    });
}

/** An unknown workspace has no providers, like one without. */
async function workspaceOf(host: ApiHost, name: string | undefined): Promise<number> {
  if (name === undefined) return host.workspaceNo;
  return (await host.database.transaction(0, (tx) => findWorkspace(tx, name))) ?? 0;
}

/** What this browser had set out with; it counts once, and only with the answer that belongs to it. */
async function attemptOf(
  host: ApiHost,
  cookie: string | null,
  name: string,
  answer: URL,
): Promise<{ readonly key: Key; readonly attempt: SignInAttempt }> {
  const key = sessionKey(cookie ?? '');
  if (key === null || !isAnswerTo(key, answer))
    throw new SignInRefused('expired', 'nobody set out from this browser with that state');
  const attempt = await host.database.transaction(key.workspaceNo, (tx) => takeAttempt(tx, key.hash, name));
  if (attempt === null) throw new SignInRefused('expired', 'the attempt is too old, or was used already');
  return { key, attempt };
}

/** The key of a new session, or null where an identity was only to be noted. Throws `SignInRefused`. */
async function arrive(
  host: ApiHost,
  workspaceNo: number,
  { accountId }: SignInAttempt,
  { provider, claims }: Pick<Registration, 'provider'> & Pick<Parameters<typeof admit>[1], 'claims'>,
): Promise<Key | null> {
  const arrival = { host, workspaceNo, provider, claims };
  const admission = await host.database.transaction(workspaceNo, (tx) =>
    accountId === null ? admit(tx, arrival) : link(tx, arrival, accountId),
  );
  if (admission.kind === 'refused') throw admission.refused;
  if (accountId !== null) return null;
  return (await begin(host, workspaceNo, admission.account)).key;
}

/** The page that asks can show a problem; only who comes back from elsewhere is led to the sign-in page. */
function asProblem(error: unknown): never {
  if (!(error instanceof SignInRefused)) throw error;
  throw new ApiProblem('system_failed', {
    detail: error.message,
    advice: 'Sign in with a password, or tell an admin that the provider cannot be reached.',
  });
}
