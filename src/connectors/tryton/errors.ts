/**
 * Tryton answers HTTP 200 to what it refuses, with `error: [type, [message, description, domain]]`, and with
 * `error: [text, traceback]` when its own code fails. The kinds can only be told by its English sentences; in another
 * language they all count as validation.
 */
import type { ConnectorFailure } from '../../connector/failure.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { failWith, type TrytonCode } from './failures.ts';
import { outcomeUnknown, type Effect } from './http.ts';

const MESSAGE_CHARACTERS_MAX = 2_000;

type Rule = readonly [RegExp, TrytonCode];

/** Sentences of trytond/ir/message.xml. */
const SENTENCES: readonly Rule[] = [
  [/don't exist anymore/, 'tryton.record_gone'],
  [/^You are not allowed to (?:create|read|write|delete|modify)\b/, 'tryton.record_forbidden'],
  [/^You are not allowed to /, 'tryton.no_access'],
  [/^Calling button .* is not allowed/, 'tryton.no_access'],
  [/could not be deleted because they are used/, 'tryton.referenced'],
  [/must be unique|is already used|Only one .* is allowed/, 'tryton.duplicate'],
];

/** Texts of Python and of the database driver. */
const TEXTS: readonly Rule[] = [
  [/could not serialize access|deadlock detected|database is locked/, 'tryton.busy'],
  [
    /connection to server .* failed|could not connect|not currently accepting connections/,
    'tryton.database_down',
  ],
  [/too many clients|connection pool exhausted|starting up|shutting down/, 'tryton.database_down'],
  [
    /NUL \(0x00\)|violates .* constraint|out of range|too long for type|invalid byte sequence/,
    'tryton.database_refused',
  ],
  [/invalid input (?:syntax|value)|overflow/, 'tryton.database_refused'],
];

/** The database connection broke in the middle: a commit under way may have reached it. */
const BROKEN_CONNECTION =
  /server closed the connection|connection already closed|terminating connection|SSL connection has been closed/;

export function failureOfError(error: Json, method: string, effect: Effect): ConnectorFailure {
  const [type, detail] = isJsonArray(error) ? error : [error];
  const parts = isJsonArray(detail ?? null) ? (detail as readonly Json[]) : [detail ?? null];
  switch (type) {
    case 'UserError':
      return ofSentence(sentenceOf(parts[0], parts[1]));
    case 'UserWarning':
      return failWith('tryton.warning', sentenceOf(parts[1], parts[2]));
    case 'LoginException':
      return failWith(
        'tryton.login_incomplete',
        `Tryton asks for more than the password: ${textOf(parts[1])}`,
      );
    case 'ConcurrencyException':
      return failWith(
        'tryton.version_mismatch',
        `The record was changed by somebody else: ${textOf(parts[0])}.`,
      );
    default:
      return ofText(textOf(type), method, effect);
  }
}

function ofSentence(sentence: string): ConnectorFailure {
  const rule = SENTENCES.find(([pattern]) => pattern.test(sentence));
  return failWith(rule?.[1] ?? 'tryton.validation', sentence);
}

function ofText(text: string, method: string, effect: Effect): ConnectorFailure {
  if (BROKEN_CONNECTION.test(text)) {
    return effect === 'write'
      ? outcomeUnknown('Tryton lost its database meanwhile')
      : failWith('tryton.database_down', `Tryton has no connection to its database: ${text}`);
  }
  const rule = TEXTS.find(([pattern]) => pattern.test(text));
  return failWith(rule?.[1] ?? 'tryton.server_error', `Tryton failed in ${method}: ${text}`);
}

function sentenceOf(message: Json | undefined, description: Json | undefined): string {
  return [textOf(message), textOf(description)].filter((part) => part !== '').join(' ');
}

function textOf(json: Json | undefined): string {
  const text =
    typeof json === 'string' ? json : json === null || json === undefined ? '' : JSON.stringify(json);
  return text.trim().slice(0, MESSAGE_CHARACTERS_MAX);
}
