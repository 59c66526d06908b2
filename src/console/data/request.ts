/** Every call of the API goes through here: same origin, session cookie, CSRF token, failures as problem documents. */
import type { Json } from '../../lib/json.ts';

const BASE = '/api/v1';
const CSRF_HEADER = 'x-trueup-csrf';
/** Browsers refuse more than 64 KiB, and a character may take several bytes. */
const KEEPALIVE_LENGTH_MAX = 15_000;

/** A refusal of the API (RFC 9457), in words for the person who asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly advice: string | null;
  readonly errors: readonly { readonly path: string; readonly message: string }[];

  constructor(status: number, document: Partial<RefusalDocument>) {
    super(document.detail ?? document.title ?? `The server answered with status ${String(status)}.`);
    this.status = status;
    this.code = document.code ?? 'unexpected';
    this.advice = document.advice ?? null;
    this.errors = document.errors ?? [];
  }
}

interface RefusalDocument {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly advice: string | null;
  readonly errors: readonly { readonly path: string; readonly message: string }[];
}

let csrfToken = '';

/** Writes after this carry the session's token; the session query calls it whenever it learns one. */
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}

export type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Reads a resource. Parameters without a value are left out. */
export async function read<T>(
  path: string,
  parameters: Readonly<Record<string, string | undefined>> = {},
  signal?: AbortSignal,
): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') query.set(name, value);
  const suffix = query.size === 0 ? '' : `?${query.toString()}`;
  return answerOf<T>(await ask(`${BASE}${path}${suffix}`, signal === undefined ? {} : { signal }));
}

/** Writes; the answer to 204 is undefined. */
export async function write<T = undefined>(method: Method, path: string, body?: Json): Promise<T> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return answerOf<T>(
    await ask(`${BASE}${path}`, {
      method,
      // What is sent while the tab is being closed arrives all the same.
      keepalive: (text?.length ?? 0) < KEEPALIVE_LENGTH_MAX,
      headers: {
        [CSRF_HEADER]: csrfToken,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(text === undefined ? {} : { body: text }),
    }),
  );
}

async function ask(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Refusal(0, {
      code: 'unreachable',
      detail: 'Trueup cannot be reached from this browser.',
      advice: 'Check your connection, and that the server runs: trueup start',
    });
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Refusal(response.status, documentOf(text));
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** A proxy in between may answer with a page of its own. */
function documentOf(text: string): Partial<RefusalDocument> {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === 'object' && document !== null ? document : {};
  } catch {
    return {};
  }
}

/** One path segment, whatever a record's id contains. */
export const segment = encodeURIComponent;
