/** The OAuth endpoints: token, authorize, revoke, and who the bearer of a token is. */
import { createHash, createHmac } from 'node:crypto';

import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { HttpAnswer, HttpRequest } from '../http-server.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import { verifyJwt } from './jwt.ts';
import type { ConnectedApp, Login, Session, Sessions } from './sessions.ts';

const CODE_LIFETIME_MS = 900_000;
const CODE_BYTES = 30;
const JWT_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface Code {
  readonly app: ConnectedApp;
  readonly username: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly scopes: readonly string[];
  readonly issuedMs: number;
}

/** An error of the token endpoint, which is not an array and has names of its own. */
class OAuthError extends Error {
  readonly code: string;

  constructor(code: string, description: string) {
    super(description);
    this.code = code;
  }
}

export class OAuth {
  /** The user who is at the browser when a client opens the authorize page; they say yes at once, or no. */
  consent: { readonly kind: 'allow'; readonly username: string } | { readonly kind: 'deny' };
  readonly #orgId: string;
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #codes = new Map<string, Code>();

  constructor(orgId: string, sessions: Sessions, clock: Clock, random: Random, username: string) {
    this.#orgId = orgId;
    this.#sessions = sessions;
    this.#clock = clock;
    this.#random = random;
    this.consent = { kind: 'allow', username };
  }

  /** Null when the path is none of OAuth's. */
  answer(request: HttpRequest): HttpAnswer | null {
    switch (request.path) {
      case '/services/oauth2/token':
        return this.#tokenAnswer(request);
      case '/services/oauth2/authorize':
        return this.#authorize(request.query);
      case '/services/oauth2/revoke':
        return this.#revoke(request);
      case '/services/oauth2/userinfo':
        return this.#identity(request, userOf);
      default:
        return request.path.startsWith(`/id/${this.#orgId}/`) ? this.#identity(request, identityOf) : null;
    }
  }

  /** The session whose token the request carries, or null. */
  sessionOf(request: HttpRequest): Session | null {
    const [, token] = /^(?:Bearer|OAuth) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    return token === undefined ? null : this.#sessions.find(token);
  }

  #tokenAnswer(request: HttpRequest): HttpAnswer {
    try {
      if (request.method !== 'POST') throw new OAuthError('invalid_request', 'must use HTTP POST');
      return this.#grant(new URLSearchParams(request.body.toString('utf8')), request.origin);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return jsonAnswer(400, { error: error.code, error_description: error.message });
    }
  }

  #grant(form: URLSearchParams, origin: string): HttpAnswer {
    switch (form.get('grant_type')) {
      case 'password':
        return this.#opened(origin, this.#app(form), this.#passwordLogin(form), false);
      case 'client_credentials':
        return this.#clientCredentials(origin, this.#app(form));
      case 'refresh_token':
        return this.#refresh(origin, this.#app(form), form.get('refresh_token') ?? '');
      case JWT_GRANT:
        return this.#jwt(origin, form.get('assertion') ?? '');
      case 'authorization_code':
        return this.#redeem(origin, form);
      default:
        throw new OAuthError('unsupported_grant_type', 'grant type not supported');
    }
  }

  #app(form: URLSearchParams): ConnectedApp {
    const app = this.#sessions.app(form.get('client_id') ?? '');
    if (app === null) throw new OAuthError('invalid_client_id', 'client identifier invalid');
    if (app.clientSecret !== null && form.get('client_secret') !== app.clientSecret) {
      throw new OAuthError('invalid_client', 'invalid client credentials');
    }
    return app;
  }

  #passwordLogin(form: URLSearchParams): Login {
    const login = this.#sessions.login(form.get('username') ?? '');
    if (login === null || form.get('password') !== login.password) {
      throw new OAuthError('invalid_grant', 'authentication failure');
    }
    return login;
  }

  #clientCredentials(origin: string, app: ConnectedApp): HttpAnswer {
    const login = app.runAs === null ? null : this.#sessions.login(app.runAs);
    if (login === null) throw new OAuthError('invalid_grant', 'no client credentials user enabled');
    return this.#opened(origin, app, login, false);
  }

  #refresh(origin: string, app: ConnectedApp, token: string): HttpAnswer {
    const refreshed = this.#sessions.refresh(token, app);
    if (refreshed === null) throw new OAuthError('invalid_grant', 'expired access/refresh token');
    const rotated = app.rotatesRefreshTokens ? { refresh_token: refreshed.refreshToken } : {};
    return jsonAnswer(200, { ...this.#grantBody(refreshed.session, origin), ...rotated });
  }

  #jwt(origin: string, assertion: string): HttpAnswer {
    const verified = verifyJwt(assertion, {
      certificateOf: (clientId) => this.#sessions.app(clientId)?.certificate ?? null,
      audiences: [origin, 'https://login.salesforce.com', 'https://test.salesforce.com'],
      nowMs: this.#clock.nowMs(),
    });
    if (verified.kind === 'refused') throw new OAuthError('invalid_grant', verified.reason);
    const app = this.#sessions.app(verified.clientId);
    const login = this.#sessions.login(verified.username);
    if (app === null || login === null)
      throw new OAuthError('invalid_grant', "user hasn't approved this consumer");
    return this.#opened(origin, app, login, false);
  }

  #redeem(origin: string, form: URLSearchParams): HttpAnswer {
    const app = this.#app(form);
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const isFresh = code !== undefined && this.#clock.nowMs() < code.issuedMs + CODE_LIFETIME_MS;
    if (!isFresh || code.app.clientId !== app.clientId) {
      throw new OAuthError('invalid_grant', 'expired authorization code');
    }
    if (form.get('redirect_uri') !== code.redirectUri) {
      throw new OAuthError('redirect_uri_mismatch', 'redirect_uri must match configuration');
    }
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code.challenge !== null && code.challenge !== verifier) {
      throw new OAuthError('invalid_grant', 'invalid code verifier');
    }
    const login = this.#sessions.login(code.username);
    if (login === null) throw new OAuthError('invalid_grant', 'authentication failure');
    return this.#opened(origin, app, login, true, code.scopes);
  }

  #opened(
    origin: string,
    app: ConnectedApp,
    login: Login,
    mayRefresh: boolean,
    scopes: readonly string[] = app.scopes,
  ): HttpAnswer {
    const session = this.#sessions.open(app, login, scopes);
    const refreshes = mayRefresh && session.scopes.includes('refresh_token');
    const body = this.#grantBody(session, origin);
    return jsonAnswer(
      200,
      refreshes ? { ...body, refresh_token: this.#sessions.issueRefreshToken(session) } : body,
    );
  }

  #grantBody(session: Session, origin: string): Readonly<Record<string, unknown>> {
    const id = this.#idUrl(session, origin);
    const issuedAt = String(session.issuedMs);
    return {
      access_token: session.token,
      signature: createHmac('sha256', session.app.clientSecret ?? '')
        .update(id + issuedAt)
        .digest('base64'),
      scope: session.scopes.join(' '),
      instance_url: origin,
      id,
      token_type: 'Bearer',
      issued_at: issuedAt,
    };
  }

  #idUrl({ login }: Session, origin: string): string {
    return `${origin}/id/${this.#orgId}/${login.actor.userId}`;
  }

  #authorize(query: URLSearchParams): HttpAnswer {
    const app = this.#sessions.app(query.get('client_id') ?? '');
    const redirectUri = query.get('redirect_uri') ?? '';
    if (app === null)
      return textAnswer(400, 'error=invalid_client_id&error_description=client+identifier+invalid');
    if (!app.redirectUris.includes(redirectUri)) {
      return textAnswer(
        400,
        'error=redirect_uri_mismatch&error_description=redirect_uri+must+match+configuration',
      );
    }
    const target = new URL(redirectUri);
    const state = query.get('state');
    if (state !== null) target.searchParams.set('state', state);
    if (this.consent.kind === 'deny') {
      target.searchParams.set('error', 'access_denied');
      target.searchParams.set('error_description', 'end-user denied authorization');
    } else {
      target.searchParams.set('code', this.#newCode(app, this.consent.username, redirectUri, query));
    }
    return { status: 302, headers: { location: target.href }, body: '' };
  }

  #newCode(app: ConnectedApp, username: string, redirectUri: string, query: URLSearchParams): string {
    const code = `aPrx${Buffer.from(this.#random.bytes(CODE_BYTES)).toString('base64url')}==`;
    const scopes = query.get('scope')?.split(' ') ?? app.scopes;
    const challenge = query.get('code_challenge');
    this.#codes.set(code, { app, username, redirectUri, challenge, scopes, issuedMs: this.#clock.nowMs() });
    return code;
  }

  #revoke(request: HttpRequest): HttpAnswer {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const token = form.get('token') ?? request.query.get('token') ?? '';
    if (this.#sessions.revoke(token)) return textAnswer(200, '');
    return jsonAnswer(400, { error: 'invalid_token', error_description: 'invalid token' });
  }

  #identity(
    request: HttpRequest,
    shape: (
      session: Session,
      idUrl: string,
      orgId: string,
      origin: string,
    ) => Readonly<Record<string, unknown>>,
  ): HttpAnswer {
    const session = this.sessionOf(request);
    if (session === null) return textAnswer(403, 'Bad_OAuth_Token');
    return jsonAnswer(200, shape(session, this.#idUrl(session, request.origin), this.#orgId, request.origin));
  }
}

function identityOf(
  session: Session,
  id: string,
  orgId: string,
  origin: string,
): Readonly<Record<string, unknown>> {
  const { actor, username } = session.login;
  return {
    id,
    asserted_user: true,
    user_id: actor.userId,
    organization_id: orgId,
    username,
    display_name: actor.name,
    email: username,
    active: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    urls: urlsOf(origin),
  };
}

function userOf(
  session: Session,
  id: string,
  orgId: string,
  origin: string,
): Readonly<Record<string, unknown>> {
  const { actor, username } = session.login;
  return {
    sub: id,
    user_id: actor.userId,
    organization_id: orgId,
    preferred_username: username,
    name: actor.name,
    email: username,
    email_verified: true,
    zoneinfo: 'GMT',
    active: true,
    urls: urlsOf(origin),
  };
}

function urlsOf(origin: string): Readonly<Record<string, string>> {
  const data = `${origin}/services/data/v{version}/`;
  return { rest: data, sobjects: `${data}sobjects/`, query: `${data}query/`, custom_domain: origin };
}
