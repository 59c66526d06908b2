import { unreachable } from '../../lib/assert.ts';

/**
 * How a connection's authorisation stands. `reauthorise`: a person must connect again. `misconfigured`: our registration
 * with the system is refused. `unreachable`: nobody answers; it is tried again at `retryAtMs`.
 */
export type Health =
  | { readonly kind: 'new' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'reauthorise'; readonly why: string }
  | { readonly kind: 'misconfigured'; readonly why: string }
  | {
      readonly kind: 'unreachable';
      readonly why: string;
      readonly tries: number;
      readonly retryAtMs: number;
    };

/** What can happen to it. Only a token that was really granted shows that a connection is well. */
export type HealthEvent =
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'misconfigured'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string; readonly nowMs: number }
  /** A person did something about it. */
  | { readonly kind: 'resumed' };

const RETRY_BASE_MS = 1_000;
const RETRY_MS_MAX = 300_000;

/** The state after the event. What waits for a person goes on waiting for one, whatever the network does. */
export function healthAfter(health: Health, event: HealthEvent): Health {
  switch (event.kind) {
    case 'granted':
      return { kind: 'connected' };
    case 'refused':
      return { kind: 'reauthorise', why: event.why };
    case 'misconfigured':
      return { kind: 'misconfigured', why: event.why };
    case 'resumed':
      return health.kind === 'connected' ? health : { kind: 'new' };
    case 'unreachable': {
      if (health.kind === 'reauthorise' || health.kind === 'misconfigured') return health;
      const tries = health.kind === 'unreachable' ? health.tries + 1 : 1;
      const waitMs = Math.min(RETRY_MS_MAX, RETRY_BASE_MS * 2 ** Math.min(20, tries - 1));
      return { kind: 'unreachable', why: event.why, tries, retryAtMs: event.nowMs + waitMs };
    }
    default:
      return unreachable(event);
  }
}
