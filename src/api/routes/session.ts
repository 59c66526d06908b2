/** Who is here: signing in and out, the first account of all, one's own password. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';

import { must } from '../../lib/assert.ts';
import {
  addAccount,
  changeAccount,
  credentialsOf,
  hasAccounts,
  type AccountRow,
} from '../../store/accounts.ts';
import { audit } from '../../store/audit.ts';
import { endSession } from '../../store/sessions.ts';
import { findWorkspace, workspaceName } from '../../store/workspaces.ts';
import { needs, OPEN, principalOf, ROLES, type ApiEnv, type Principal } from '../api-env.ts';
import { SESSION_LIFE_MS } from '../doors/authenticate.ts';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from '../doors/cookie.ts';
import { csrfTokenOf, sessionKey } from '../doors/entry.ts';
import { checkPassword, hashPassword, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../doors/password.ts';
import { begin, createSignIn, type SignedIn } from '../doors/sign-in.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import type { SetUp } from '../set-up.ts';
import { json, at, Instant, NO_CONTENT, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

export const Email = z
  .email()
  .max(200)
  .transform((email) => email.toLowerCase());
export const NewPassword = z.string().min(PASSWORD_LENGTH_MIN).max(PASSWORD_LENGTH_MAX);
export const PersonName = z.string().trim().min(1).max(200);
const GivenPassword = z.string().min(1).max(PASSWORD_LENGTH_MAX);

const SignedInShape = z
  .object({
    state: z.literal('signedIn'),
    account: z.object({ id: z.string(), email: z.string(), name: z.string(), role: z.enum(ROLES) }),
    workspace: z.string(),
    csrfToken: z.string().nullable(),
    expiresAt: Instant,
  })
  .openapi('SignedIn');

const Session = z
  .discriminatedUnion('state', [
    SignedInShape,
    z.object({ state: z.literal('signedOut') }),
    z.object({ state: z.literal('setUp') }),
  ])
  .openapi('Session');

const getSession = createRoute({
  method: 'get',
  path: '/session',
  tags: ['session'],
  summary: 'Who is signed in; or that nobody is, or that there is nobody yet who could',
  ...OPEN,
  responses: { 200: json(Session, 'How it stands') },
});

const postSession = createRoute({
  method: 'post',
  path: '/session',
  tags: ['session'],
  summary: 'Signs in',
  ...OPEN,
  request: {
    body: takes(
      z.object({
        email: Email,
        password: GivenPassword,
        workspace: z.string().max(63).optional(),
      }),
    ),
  },
  responses: { 200: json(SignedInShape, 'Signed in; the session is a cookie') },
});

const deleteSession = createRoute({
  method: 'delete',
  path: '/session',
  tags: ['session'],
  summary: 'Signs out',
  ...OPEN,
  responses: NO_CONTENT,
});

const postSetUp = createRoute({
  method: 'post',
  path: '/set-up',
  tags: ['session'],
  summary: 'Makes the first account, an admin, with the token that `trueup start` has printed',
  ...OPEN,
  request: {
    body: takes(
      z.object({ token: z.string().max(200), email: Email, name: PersonName, password: NewPassword }),
    ),
  },
  responses: { 201: json(SignedInShape, 'The first admin, signed in') },
});

const putPassword = createRoute({
  method: 'put',
  path: '/session/password',
  tags: ['session'],
  summary: 'Changes the own password and ends all sessions but a new one',
  ...needs('viewer'),
  request: { body: takes(z.object({ present: GivenPassword, next: NewPassword })) },
  responses: NO_CONTENT,
});

export function sessionRoutes(host: ApiHost, setUp: SetUp, isSecure: boolean) {
  const signIn = createSignIn(host);
  const welcome = async (context: Context<ApiEnv>, workspaceNo: number, { account, key }: SignedIn) => {
    setSessionCookie(context, key.text, SESSION_LIFE_MS, isSecure);
    const { accountId: id, email, name, role } = account;
    return {
      state: 'signedIn' as const,
      account: { id, email, name, role },
      workspace: await nameOf(host, workspaceNo),
      csrfToken: csrfTokenOf(key),
      expiresAt: at((await host.database.nowMs()) + SESSION_LIFE_MS),
    };
  };
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getSession, async (context) => {
      const principal = context.get('principal');
      if (principal !== null) return context.json(await shown(host, principal), 200);
      const isNew = setUp.isOpen() && !(await context.get('inWorkspace')(hasAccounts));
      return context.json(isNew ? { state: 'setUp' as const } : { state: 'signedOut' as const }, 200);
    })
    .openapi(postSession, async (context) => {
      const { email, password, workspace } = context.req.valid('json');
      const workspaceNo =
        workspace === undefined
          ? host.workspaceNo
          : await host.database.transaction(0, (tx) => findWorkspace(tx, workspace));
      // An unknown workspace is refused like an unknown address.
      const signedIn = await signIn(workspaceNo ?? 0, email, password);
      return context.json(await welcome(context, workspaceNo ?? 0, signedIn), 200);
    })
    .openapi(deleteSession, async (context) => {
      const key = sessionKey(readSessionCookie(context, isSecure) ?? '');
      if (key !== null) await host.database.transaction(key.workspaceNo, (tx) => endSession(tx, key.hash));
      clearSessionCookie(context, isSecure);
      return context.body(null, 204);
    })
    .openapi(postSetUp, async (context) => {
      const { token, email, name, password } = context.req.valid('json');
      setUp.demand(token);
      const account = await addFirstAdmin(host, { email, name, password });
      setUp.close();
      return context.json(
        await welcome(context, host.workspaceNo, await begin(host, host.workspaceNo, account)),
        201,
      );
    })
    .openapi(putPassword, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { present, next } = context.req.valid('json');
      const account = await changePassword(host, principal, present, next);
      if (principal.csrfToken !== null)
        await welcome(context, principal.workspaceNo, await begin(host, principal.workspaceNo, account));
      return context.body(null, 204);
    });
}

async function nameOf(host: ApiHost, workspaceNo: number): Promise<string> {
  return (await host.database.transaction(0, (tx) => workspaceName(tx, workspaceNo))) ?? '';
}

async function shown(host: ApiHost, principal: Principal): Promise<z.infer<typeof SignedInShape>> {
  const { accountId: id, email, name, role, workspaceNo, csrfToken, endsMs } = principal;
  return {
    state: 'signedIn',
    account: { id, email, name, role },
    workspace: await nameOf(host, workspaceNo),
    csrfToken,
    expiresAt: at(endsMs),
  };
}

async function addFirstAdmin(
  host: ApiHost,
  given: { readonly email: string; readonly name: string; readonly password: string },
): Promise<AccountRow> {
  const passwordHash = await hashPassword(given.password, host.random);
  return host.database.transaction(host.workspaceNo, async (tx) => {
    if (await hasAccounts(tx))
      throw new ApiProblem('conflict', {
        detail: 'the first account has been made already',
        advice: 'Sign in.',
      });
    const accountId = host.ids.next();
    const { email, name } = given;
    await addAccount(tx, host.workspaceNo, { accountId, email, name, role: 'admin', passwordHash });
    await audit(tx, host.workspaceNo, {
      by: email,
      action: 'account.made',
      subject: accountId,
      detail: { role: 'admin', isFirst: true },
    });
    return must(await credentialsOf(tx, { accountId }), 'an account that was just made is there').account;
  });
}

async function changePassword(
  host: ApiHost,
  { workspaceNo, accountId, email }: Principal,
  present: string,
  next: string,
): Promise<AccountRow> {
  const known = await host.database.transaction(workspaceNo, (tx) => credentialsOf(tx, { accountId }));
  const isRight = known?.passwordHash != null && (await checkPassword(present, known.passwordHash)).isRight;
  if (!isRight) throw new ApiProblem('wrong_credentials', { detail: 'the present password is wrong' });
  const passwordHash = await hashPassword(next, host.random);
  return host.database.transaction(workspaceNo, async (tx) => {
    await audit(tx, workspaceNo, { by: email, action: 'password.changed', subject: accountId, detail: {} });
    return must(await changeAccount(tx, accountId, { passwordHash }), 'whoever asks has an account');
  });
}
