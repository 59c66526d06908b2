/** A certificate authority of one run, and a certificate for this machine's loopback addresses signed by it. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

import type { Random } from '../lib/random.ts';
import {
  bitString,
  boolean,
  context,
  integer,
  moment,
  objectId,
  octets,
  sequence,
  setOf,
  text,
} from './der.ts';

export interface Certificates {
  /** What a client must trust, as PEM: for a `ca` option or NODE_EXTRA_CA_CERTS. */
  readonly ca: string;
  readonly certificate: string;
  readonly privateKey: string;
}

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
};
const VERSION_3 = Uint8Array.of(2);
const SERIAL_BYTES = 16;
const DAY_MS = 86_400_000;
/** Around now, so that clocks that differ by hours still agree that it is valid. */
const VALID_BEFORE_MS = 2 * DAY_MS;
const VALID_AFTER_MS = 365 * DAY_MS;
const KEY_CERT_SIGN = bitString(Uint8Array.of(0x06), 1);
const DIGITAL_SIGNATURE = bitString(Uint8Array.of(0x80), 7);

/** Fresh keys each time, from the operating system: the private key never leaves this process. */
export function createCertificates(nowMs: number, random: Random): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authorityName = nameOf('Trueup simulators');
  const issue = (subject: Buffer, key: KeyObject, extensions: readonly Buffer[]): string =>
    pem(
      signedBy(authority.privateKey, [
        context(0, integer(VERSION_3)),
        integer(random.bytes(SERIAL_BYTES)),
        ALGORITHM,
        authorityName,
        sequence(moment(nowMs - VALID_BEFORE_MS), moment(nowMs + VALID_AFTER_MS)),
        subject,
        key.export({ type: 'spki', format: 'der' }),
        context(3, sequence(...extensions)),
      ]),
    );
  return {
    ca: issue(authorityName, authority.publicKey, authorityExtensions(authority.publicKey)),
    certificate: issue(
      nameOf('localhost'),
      server.publicKey,
      serverExtensions(server.publicKey, authority.publicKey),
    ),
    privateKey: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const ALGORITHM = sequence(objectId(OID.ecdsaWithSha256));

function signedBy(key: KeyObject, parts: readonly Buffer[]): Buffer {
  const body = sequence(...parts);
  return sequence(body, ALGORITHM, bitString(sign('sha256', body, key)));
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf(sequence(objectId(OID.commonName), text(commonName))));
}

function authorityExtensions(own: KeyObject): readonly Buffer[] {
  return [
    extension(OID.basicConstraints, sequence(boolean(true)), true),
    extension(OID.keyUsage, KEY_CERT_SIGN, true),
    extension(OID.subjectKeyId, octets(keyIdOf(own)), false),
  ];
}

function serverExtensions(own: KeyObject, authority: KeyObject): readonly Buffer[] {
  const addresses = [
    context(2, Buffer.from('localhost', 'ascii'), false),
    context(7, Uint8Array.of(127, 0, 0, 1), false),
  ];
  return [
    extension(OID.keyUsage, DIGITAL_SIGNATURE, true),
    extension(OID.extendedKeyUsage, sequence(objectId(OID.serverAuth)), false),
    extension(OID.subjectAltName, sequence(...addresses), false),
    extension(OID.subjectKeyId, octets(keyIdOf(own)), false),
    extension(OID.authorityKeyId, sequence(context(0, keyIdOf(authority), false)), false),
  ];
}

function extension(id: string, value: Uint8Array, critical: boolean): Buffer {
  return critical
    ? sequence(objectId(id), boolean(true), octets(value))
    : sequence(objectId(id), octets(value));
}

function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
