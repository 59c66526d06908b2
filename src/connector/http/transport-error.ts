import type { Deadline } from './deadline.ts';
import { ForbiddenAddressError } from './guarded-connect.ts';

/** Why there is no whole answer. */
export type TransportReason =
  | 'forbidden'
  | 'malformed'
  | 'certificate'
  | 'unreachable'
  | 'timeout'
  | 'interrupted'
  | 'broken'
  | 'tooLarge'
  | 'encoding';

/** No whole answer. `sent` is false only when it is certain that no byte of the request left. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly reason: TransportReason;
  readonly sent: boolean;
  /** The operating system's or the HTTP library's word for it, such as ECONNREFUSED. */
  readonly code: string;

  constructor(reason: TransportReason, sent: boolean, code: string = reason, cause?: unknown) {
    super(`${reason} (${code})`, { cause });
    this.reason = reason;
    this.sent = sent;
    this.code = code;
  }
}

/** What an exchange threw, as a transport error; errors of ours pass unchanged. */
export function transportError(error: unknown, sent: boolean, deadline: Deadline): TransportError {
  if (error instanceof TransportError) return error;
  const code = codeOf(error);
  return new TransportError(reasonOf(error, code, sent, deadline), sent, code, error);
}

function reasonOf(error: unknown, code: string, sent: boolean, deadline: Deadline): TransportReason {
  if (deadline.passed) return 'timeout';
  if (deadline.signal.aborted) return 'interrupted';
  if (error instanceof ForbiddenAddressError || code === ForbiddenAddressError.name) return 'forbidden';
  if (/CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO/.test(code)) return 'certificate';
  if (/^Z_|^ERR_?_?BROTLI|^ERR_PADDING/.test(code)) return 'encoding';
  if (!sent && /INVALID|^UND_ERR_REQ_CONTENT/.test(code)) return 'malformed';
  return sent ? 'broken' : 'unreachable';
}

/** Libraries hide the reason in the cause, sometimes one level deeper for several addresses. */
function codeOf(error: unknown, depthMax = 4): string {
  if (!(error instanceof Error) || depthMax === 0) return 'unknown';
  if (error instanceof AggregateError && error.errors.length > 0)
    return codeOf(error.errors[0], depthMax - 1);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause, depthMax - 1);
}
