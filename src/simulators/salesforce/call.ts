/** One request to the REST API, and what an answer to it may need. */
import type { HttpAnswer, HttpRequest } from '../http-server.ts';
import type { Cursors } from './cursors.ts';
import { jsonError, notFound, SalesforceError } from './failure.ts';
import type { Limits } from './limits.ts';
import type { Org } from './org.ts';
import type { SObject } from './schema.ts';
import type { Session } from './sessions.ts';
import type { WriteContext } from './transaction.ts';
import type { Viewer } from './viewer.ts';

export interface Call {
  readonly org: Org;
  readonly limits: Limits;
  readonly cursors: Cursors;
  readonly request: HttpRequest;
  readonly session: Session;
  readonly viewer: Viewer;
  /** The API version of the path, such as `60.0`. */
  readonly version: string;
  /** The decoded groups of the route's path. */
  readonly params: readonly string[];
  /** Answers another request of the same user, for composite ones. */
  readonly dispatch: (request: HttpRequest) => HttpAnswer;
}

export interface Route {
  readonly method: string;
  /** Matched against what follows `/services/data/vNN.0`. */
  readonly path: RegExp;
  readonly run: (call: Call) => HttpAnswer;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The object that the path names, which the user may read. */
export function objectOf(call: Call, name = call.params[0] ?? ''): SObject {
  const object = call.viewer.object(name);
  if (object === null) throw notFound();
  return object;
}

export function bodyOf(call: Call): JsonObject {
  const body = parseBody(call);
  if (!isObject(body)) throw jsonError('Unexpected content: expected a JSON object at [line:1, column:1]');
  return body;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a list in the body that must be objects. */
export function objectsIn(value: unknown, what: string): readonly JsonObject[] {
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw jsonError(`Unexpected content: expected a list of objects as ${what}`);
}

export function textsIn(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((element) => typeof element === 'string')) return value;
  throw jsonError(`Unexpected content: expected a list of strings as ${what}`);
}

export function contextOf(call: Call): WriteContext {
  return {
    actor: call.session.login.actor,
    cause: { kind: 'rest', client: clientOf(call) },
    allowDuplicates: option(call, 'sforce-duplicate-rule-header', 'allowsave')?.toLowerCase() === 'true',
    atMs: call.org.clock.nowMs(),
  };
}

/** The name that the client gives itself, which change events repeat. */
export function clientOf(call: Call): string | null {
  return option(call, 'sforce-call-options', 'client');
}

/** One setting of a header such as `Sforce-Query-Options: batchSize=200`. */
export function option(call: Call, header: string, name: string): string | null {
  const value = call.request.headers[header];
  const parts = (typeof value === 'string' ? value : '').split(/[,;]/).map((part) => part.split('='));
  return parts.find(([key]) => key?.trim().toLowerCase() === name)?.[1]?.trim() ?? null;
}

function parseBody(call: Call): unknown {
  const type = call.request.headers['content-type'] ?? '';
  if (!type.includes('json')) {
    throw new SalesforceError('UNSUPPORTED_MEDIA_TYPE', `Content-Type ${type} not supported`, {
      status: 415,
    });
  }
  try {
    return JSON.parse(call.request.body.toString('utf8'));
  } catch {
    throw jsonError('Unexpected character in the body at [line:1, column:1]');
  }
}
