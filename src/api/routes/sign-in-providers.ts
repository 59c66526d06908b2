/** Settings of the providers with which people sign in. Their secrets are taken and never given back. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { Secret } from '../../lib/secret.ts';
import { allProviders, type StoredProvider } from '../../store/sign-in-providers.ts';
import { dropProvider, setProvider } from '../actions/sign-in-provider.ts';
import { needs, principalOf, ROLES, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { json, list, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

const TEXT_LENGTH_MAX = 500;
const SECRET_LENGTH_MAX = 10_000;
const GROUPS_MAX = 200;
const ISSUER_ADVICE = 'must be an address without query, such as https://login.example.com';

const Role = z.enum(ROLES);
const Text = z.string().trim().min(1).max(TEXT_LENGTH_MAX);
export const ProviderName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);

const Settings = z.object({
  title: z.string().trim().min(1).max(60),
  issuer: z.url().max(TEXT_LENGTH_MAX).refine(isIssuer, ISSUER_ADVICE),
  clientId: Text,
  scope: Text.default('openid email profile').refine(
    (scope) => scope.split(' ').includes('openid'),
    'must contain openid',
  ),
  groupsClaim: z.string().min(1).max(200).default('groups'),
  roles: z
    .array(z.object({ group: z.string().min(1).max(TEXT_LENGTH_MAX), role: Role }))
    .max(GROUPS_MAX)
    .readonly()
    .default([]),
  defaultRole: Role.nullable().default(null),
});

/** The settings of a provider but its name and secret, checked; for commands as for requests. */
export const ProviderSettings = Settings;

const Provider = z
  .object({
    name: z.string(),
    title: z.string(),
    issuer: z.string(),
    clientId: z.string(),
    scope: z.string(),
    groupsClaim: z.string(),
    roles: list(z.object({ group: z.string(), role: Role })),
    defaultRole: Role.nullable(),
    hasSecret: z.boolean(),
  })
  .openapi('SignInProvider');

const getProviders = createRoute({
  method: 'get',
  path: '/sign-in-providers',
  tags: ['people'],
  summary: 'The providers with which people may sign in, without their secrets',
  ...needs('admin'),
  responses: { 200: json(page(Provider), 'All of them; there is no second page') },
});

const putProvider = createRoute({
  method: 'put',
  path: '/sign-in-providers/{name}',
  tags: ['people'],
  summary: 'Sets up a provider (OpenID Connect), after it has answered under its issuer',
  description:
    'Without `clientSecret` the stored one is kept, unless issuer or client id are others; null is for a client without one.',
  ...needs('admin'),
  request: {
    params: z.object({ name: ProviderName }),
    body: takes(
      Settings.extend({ clientSecret: z.string().min(1).max(SECRET_LENGTH_MAX).nullable().optional() }),
    ),
  },
  responses: { 200: json(Provider, 'The provider as it is stored') },
});

const deleteProvider = createRoute({
  method: 'delete',
  path: '/sign-in-providers/{name}',
  tags: ['people'],
  summary: 'Removes a provider; whoever came in by it is signed out',
  ...needs('admin'),
  request: { params: z.object({ name: ProviderName }) },
  responses: NO_CONTENT,
});

export function signInProviderRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getProviders, async (context) => {
      const rows = await context.get('inWorkspace')(allProviders);
      return context.json({ items: rows.map(shown), next: null }, 200);
    })
    .openapi(putProvider, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { clientSecret, ...settings } = context.req.valid('json');
      const secret = typeof clientSecret === 'string' ? new Secret(clientSecret) : clientSecret;
      const saved = await setProvider({ ...host, workspaceNo, by }, { ...settings, name }, { secret });
      return context.json(shown(saved), 200);
    })
    .openapi(deleteProvider, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      await dropProvider({ database: host.database, workspaceNo, by }, name);
      return context.body(null, 204);
    });
}

function shown(provider: StoredProvider): z.infer<typeof Provider> {
  const { name, title, issuer, clientId, scope, groupsClaim, roles, defaultRole, hasSecret } = provider;
  return { name, title, issuer, clientId, scope, groupsClaim, roles, defaultRole, hasSecret };
}

/** Whether plain http may be used is the deployment's to say, when it is dialled. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  const isBare = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return isBare && (url.protocol === 'https:' || url.protocol === 'http:');
}
