/** A logged-in account: its tokens, and where its org lives. */
import type { ConnectorContext } from '../../connector/contract.ts';
import type { BudgetStore } from '../../connector/http/budget.ts';
import type { NetworkPolicy } from '../../connector/http/network.ts';
import { createTransport, type Transport } from '../../connector/http/transport.ts';
import { boundTokens } from '../../connector/oauth/bound-tokens.ts';
import type { Consent } from '../../connector/oauth/consent.ts';
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
import type { TokenStore } from '../../connector/oauth/token-store.ts';
import { refuse } from './failures.ts';
import type { Settings } from './settings.ts';
import { textOf } from './wire.ts';

/** What stands in for the context's own, and who is told of the account's health. */
export interface Deployment {
  readonly network?: NetworkPolicy;
  readonly tokens?: TokenStore;
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
      store: tokensFor(settings, tokens ?? context.tokens),
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
  if (grant.kind === 'refresh' || grant.kind === 'person') return refreshGrant(endpoint);
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

/** What a person is asked for who signs in; null where the settings say in whose name to act. */
export function consentOf(settings: Settings): Consent | null {
  const { grant, loginUrl, clientId } = settings;
  if (grant.kind !== 'person') return null;
  return {
    authorizationUrl: `${loginUrl}/services/oauth2/authorize`,
    tokenUrl: `${loginUrl}/services/oauth2/token`,
    clientId,
    authentication: authenticationOf(settings),
    scope: 'api refresh_token',
    // Callbacks must be https, with this one exception.
    callbackHost: 'localhost',
    boundTo: accountOf(settings),
    accountOf: (extra) => {
      const { organisationId } = identityIn(textOf(extra['id']));
      return organisationId === '' ? null : organisationId;
    },
  };
}

function tokensFor(settings: Settings, store: TokenStore): TokenStore {
  const { grant } = settings;
  return boundTokens(store, accountOf(settings), grant.kind === 'refresh' ? grant.refreshToken : null);
}

/** What tokens are for. A new key or secret that stands for the account proves itself at once. */
function accountOf({ loginUrl, clientId, grant }: Settings): readonly string[] {
  const account = [loginUrl, clientId, grant.kind];
  if (grant.kind === 'jwt') return [...account, grant.username, grant.privateKey.reveal()];
  return grant.kind === 'clientCredentials' ? [...account, grant.clientSecret.reveal()] : account;
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
