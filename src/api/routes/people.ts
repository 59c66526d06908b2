/** The people of a workspace and the tokens of their programs. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import {
  addAccount,
  allAccounts,
  changeAccount,
  otherAdmins,
  type AccountRow,
} from '../../store/accounts.ts';
import { audit } from '../../store/audit.ts';
import type { Tx } from '../../store/database.ts';
import { addToken, dropToken, tokensOf, type NewToken, type TokenRow } from '../../store/sessions.ts';
import { mayActAs, needs, principalOf, ROLES, type ApiEnv, type Principal } from '../api-env.ts';
import { newTokenKey } from '../doors/entry.ts';
import { hashPassword } from '../doors/password.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { at, Instant, json, list, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';
import { Email, NewPassword, PersonName } from './session.ts';

const DAY_MS = 24 * 3_600_000;
const TOKEN_DAYS_MAX = 366;
const IdParam = z.object({ id: z.uuid() });
const Role = z.enum(ROLES).openapi('Role');

const Account = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: Role,
    isDisabled: z.boolean(),
    lastSignInAt: Instant.nullable(),
  })
  .openapi('Account');

const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: list(z.string()),
    madeAt: Instant,
    expiresAt: Instant,
    lastUsedAt: Instant.nullable(),
  })
  .openapi('Token');

const AccountChange = z
  .object({
    name: PersonName.optional(),
    role: Role.optional(),
    isDisabled: z.boolean().optional(),
    password: NewPassword.optional(),
  })
  .openapi('AccountChange');

const getAccounts = createRoute({
  method: 'get',
  path: '/accounts',
  tags: ['people'],
  summary: 'Everybody who has an account in this workspace',
  ...needs('admin'),
  responses: { 200: json(page(Account), 'All of them; there is no second page') },
});

const postAccount = createRoute({
  method: 'post',
  path: '/accounts',
  tags: ['people'],
  summary: 'Makes an account',
  ...needs('admin'),
  request: {
    body: takes(z.object({ email: Email, name: PersonName, role: Role, password: NewPassword })),
  },
  responses: { 201: json(Account, 'The account') },
});

const patchAccount = createRoute({
  method: 'patch',
  path: '/accounts/{id}',
  tags: ['people'],
  summary: 'Changes a name or role, gives a new password, or keeps somebody out',
  description: 'Whoever is kept out, or has a new password, is signed out everywhere.',
  ...needs('admin'),
  request: { params: IdParam, body: takes(AccountChange) },
  responses: { 200: json(Account, 'The account as it is now') },
});

const getTokens = createRoute({
  method: 'get',
  path: '/tokens',
  tags: ['people'],
  summary: 'The own tokens, without their texts',
  ...needs('viewer'),
  responses: { 200: json(page(Token), 'All of them; there is no second page') },
});

const postToken = createRoute({
  method: 'post',
  path: '/tokens',
  tags: ['people'],
  summary: 'Makes a token for a program; its text is given once',
  description:
    'A scope is a role: the token may do what that role may, and never more than its owner may then.',
  ...needs('viewer'),
  request: {
    body: takes(
      z.object({
        name: PersonName,
        scopes: z.array(Role).min(1).max(ROLES.length),
        days: z.int().min(1).max(TOKEN_DAYS_MAX).default(90),
      }),
    ),
  },
  responses: { 201: json(Token.extend({ token: z.string() }).openapi('NewToken'), 'The token, once') },
});

const deleteToken = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  tags: ['people'],
  summary: 'Withdraws a token',
  ...needs('viewer'),
  request: { params: IdParam },
  responses: NO_CONTENT,
});

export function peopleRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getAccounts, async (context) => {
      const rows = await context.get('inWorkspace')(allAccounts);
      return context.json({ items: rows.map(accountShape), next: null }, 200);
    })
    .openapi(postAccount, async (context) => {
      const { email: by, workspaceNo } = principalOf(context.get('principal'));
      const { password, ...given } = context.req.valid('json');
      const passwordHash = await hashPassword(password, host.random);
      const account = { ...given, accountId: host.ids.next(), passwordHash };
      await context.get('inWorkspace')(async (tx) => {
        if (!(await addAccount(tx, workspaceNo, account)))
          throw new ApiProblem('conflict', { detail: 'there is an account with this address already' });
        const detail = { email: given.email, role: given.role };
        await audit(tx, workspaceNo, { by, action: 'account.made', subject: account.accountId, detail });
      });
      return context.json(accountShape({ ...account, isDisabled: false, lastSignInMs: null }), 201);
    })
    .openapi(patchAccount, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      const { password, ...change } = context.req.valid('json');
      const passwordHash = password === undefined ? undefined : await hashPassword(password, host.random);
      const changed = await context.get('inWorkspace')((tx) =>
        changeOne(tx, principal, id, { ...change, passwordHash }),
      );
      return context.json(accountShape(changed), 200);
    })
    .openapi(getTokens, async (context) => {
      const { accountId } = principalOf(context.get('principal'));
      const rows = await context.get('inWorkspace')((tx) => tokensOf(tx, accountId));
      return context.json({ items: rows.map(tokenShape), next: null }, 200);
    })
    .openapi(postToken, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name, scopes, days } = context.req.valid('json');
      const key = newTokenKey(principal.workspaceNo, host.random);
      const token = { tokenId: host.ids.next(), hash: key.hash, name, scopes, lifeMs: days * DAY_MS };
      const made = await context.get('inWorkspace')((tx) => makeToken(tx, principal, token));
      context.set('isShownOnce', true);
      return context.json({ ...tokenShape(made), token: key.text }, 201);
    })
    .openapi(deleteToken, async (context) => {
      const { accountId, workspaceNo, email: by } = principalOf(context.get('principal'));
      const { id } = context.req.valid('param');
      await context.get('inWorkspace')(async (tx) => {
        if (!(await dropToken(tx, accountId, id))) throw notFound('token', id);
        await audit(tx, workspaceNo, { by, action: 'token.withdrawn', subject: id, detail: {} });
      });
      return context.body(null, 204);
    });
}

/** A token never reaches further than whoever makes it does now, by role or by the token that asks for it. */
async function makeToken(
  tx: Tx,
  principal: Principal,
  token: Omit<NewToken, 'accountId' | 'scopes'> & { readonly scopes: readonly (typeof ROLES)[number][] },
): Promise<TokenRow> {
  const beyond = token.scopes.find((scope) => !mayActAs(principal, scope));
  if (beyond !== undefined)
    throw new ApiProblem('forbidden', { detail: `you may not do what ${beyond} may` });
  const { workspaceNo, accountId, email: by } = principal;
  const detail = { scopes: token.scopes };
  await audit(tx, workspaceNo, { by, action: 'token.made', subject: token.tokenId, detail });
  return addToken(tx, workspaceNo, { ...token, accountId });
}

interface Given {
  readonly name?: string | undefined;
  readonly role?: AccountRow['role'] | undefined;
  readonly isDisabled?: boolean | undefined;
  readonly passwordHash?: string | undefined;
}

async function changeOne(
  tx: Tx,
  { workspaceNo, email: by }: Principal,
  id: string,
  given: Given,
): Promise<AccountRow> {
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const losesAdmin = given.isDisabled === true || (given.role !== undefined && given.role !== 'admin');
  if (losesAdmin && (await otherAdmins(tx, id)) === 0)
    throw new ApiProblem('conflict', {
      detail: 'nobody would be left who could change accounts',
      advice: 'Make somebody else an admin first.',
    });
  const changed = await changeAccount(tx, id, change);
  if (changed === null) throw notFound('account', id);
  const { passwordHash, ...told } = change;
  const detail = { ...told, ...(passwordHash === undefined ? {} : { newPassword: true }) };
  await audit(tx, workspaceNo, { by, action: 'account.changed', subject: id, detail });
  return changed;
}

function accountShape({ accountId: id, lastSignInMs, ...rest }: AccountRow): z.infer<typeof Account> {
  const { email, name, role, isDisabled } = rest;
  return { id, email, name, role, isDisabled, lastSignInAt: at(lastSignInMs) };
}

function tokenShape({
  tokenId: id,
  name,
  scopes,
  madeMs,
  expiresMs,
  usedMs,
}: TokenRow): z.infer<typeof Token> {
  return { id, name, scopes, madeAt: at(madeMs), expiresAt: at(expiresMs), lastUsedAt: at(usedMs) };
}
