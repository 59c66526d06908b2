import { ConnectorFailure } from '../failure.ts';
import type { Health } from './health.ts';

/** What callers get while a connection has no token to use: nothing was sent. */
export function parkedFailure(
  health: Health,
  { system, title }: { readonly system: string; readonly title: string },
): ConnectorFailure {
  switch (health.kind) {
    case 'misconfigured':
      return new ConnectorFailure({
        kind: 'config',
        code: `${system}.client_refused`,
        message: `${title} refuses our registration: ${health.why}`,
        advice: "Check the client id, its secret or key, and its scopes in the system's own settings.",
      });
    case 'unreachable':
      return new ConnectorFailure({
        kind: 'transient',
        code: `${system}.token_unreachable`,
        message: `No access token of ${title} can be had: ${health.why}`,
        retryAfterMs: 1_000 * 2 ** Math.min(8, health.tries - 1),
      });
    case 'reauthorise':
    case 'new':
    case 'connected':
      return new ConnectorFailure({
        kind: 'auth',
        code: `${system}.reauthorise`,
        message: `The authorisation of ${title} has ended${health.kind === 'reauthorise' ? `: ${health.why}` : ''}`,
        advice: 'Connect the account again with `trueup connect`. Nothing is lost meanwhile.',
      });
  }
}
