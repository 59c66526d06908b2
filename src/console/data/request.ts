/** Every call of the API goes through here: same origin, session cookie, CSRF token, failures as problem documents. */
import type { Address, Answer, Asking, Method as AnyMethod } from './endpoints.ts';

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

export type Method = Exclude<AnyMethod, 'GET'>;

/** What a request says, before it is known to be what its address takes. */
interface Told {
  readonly param?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly json?: unknown;
}

/** Asks for what the API has at an address. Parameters of the query without a value are left out. */
export function get<A extends Address<'GET'>>(
  address: A,
  signal: AbortSignal | undefined,
  ...asking: Asking<'GET', A>
): Promise<Answer<'GET', A>>;
export async function get(
  address: string,
  signal: AbortSignal | undefined,
  ...asking: readonly unknown[]
): Promise<unknown> {
  return answerOf(await ask(urlOf(address, toldBy(asking)), signal === undefined ? {} : { signal }));
}

/** Writes; the answer to 204 is undefined. */
export function send<M extends Method, A extends Address<M>>(
  method: M,
  address: A,
  ...asking: Asking<M, A>
): Promise<Answer<M, A>>;
export async function send(method: Method, address: string, ...asking: readonly unknown[]): Promise<unknown> {
  const told = toldBy(asking);
  const { json } = told;
  const text = json === undefined ? undefined : JSON.stringify(json);
  return answerOf(
    await ask(urlOf(address, told), {
      method,
      // What is sent while the tab is being closed arrives all the same.
      keepalive: (text?.length ?? 0) < KEEPALIVE_LENGTH_MAX,
      headers: {
        [CSRF_HEADER]: csrfToken,
        ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(text === undefined ? {} : { body: text }),
    }),
  );
}

/** The address of a file to be downloaded, or of anything else that the browser itself goes to. */
export function hrefOf<A extends Address<'GET'>>(address: A, ...asking: Asking<'GET', A>): string;
export function hrefOf(address: string, ...asking: readonly unknown[]): string {
  return urlOf(address, toldBy(asking));
}

/** The types of each address have said what it is. */
function toldBy([told]: readonly unknown[]): Told {
  return told ?? {};
}

function urlOf(address: string, { param = {}, query = {} }: Told): string {
  const path = address.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(param[name] ?? ''));
  const filled = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') filled.set(name, value);
  return `${BASE}${path}${filled.size === 0 ? '' : `?${filled.toString()}`}`;
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

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!response.ok) throw new Refusal(response.status, documentOf(text));
  return text === '' ? undefined : JSON.parse(text);
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
