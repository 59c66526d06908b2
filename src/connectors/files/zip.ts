/** Just enough of the ZIP format to look into a workbook: the list of parts, and one part's text. */
import { inflateRawSync } from 'node:zlib';

export interface ZipPart {
  readonly name: string;
  readonly method: number;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly headerOffset: number;
}

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const COMMENT_BYTES_MAX = 0xffff;
const STORED = 0;

/** The archive's parts; null when its directory, which stands at the end, is not there or not whole. */
export function listParts(bytes: Buffer): readonly ZipPart[] | null {
  const end = findEnd(bytes);
  if (end === -1) return null;
  const count = bytes.readUInt16LE(end + 10);
  const parts: ZipPart[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > bytes.length || bytes.readUInt32LE(at) !== ENTRY_SIGNATURE) return null;
    const nameBytes = bytes.readUInt16LE(at + 28);
    parts.push({
      name: bytes.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      method: bytes.readUInt16LE(at + 10),
      packedBytes: bytes.readUInt32LE(at + 20),
      unpackedBytes: bytes.readUInt32LE(at + 24),
      headerOffset: bytes.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return parts;
}

export function readPart(bytes: Buffer, part: ZipPart): string {
  const { headerOffset } = part;
  const nameBytes = bytes.readUInt16LE(headerOffset + 26);
  const extraBytes = bytes.readUInt16LE(headerOffset + 28);
  const start = headerOffset + LOCAL_HEADER_BYTES + nameBytes + extraBytes;
  const packed = bytes.subarray(start, start + part.packedBytes);
  // The declared size bounds what is unpacked: a part that swells beyond it is an attack or damage.
  const unpacked =
    part.method === STORED
      ? packed
      : inflateRawSync(packed, { maxOutputLength: Math.max(1, part.unpackedBytes) });
  return unpacked.toString('utf8');
}

function findEnd(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = bytes.length - END_BYTES; at >= lowest; at -= 1) {
    if (bytes.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  return -1;
}
