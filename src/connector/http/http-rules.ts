import type { FailureRule } from './failures.ts';

/** What the statuses of HTTP mean when a connector's own rules say nothing. The last rule matches everything. */
export const HTTP_RULES: readonly FailureRule[] = [
  {
    status: [300, 301, 302, 303, 307, 308],
    kind: 'config',
    name: 'redirected',
    advice: 'Set the address of the connection to where the system really lives.',
  },
  {
    status: 401,
    kind: 'auth',
    name: 'unauthorized',
    advice: 'Connect the account again with `trueup connect`.',
  },
  {
    status: 403,
    kind: 'config',
    name: 'forbidden',
    advice: 'Give the connected account the right to do this, or take it out of the sync.',
  },
  { status: [404, 410], effect: 'write', kind: 'precondition', name: 'not_found' },
  {
    status: [404, 410],
    kind: 'config',
    name: 'not_found',
    advice: 'Check the address of the connection and the name of the collection.',
  },
  { status: 408, kind: 'lost', name: 'request_timeout' },
  { status: [409, 412], kind: 'precondition', name: 'changed_meanwhile' },
  { status: [405, 406, 411, 413, 414, 415, 501, 505], kind: 'permanent', name: 'request_not_supported' },
  { status: [400, 422], kind: 'invalid', name: 'refused' },
  {
    status: [402, 451],
    kind: 'config',
    name: 'account_blocked',
    advice: "Look into the system's account status.",
  },
  { status: [423, 425], kind: 'transient', name: 'busy' },
  { status: 428, kind: 'precondition', name: 'version_needed' },
  { status: 429, kind: 'rateLimited', name: 'rate_limited' },
  { status: 503, kind: 'transient', name: 'unavailable' },
  { status: Array.from({ length: 100 }, (_, index) => 500 + index), kind: 'lost', name: 'server_error' },
  { status: Array.from({ length: 100 }, (_, index) => 400 + index), kind: 'permanent', name: 'refused' },
  // A status of success with an error in it that the connector found but has no rule for.
  { effect: 'write', kind: 'invalid', name: 'refused' },
  { kind: 'permanent', name: 'refused' },
];
