import { isJsonArray, type Json, type JsonObject } from '../../lib/json.ts';
import { collected, parsedJson } from '../http/content.ts';
import type { Transport } from '../http/transport.ts';

const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 256 * 1024;
const UNAVAILABLE = 503;

/** What the OAuth libraries ask of a fetch. */
interface FetchInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams | null | undefined;
}

/** As the OAuth libraries call it. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

/** A fetch over our own transport, so that the library's requests are guarded and bounded like all others. */
export function plainFetchOver(transport: Transport, timeoutMs = TIMEOUT_MS): Fetch {
  return async (url, { method, headers, body }) => {
    const received = await transport.send({
      method,
      url: new URL(url),
      headers,
      body:
        body === undefined || body === null
          ? undefined
          : { kind: 'text', text: body.toString(), contentType: 'application/x-www-form-urlencoded' },
      timeoutMs,
      answerBytesMax: ANSWER_BYTES_MAX,
      // Shared by all who wait for the answer, so nobody's own signal ends it; closing the transport does.
      signal: new AbortController().signal,
    });
    const text = (await collected(received.chunks)).toString('utf8');
    return new Response(text === '' ? null : text, {
      status: received.status,
      headers: { 'content-type': received.headers.get('content-type') ?? 'text/plain' },
    });
  };
}

/**
 * The same, evening out what systems leave off: some name no token type, and an identity token that nobody asked for must
 * not stop anybody.
 */
export function fetchOver(transport: Transport): Fetch {
  const fetch = plainFetchOver(transport);
  return async (url, init) => {
    const answer = await fetch(url, init);
    const text = await answer.text();
    const parsed = parsedJson(text);
    const isError = answer.status !== 200;
    const json = parsed.kind === 'json' ? evened(parsed.value, isError) : null;
    const type = json === null ? 'text/plain' : 'application/json';
    return new Response(json === null ? text : JSON.stringify(json), {
      status: json === null && isError ? UNAVAILABLE : answer.status,
      headers: { 'content-type': type },
    });
  };
}

function evened(answer: Json, isError: boolean): Json {
  if (answer === null || typeof answer !== 'object' || isJsonArray(answer)) return answer;
  if (isError) return typeof answer['error'] === 'string' ? answer : namedError(answer);
  const { id_token: _, ...rest } = answer;
  return { token_type: 'bearer', ...rest };
}

/** Some refuse in words of their own; what matters is whether the grant or our registration is at fault. */
function namedError(answer: JsonObject): Json {
  const grant = /grant|refresh|code/i.test(JSON.stringify(answer));
  const message = answer['message'];
  return {
    error: grant ? 'invalid_grant' : 'invalid_client',
    ...(typeof message === 'string' ? { error_description: message } : {}),
  };
}
