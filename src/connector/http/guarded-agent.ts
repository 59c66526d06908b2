import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';

import { checkedLookup, ForbiddenAddressError, isRefused } from './guarded-connect.ts';
import type { NetworkPolicy } from './network.ts';

/** The guard on addresses for libraries that bring a client of Node's own: one agent for one host, closed after each request. */
export function guardedAgent(policy: NetworkPolicy, protocol: string, hostname: string): Agent {
  if (isRefused(policy, protocol, hostname)) throw new ForbiddenAddressError(`${protocol}//${hostname}`);
  const options = { keepAlive: false, lookup: checkedLookup(policy) };
  return protocol === 'https:'
    ? new TlsAgent({
        ...options,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(policy.authorities === undefined ? {} : { ca: policy.authorities }),
      })
    : new Agent(options);
}
