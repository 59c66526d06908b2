/**
 * Reads the messages of PostgreSQL's logical replication (protocol version 1, plugin pgoutput) as far as a feed of ids needs
 * them: the columns of a record's key as their plain text, and nothing of its content.
 */
import { must } from '../../lib/assert.ts';

export type WalMessage =
  | { readonly kind: 'begin' }
  | { readonly kind: 'commit'; readonly endLsn: bigint }
  | { readonly kind: 'relation'; readonly oid: string; readonly columns: readonly string[] }
  | { readonly kind: 'insert'; readonly oid: string; readonly row: Tuple }
  /** `old` is there when the key changed, or when the table logs old rows in full. */
  | { readonly kind: 'update'; readonly oid: string; readonly old: Tuple | null; readonly row: Tuple }
  | { readonly kind: 'delete'; readonly oid: string; readonly old: Tuple }
  | { readonly kind: 'truncate'; readonly oids: readonly string[] }
  /** Messages that say nothing about records: types, origins and what later versions may add. */
  | { readonly kind: 'other' };

type Place = readonly [start: number, length: number] | null;

/** The columns of a row in the relation's order, decoded only where one is asked for. */
export class Tuple {
  readonly #bytes: Buffer;
  readonly #places: readonly Place[];

  constructor(bytes: Buffer, places: readonly Place[]) {
    this.#bytes = bytes;
    this.#places = places;
  }

  /** Null for a value that is null, or unchanged and too large to be sent again. */
  text(column: number): string | null {
    const place = this.#places[column] ?? null;
    return place === null ? null : this.#bytes.toString('utf8', place[0], place[0] + place[1]);
  }
}

class Reader {
  readonly bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  letter(): string {
    return String.fromCharCode(this.byte());
  }

  byte(): number {
    this.#at += 1;
    return this.bytes.readUInt8(this.#at - 1);
  }

  int16(): number {
    this.#at += 2;
    return this.bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.bytes.readInt32BE(this.#at - 4);
  }

  oid(): string {
    return String(this.int32() >>> 0);
  }

  int64(): bigint {
    this.#at += 8;
    return this.bytes.readBigUInt64BE(this.#at - 8);
  }

  name(): string {
    const end = this.bytes.indexOf(0, this.#at);
    const text = this.bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  tuple(): Tuple {
    const places = Array.from({ length: this.int16() }, (): Place => {
      // n: null, u: unchanged and too large to be sent again, t: text.
      if (this.letter() !== 't') return null;
      const length = this.int32();
      this.#at += length;
      return [this.#at - length, length];
    });
    return new Tuple(this.bytes, places);
  }
}

export function decodeWal(bytes: Buffer): WalMessage {
  const reader = new Reader(bytes);
  switch (reader.letter()) {
    case 'B':
      return { kind: 'begin' };
    case 'C': {
      reader.byte();
      reader.int64();
      return { kind: 'commit', endLsn: reader.int64() };
    }
    case 'R':
      return relationOf(reader);
    case 'I': {
      const oid = reader.oid();
      reader.letter();
      return { kind: 'insert', oid, row: reader.tuple() };
    }
    case 'U':
      return updateOf(reader);
    case 'D': {
      const oid = reader.oid();
      reader.letter();
      return { kind: 'delete', oid, old: reader.tuple() };
    }
    case 'T': {
      const count = reader.int32();
      reader.byte();
      return { kind: 'truncate', oids: Array.from({ length: count }, () => reader.oid()) };
    }
    default:
      return { kind: 'other' };
  }
}

function relationOf(reader: Reader): WalMessage {
  const oid = reader.oid();
  reader.name();
  reader.name();
  reader.byte();
  const columns = Array.from({ length: reader.int16() }, () => {
    reader.byte();
    const name = reader.name();
    reader.int32();
    reader.int32();
    return name;
  });
  return { kind: 'relation', oid, columns };
}

function updateOf(reader: Reader): WalMessage {
  const oid = reader.oid();
  // N: only the new row; K or O: the old key or the old row comes first.
  if (reader.letter() === 'N') return { kind: 'update', oid, old: null, row: reader.tuple() };
  const old = reader.tuple();
  reader.letter();
  return { kind: 'update', oid, old, row: reader.tuple() };
}

/** `16/B374D848`, as PostgreSQL writes positions in its log. */
export function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

export function lsnOf(text: string): bigint {
  const [high, low] = text.split('/');
  return (
    (BigInt(`0x${must(high, 'a position has two parts')}`) << 32n) |
    BigInt(`0x${must(low, 'a position has two parts')}`)
  );
}
