import { BlockList, isIP } from 'node:net';

import type { NetworkPolicy } from './network.ts';

/** Where an address leads. `never`: no business system is there, whatever the deployment allows. */
type Reach = 'public' | 'private' | 'loopback' | 'never';

const LOOPBACK = blocks(['127.0.0.0', 8], ['::1', 128]);

/** Private networks of RFC 1918 and 4193, carriers' own (6598), benchmarks (2544), and IPv6 site-local. */
const PRIVATE = blocks(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  ['fc00::', 7],
  ['fec0::', 10],
);

/** Unspecified, link-local with the clouds' metadata services, multicast, reserved, and IPv4 inside other IPv6 forms. */
const NEVER = blocks(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['::', 128],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fd00:ec2::', 32],
  ['fe80::', 10],
  ['ff00::', 8],
);

/** Whether the policy lets a connection go to this address: the one that is really dialled, after every look-up. */
export function mayReach(address: string, policy: NetworkPolicy): boolean {
  const reach = reachOf(address);
  if (reach === 'private') return policy.allowPrivate === true;
  if (reach === 'loopback') return policy.allowLoopback === true;
  return reach === 'public';
}

function reachOf(address: string): Reach {
  const plain = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(plain);
  if (family === 0) return 'never';
  // A block list sees through IPv4-mapped addresses (::ffff:10.0.0.1) by itself.
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  if (LOOPBACK.check(plain, kind)) return 'loopback';
  if (NEVER.check(plain, kind)) return 'never';
  return PRIVATE.check(plain, kind) ? 'private' : 'public';
}

function blocks(...nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, isIP(net) === 4 ? 'ipv4' : 'ipv6');
  return list;
}
