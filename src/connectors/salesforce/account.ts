/** A logged-in account: its tokens, and where its org lives. */
import type { ConnectorContext } from '../../connector/contract.ts';
import type { BudgetStore } from '../../connector/http/budget.ts';
import type { NetworkPolicy } from '../../connector/http/network.ts';
import { createTransport, type Transport } from '../../connector/http/transport.ts';
import { createTokenSource } from '../../connector/oauth/create-token-source.ts';
import {
  clientCredentialsGrant,
  jwtBearerGrant,
  refreshGrant,
  type Obtain,
} from '../../connector/oauth/grants.ts';
import type { Health } from '../../connector/oauth/health.ts';
import { signingKey } from '../../connector/oauth/jwt.ts';
import type { ClientAuthentication, TokenEndpoint } from '../../connector/oauth/token-endpoint.ts';
import type { TokenSource } from '../../connector/oauth/token-source.ts';
import { createMemoryTokens, type TokenStore } from '../../connector/oauth/token-store.ts';
import { Secret } from '../../lib/secret.ts';
import { refuse } from './failures.ts';
import type { Settings } from './settings.ts';
import { textOf } from './wire.ts';

/** What the deployment gives beyond the contract's context. */
export interface Deployment {
  readonly network?: NetworkPolicy;
  /** Where tokens are kept for all workers; without it, each process keeps its own and a rotated one dies with it. */
  readonly tokens?: TokenStore;
  /** Shared by all workers; without it, each process counts for itself. */
  readonly budgets?: BudgetStore;
  /** Told once of every change: this is where a person is asked, once. */
  readonly onHealth?: (health: Health) => void;
}

export interface Account {
  readonly source: TokenSource;
  /** Scheme and host of the org. */
  readonly instanceUrl: string;
  readonly organisationId: string;
  readonly userId: string;
  close(): Promise<void>;
}

/** Logs in. Refused credentials ⇒ `auth`; a refused app ⇒ `config`; nobody there ⇒ `transient`. */
export async function openAccount(
  settings: Settings,
  context: ConnectorContext,
  { network, tokens, onHealth }: Deployment,
): Promise<Account> {
  const { clock } = context;
  const transport = createTransport({ clock, ...(network === undefined ? {} : { network }) });
  try {
    const source = createTokenSource({
      system: 'salesforce',
      title: 'Salesforce',
      obtain: obtainOf(settings, context, transport),
      store: tokens ?? ownTokens(settings),
      clock,
      ...(onHealth === undefined ? {} : { onHealth }),
    });
    const { extra } = await source.accessToken(new AbortController().signal);
    const identity = identityIn(textOf(extra['id']));
    return {
      source,
      instanceUrl: instanceOf(textOf(extra['instance_url']), settings.loginUrl),
      ...identity,
      close: () => transport.close(),
    };
  } catch (error) {
    await transport.close();
    throw error;
  }
}

function obtainOf(settings: Settings, context: ConnectorContext, transport: Transport): Obtain {
  const { grant, loginUrl, clientId } = settings;
  const endpoint: TokenEndpoint = {
    url: `${loginUrl}/services/oauth2/token`,
    clientId,
    authentication: authenticationOf(settings),
    transport,
    clock: context.clock,
  };
  if (grant.kind === 'refresh') return refreshGrant(endpoint);
  if (grant.kind === 'clientCredentials') return clientCredentialsGrant(endpoint);
  const key = signingKey(grant.privateKey, 'salesforce');
  const assertion = {
    issuer: clientId,
    subject: grant.username,
    audience: loginUrl,
    key,
    algorithm: 'RS256' as const,
  };
  return jwtBearerGrant(endpoint, assertion, context.clock, context.random);
}

/** Salesforce wants the secret in the body. */
function authenticationOf({ grant }: Settings): ClientAuthentication {
  const clientSecret = grant.kind === 'jwt' ? null : grant.clientSecret;
  return clientSecret === null ? { kind: 'none' } : { kind: 'post', clientSecret };
}

/** The refresh token of the settings stands for an access token that has run out. */
function ownTokens({ grant }: Settings): TokenStore {
  if (grant.kind !== 'refresh') return createMemoryTokens();
  return createMemoryTokens({
    accessToken: new Secret(''),
    refreshToken: grant.refreshToken,
    obtainedAtMs: 0,
    expiresAtMs: 0,
    extra: {},
  });
}

/** The login's answer says where to send the credential, so it must not lead from encryption into the open. */
function instanceOf(text: string, loginUrl: string): string {
  const url = URL.parse(text);
  const isSafe = url !== null && (url.protocol === 'https:' || url.protocol === new URL(loginUrl).protocol);
  if (isSafe) return url.origin;
  throw refuse('bad_instance', 'The login at Salesforce named no address of an org.');
}

function identityIn(id: string): { readonly organisationId: string; readonly userId: string } {
  const [, organisationId = '', userId = ''] =
    /\/id\/([A-Za-z0-9]{15,18})\/([A-Za-z0-9]{15,18})$/.exec(id) ?? [];
  return { organisationId, userId };
}
