/** From a place in a text to the place where YAML spells it: quotes, escapes, folds and indentation lie between. */

const ESCAPE = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^])/;

/**
 * The offset in the file of character `index` of a scalar, whose spelling is `raw` and begins at `start`. Exact for plain
 * and quoted scalars and for blocks; where a fold makes two places of one, the first of them.
 */
export function offsetInside(raw: string, start: number, text: string, index: number): number {
  const isDouble = raw.startsWith('"');
  let at = raw.startsWith("'") || isDouble ? 1 : blockBegin(raw);
  for (let passed = 0; passed <= index && at < raw.length; passed += 1) {
    const sign = text[passed];
    if (sign === undefined) break;
    at = skipTo(raw, at, sign, isDouble);
    if (passed === index) return start + at;
    at += lengthAt(raw, at, isDouble);
  }
  return start + Math.min(at, Math.max(0, raw.length - 1));
}

/** Past the line with `|` or `>`. */
function blockBegin(raw: string): number {
  return /^[|>]/.test(raw) ? raw.indexOf('\n') + 1 : 0;
}

/** What stands between is indentation, a fold, or the second of two single quotes. */
function skipTo(raw: string, from: number, sign: string, isDouble: boolean): number {
  const isBlank = /\s/.test(sign);
  for (let at = from; at < raw.length; at += 1) {
    if (raw[at] === sign || (isBlank && /\s/.test(raw[at] ?? ''))) return at;
    if (isDouble && raw[at] === '\\') return at;
  }
  return from;
}

function lengthAt(raw: string, at: number, isDouble: boolean): number {
  if (isDouble && raw[at] === '\\') return ESCAPE.exec(raw.slice(at))?.[0].length ?? 1;
  return raw.startsWith("''", at) && raw.startsWith("'") ? 2 : 1;
}
