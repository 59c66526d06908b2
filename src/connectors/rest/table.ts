/** The failure table of a described system: its own errors, found and explained as the description says. */
import type { ErrorReader, FailureRule, FailureTable, SystemError } from '../../connector/http/failures.ts';
import type { AnswerHeaders } from '../../connector/http/request.ts';
import { type Json } from '../../lib/json.ts';
import { holds, textAt } from './answers.ts';
import type { ErrorsShape } from './description/errors.ts';

const SECOND_MS = 1_000;
const MESSAGE_CHARS_MAX = 500;

type Finder = ErrorsShape['find'][number];
type Row = ErrorsShape['table'][number];

/** `rateLimited` is called `rate_limited` in codes. */
export function kindName(kind: string): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function failureTable({ find, table }: ErrorsShape): FailureTable {
  return { readError: reader(find), rules: table.map(ruleOf) };
}

/** An answer of success holds an error only where a condition says so. */
function reader(finders: readonly Finder[]): ErrorReader {
  return ({ status, headers, content }) => {
    for (const finder of finders) {
      if (finder.status !== undefined && ![finder.status].flat().includes(status)) continue;
      if (finder.when === undefined ? status < 400 : !holds(finder.when, content)) continue;
      const error = errorBy(finder, headers, content);
      if (finder.when !== undefined || error.code !== '' || error.message !== '') return error;
    }
    return null;
  };
}

function errorBy(finder: Finder, headers: AnswerHeaders, content: Json): SystemError {
  const at = (place: Finder['code']): string =>
    place === undefined ? '' : (textAt(place, headers, content) ?? '');
  const [field, wait] = [at(finder.field), Number(at(finder.wait_s) || 'NaN')];
  return {
    code: at(finder.code),
    message: at(finder.message).slice(0, MESSAGE_CHARS_MAX),
    ...(field === '' ? {} : { field }),
    ...(Number.isFinite(wait) && wait >= 0 ? { retryAfterMs: Math.round(wait * SECOND_MS) } : {}),
  };
}

function ruleOf({ kind, name, status, code, contains, effect, advice, wait, limit }: Row): FailureRule {
  return {
    kind: kind === 'rate_limited' ? 'rateLimited' : kind,
    name: `${kind}.${name}`,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(contains === undefined ? {} : { message: containing(contains) }),
    ...(effect === undefined ? {} : { effect }),
    ...(advice === undefined ? {} : { advice }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** The very text, in any case: nothing of it means anything to the pattern. */
function containing(text: string): RegExp {
  return new RegExp(text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`), 'i');
}
