/** The REST API: versions, sessions, limits, and from there to the route that answers. */
import type { HttpAnswer, HttpRequest } from '../http-server.ts';
import { errorAnswer, jsonAnswer } from './answer.ts';
import type { Call, Route } from './call.ts';
import type { Cursors } from './cursors.ts';
import { notFound, SalesforceError } from './failure.ts';
import type { Limits } from './limits.ts';
import type { OAuth } from './oauth.ts';
import type { Org } from './org.ts';
import type { Session } from './sessions.ts';
import { Viewer } from './viewer.ts';

const OLDEST_VERSION = 31;
const NEWEST_VERSION = 68;
const URI_LENGTH_MAX = 16_384;
const DATA = /^\/services\/data\/v(\d{1,3}\.0)(\/.*)?$/;

export interface RestParts {
  readonly org: Org;
  readonly limits: Limits;
  readonly cursors: Cursors;
  readonly oauth: OAuth;
  readonly routes: readonly Route[];
}

/** Null when the path is none of the REST API's. Every other answer tells how much of the day's allowance is used. */
export function answerRest(parts: RestParts, request: HttpRequest): HttpAnswer | null {
  if (/^\/services\/data\/?$/.test(request.path)) return jsonAnswer(200, versions());
  const [, version, path = '/'] = DATA.exec(request.path) ?? [];
  if (version === undefined) return null;
  let answer: HttpAnswer;
  try {
    answer = admitted(parts, request, version, path.replace(/(?<=.)\/$/, ''));
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    answer = errorAnswer(error);
  }
  return { ...answer, headers: { 'sforce-limit-info': parts.limits.header(), ...answer.headers } };
}

function admitted(parts: RestParts, request: HttpRequest, version: string, path: string): HttpAnswer {
  if (Number(version) < OLDEST_VERSION) {
    throw new SalesforceError('UNSUPPORTED_API_VERSION', 'Invalid Api version specified on URL', {
      status: 410,
    });
  }
  if (Number(version) > NEWEST_VERSION) throw notFound();
  if (request.path.length + request.query.toString().length > URI_LENGTH_MAX) {
    throw new SalesforceError('REQUEST_TOO_LONG', 'URI Too Long', { status: 414 });
  }
  const session = signedIn(parts, request);
  parts.limits.admit(`${request.method} ${/^(?:\/[^/]+){1,2}/.exec(path)?.[0] ?? path}`);
  return routed(parts, request, session, version, path);
}

function signedIn(parts: RestParts, request: HttpRequest): Session {
  const session = parts.oauth.sessionOf(request);
  if (session === null) throw unauthorized('Session expired or invalid');
  if (session.scopes.some((scope) => scope === 'api' || scope === 'full')) return session;
  throw unauthorized('This session is not valid for use with the REST API');
}

function unauthorized(message: string): SalesforceError {
  return new SalesforceError('INVALID_SESSION_ID', message, { status: 401 });
}

function routed(
  parts: RestParts,
  request: HttpRequest,
  session: Session,
  version: string,
  path: string,
): HttpAnswer {
  const matching = parts.routes.flatMap((route) => {
    const match = route.path.exec(path);
    return match === null ? [] : [{ route, match }];
  });
  const found = matching.find(({ route }) => route.method === request.method);
  if (found === undefined) throw matching.length === 0 ? notFound() : notAllowed(request.method);
  const { org, limits, cursors } = parts;
  const call: Call = {
    org,
    limits,
    cursors,
    request,
    session,
    version,
    viewer: new Viewer(org, session.login.actor),
    params: found.match.slice(1).map((part) => decoded(part)),
    dispatch: (inner) => inside(parts, inner, session),
  };
  return found.route.run(call);
}

/** A part of a composite request: no request of its own for the limits, and its errors stay its own. */
function inside(parts: RestParts, request: HttpRequest, session: Session): HttpAnswer {
  const [, version = '', path = ''] = DATA.exec(request.path) ?? [];
  try {
    return routed(parts, request, session, version, path);
  } catch (error) {
    if (!(error instanceof SalesforceError)) throw error;
    return errorAnswer(error);
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound();
  }
}

function notAllowed(method: string): SalesforceError {
  const message = `HTTP Method '${method}' not allowed. Allowed are those of the resource.`;
  return new SalesforceError('METHOD_NOT_ALLOWED', message, { status: 405 });
}

function versions(): readonly Readonly<Record<string, string>>[] {
  return Array.from({ length: NEWEST_VERSION - OLDEST_VERSION + 1 }, (_, index) => {
    const version = `${String(OLDEST_VERSION + index)}.0`;
    return { label: `Release ${version}`, url: `/services/data/v${version}`, version };
  });
}
