import { lookup as lookUp } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import { buildConnector } from 'undici';

import { mayReach } from './address.ts';
import type { NetworkPolicy } from './network.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** The request was aimed where the deployment lets no connection go. Nothing was sent. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

/**
 * Dials only what the policy allows. The address that is checked is the one that is dialled, on every new socket, so a
 * name that resolves differently the next time gains nothing.
 */
export function guardedConnect(
  policy: NetworkPolicy,
  lookup: LookupFunction = lookUp,
): buildConnector.connector {
  const dial = buildConnector({
    lookup: checkedLookup(policy, lookup),
    timeout: CONNECT_TIMEOUT_MS,
    minVersion: 'TLSv1.2',
    // Said here so that no variable of the environment can say otherwise.
    rejectUnauthorized: true,
    ...(policy.authorities === undefined ? {} : { ca: policy.authorities }),
  });
  return (options, callback) => {
    if (isRefused(policy, options.protocol, options.hostname))
      callback(new ForbiddenAddressError(`${options.protocol}//${options.hostname}`), null);
    else dial(options, callback);
  };
}

/** Whether the policy forbids it before any look-up: by the protocol, or because the host is an address itself. */
export function isRefused(policy: NetworkPolicy, protocol: string, hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return (
    (protocol !== 'https:' && policy.allowPlain !== true) || (isIP(host) !== 0 && !mayReach(host, policy))
  );
}

/** One forbidden address among several refuses them all: which one is dialled is not for the answer to choose. */
export function checkedLookup(policy: NetworkPolicy, lookup: LookupFunction = lookUp): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      const allowed = addresses.every((address) => mayReach(address, policy));
      if (error === null && !allowed) callback(new ForbiddenAddressError(hostname), '', 0);
      else callback(error, found, family);
    });
  };
}
