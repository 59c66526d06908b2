/** Connected apps, logins and the tokens given out. */
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import type { Actor } from './log.ts';

export interface ConnectedApp {
  readonly clientId: string;
  /** Null for a public client, which proves itself with PKCE. */
  readonly clientSecret: string | null;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
  /** PEM of the certificate or public key that signs its JWTs; null refuses the JWT flow. */
  readonly certificate: string | null;
  /** Whether every refresh gives a new refresh token and ends the old one. */
  readonly rotatesRefreshTokens: boolean;
  /** As whom the client credentials flow runs; null refuses that flow. */
  readonly runAs: string | null;
}

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly actor: Actor;
}

export interface Session {
  readonly token: string;
  readonly app: ConnectedApp;
  readonly login: Login;
  readonly scopes: readonly string[];
  readonly issuedMs: number;
}

interface RefreshToken {
  readonly token: string;
  readonly clientId: string;
  readonly username: string;
  readonly scopes: readonly string[];
}

const TOKEN_BYTES = 60;
const REFRESH_BYTES = 40;
/** Salesforce silently drops the oldest when a user approves the same app once more. */
const REFRESH_TOKENS_MAX = 5;

export class Sessions {
  /** How long an access token is good for, counted from when it was given out. */
  sessionMs = 7_200_000;
  readonly #orgId: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #apps = new Map<string, ConnectedApp>();
  readonly #logins = new Map<string, Login>();
  readonly #sessions = new Map<string, Session>();
  #refreshTokens: readonly RefreshToken[] = [];

  constructor(orgId: string, clock: Clock, random: Random) {
    this.#orgId = orgId;
    this.#clock = clock;
    this.#random = random;
  }

  /** Adds an app, or replaces the one with its client id: so a scope is dropped, a secret changed, rotation turned on. */
  register(app: ConnectedApp): void {
    this.#apps.set(app.clientId, app);
  }

  /** Takes an app away, with all its tokens. */
  unregister(clientId: string): void {
    this.#apps.delete(clientId);
    this.#refreshTokens = this.#refreshTokens.filter((token) => token.clientId !== clientId);
    for (const [token, { app }] of this.#sessions)
      if (app.clientId === clientId) this.#sessions.delete(token);
  }

  app(clientId: string): ConnectedApp | null {
    return this.#apps.get(clientId) ?? null;
  }

  addLogin(login: Login): void {
    this.#logins.set(login.username, login);
  }

  login(username: string): Login | null {
    return this.#logins.get(username) ?? null;
  }

  /** A new access token. What was asked for beyond the app's scopes is not granted. */
  open(app: ConnectedApp, login: Login, scopes: readonly string[] = app.scopes): Session {
    const token = `${this.#orgId.slice(0, 15)}!${this.#text(TOKEN_BYTES)}`;
    const granted = scopes.filter((scope) => app.scopes.includes(scope));
    const session = { token, app, login, scopes: granted, issuedMs: this.#clock.nowMs() };
    this.#sessions.set(token, session);
    return session;
  }

  /** The session of a token that is still good, otherwise null. */
  find(token: string): Session | null {
    const session = this.#sessions.get(token);
    if (session === undefined) return null;
    if (this.#clock.nowMs() < session.issuedMs + this.sessionMs) return session;
    this.#sessions.delete(token);
    return null;
  }

  issueRefreshToken(session: Session): string {
    const token = `5Aep861${this.#text(REFRESH_BYTES)}`;
    const { app, login, scopes } = session;
    const isSame = (other: RefreshToken): boolean =>
      other.clientId === app.clientId && other.username === login.username;
    const own = this.#refreshTokens.filter(isSame).slice(1 - REFRESH_TOKENS_MAX);
    const others = this.#refreshTokens.filter((other) => !isSame(other));
    this.#refreshTokens = [
      ...others,
      ...own,
      { token, clientId: app.clientId, username: login.username, scopes },
    ];
    return token;
  }

  /** A new session for a refresh token, with the token to use from now on; null when the token is not good. */
  refresh(
    token: string,
    app: ConnectedApp,
  ): { readonly session: Session; readonly refreshToken: string } | null {
    const found = this.#refreshTokens.find(
      (other) => other.token === token && other.clientId === app.clientId,
    );
    const login = found === undefined ? null : this.login(found.username);
    if (found === undefined || login === null) return null;
    const session = this.open(app, login, found.scopes);
    if (!app.rotatesRefreshTokens) return { session, refreshToken: token };
    this.#refreshTokens = this.#refreshTokens.filter((other) => other !== found);
    return { session, refreshToken: this.issueRefreshToken(session) };
  }

  /** Ends a token of either kind. False when there is no such token. */
  revoke(token: string): boolean {
    const count = this.#refreshTokens.length;
    this.#refreshTokens = this.#refreshTokens.filter((other) => other.token !== token);
    return this.#sessions.delete(token) || this.#refreshTokens.length < count;
  }

  /** Ends all access tokens, as a release or an administrator does; refresh tokens stay good. */
  expireAll(): void {
    this.#sessions.clear();
  }

  /** Ends all refresh tokens: from now on a person must log in again. */
  revokeRefreshTokens(): void {
    this.#refreshTokens = [];
  }

  #text(bytes: number): string {
    return Buffer.from(this.#random.bytes(bytes)).toString('base64url').replaceAll(/[-_]/g, '.');
  }
}
