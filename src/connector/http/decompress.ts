import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** What the other side may compress with, as the header accept-encoding says it. */
export const ENCODINGS = 'gzip, deflate, br';

/** The stream without its compression, chunk by chunk, or null when the encoding is none of ours. */
export function decompressed(body: Readable, encoding: string): Readable | null {
  const decoder = decoderOf(encoding.trim().toLowerCase());
  if (decoder === 'none') return body;
  // What goes wrong arrives where the result is read, so the callback has nothing to do.
  return decoder === null ? null : pipeline(body, decoder, () => undefined);
}

function decoderOf(encoding: string): ReturnType<typeof createGunzip> | 'none' | null {
  switch (encoding) {
    case '':
    case 'identity':
      return 'none';
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
}
