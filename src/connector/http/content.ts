import { type Json } from '../../lib/json.ts';

/** Deeper than any business document, shallower than any stack. */
const NESTING_MAX = 200;

/** All chunks in one piece. */
export async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

/** A JSON document, or why it is none. Nothing of the text is in the reason: it may hold anybody's data. */
export type Parsed =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads a JSON document; an empty text is null. */
export function parsedJson(
  text: string,
  parse: (text: string) => Json = (document) => JSON.parse(document) as Json,
): Parsed {
  const document = text.replace(/^\uFEFF/, '');
  if (document.trim() === '') return { kind: 'json', value: null };
  if (nestedTooDeep(document)) return { kind: 'unreadable', why: 'the answer is nested too deep' };
  try {
    return { kind: 'json', value: parse(document) };
  } catch {
    const startsLikeJson = /^\s*[[{"]/.test(document);
    return {
      kind: 'unreadable',
      why: startsLikeJson ? 'the answer is JSON that is cut off or damaged' : 'the answer is not JSON',
    };
  }
}

function nestedTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inText) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inText = false;
    } else if (code === 0x22) inText = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > NESTING_MAX) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}
