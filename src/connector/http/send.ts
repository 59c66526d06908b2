import type { HttpClientOptions } from './client-options.ts';
import { collected } from './content.ts';
import type { HttpRequest } from './request.ts';
import type { Received, Transport } from './transport.ts';

const TIMEOUT_MS = 60_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const HOPS_MAX = 3;
/** What a cache on the way has kept from before would count as a look at the present. */
const FRESH = { 'cache-control': 'no-cache' };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends, and follows a read to where it is redirected, within its origin: any other address would get the credential.
 * What is not followed comes back as it is.
 */
export async function sendAndFollow(
  { options, transport }: { readonly options: HttpClientOptions; readonly transport: Transport },
  request: HttpRequest,
  url: URL,
  credential: Readonly<Record<string, string>>,
  streams: boolean,
): Promise<Received> {
  const sending = {
    method: request.method,
    headers: { accept: 'application/json', ...FRESH, ...options.headers, ...request.headers, ...credential },
    body: request.body,
    timeoutMs: request.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS,
    answerBytesMax: request.answerBytesMax ?? options.answerBytesMax ?? ANSWER_BYTES_MAX,
    signal: request.signal,
  };
  let target = url;
  for (let hops = 0; ; hops += 1) {
    const ready = { ...sending, url: target };
    const received = await (streams ? transport.stream(ready) : transport.send(ready));
    const next = hops < HOPS_MAX ? redirectOf(request, received, target) : null;
    if (next === null) return received;
    await collected(received.chunks);
    target = next;
  }
}

function redirectOf(request: HttpRequest, { status, headers }: Received, from: URL): URL | null {
  const location = headers.get('location');
  const isRead = request.effect === 'read' && (request.method === 'GET' || request.method === 'HEAD');
  if (!isRead || !REDIRECTS.has(status) || location === undefined) return null;
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  return to !== null && to.origin === from.origin ? to : null;
}
