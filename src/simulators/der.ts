/** The few shapes of ASN.1 DER that a certificate is made of (ITU-T X.690), as bytes. */

const TAG = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  moment: 0x18,
  sequence: 0x30,
  set: 0x31,
};
const CONTEXT = 0xa0;

/** Tag, length and content of one value; the length is in the shortest form, as DER asks. */
export function tagged(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(TAG.sequence, Buffer.concat(parts));
}

export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return tagged(TAG.set, Buffer.concat(parts));
}

/** A non-negative integer, given as its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  // A leading bit would make it negative.
  const isSigned = (digits[0] ?? 0) >= 0x80;
  return tagged(TAG.integer, isSigned ? Buffer.concat([Uint8Array.of(0), digits]) : digits);
}

/** A string of whole bytes; no bit of the last one is unused. */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return tagged(TAG.bits, Buffer.concat([Uint8Array.of(unusedBits), content]));
}

export function octets(content: Uint8Array): Buffer {
  return tagged(TAG.octets, content);
}

export function text(content: string): Buffer {
  return tagged(TAG.text, Buffer.from(content, 'utf8'));
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** An object identifier from its dotted form, such as `2.5.4.3`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** A moment to the second, as GeneralizedTime. */
export function moment(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return tagged(TAG.moment, Buffer.from(`${digits}Z`, 'ascii'));
}

/** A context-specific tag; `constructed` says that the content is itself DER. */
export function context(number: number, content: Uint8Array, constructed = true): Buffer {
  return tagged((constructed ? CONTEXT : 0x80) | number, content);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

/** Seven bits a byte, the highest bit set on all but the last. */
function base128(value: number): readonly number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) | 0x80);
  }
  return bytes;
}
