import type { Failure, FailureKind } from '../failure.ts';
import type { FailureRule, FailureTable, RuleKind, SystemError } from './failures.ts';
import { HTTP_RULES } from './http-rules.ts';
import type { Redactor } from './redact.ts';
import type { AnswerHeaders, Effect } from './request.ts';
import { RETRY_AFTER_MS_MAX, retryAfterMs } from './retry-after.ts';

/** An answer that says no. */
export interface Refusal {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly error: SystemError | null;
  readonly operation: string;
  readonly effect: Effect;
}

/** Whose answer it is, and how to read it. */
export interface Reading {
  readonly system: string;
  readonly title: string;
  readonly failures: FailureTable;
  readonly redactor: Redactor;
  readonly nowMs: number;
}

/** What a refusal means, and the rule that said so. */
export interface Verdict {
  readonly failure: Failure;
  readonly rule: FailureRule;
}

/** The first rule that matches decides: the connector's, then those of HTTP, of which one always does. */
export function classify(refusal: Refusal, reading: Reading): Verdict {
  const { error, status, headers, effect, operation } = refusal;
  const rule = [...reading.failures.rules, ...HTTP_RULES].find((candidate) =>
    matches(candidate, refusal),
  ) ?? {
    kind: 'permanent',
  };
  const kind = kindFor(rule.kind, effect);
  const waitMs =
    error?.retryAfterMs ?? retryAfterMs(headers.get('retry-after'), reading.nowMs) ?? rule.retryAfterMs;
  const said = error === null || error.message === '' ? '' : `: ${reading.redactor.text(error.message)}`;
  const lost = kind === 'unknownOutcome' ? '; whether the write happened is not known' : '';
  const failure: Failure = {
    kind,
    code: `${reading.system}.${nameOf(rule, refusal, reading)}`,
    message: `${reading.title} answered ${operation} with ${String(status)}${said}${lost}`,
    ...(error?.field === undefined ? {} : { field: error.field }),
    ...(rule.advice === undefined ? {} : { advice: rule.advice }),
    ...(waitMs === undefined ? {} : { retryAfterMs: Math.min(waitMs, RETRY_AFTER_MS_MAX) }),
  };
  return { failure, rule };
}

/** A connector's word, then the system's, then that of HTTP. */
function nameOf(rule: FailureRule, { error }: Refusal, { failures }: Reading): string {
  const given = rule.name ?? snakeCase(rule.kind);
  const systems = snakeCase(error?.code ?? '');
  if (systems === '') return given;
  return failures.rules.includes(rule) ? (rule.name ?? systems) : systems;
}

/** What a lost answer means for a write and for a read; every other kind is the same for both. */
export function kindFor(kind: RuleKind, effect: Effect): FailureKind {
  if (kind !== 'lost') return kind;
  return effect === 'write' ? 'unknownOutcome' : 'transient';
}

function matches(rule: FailureRule, { status, error, effect }: Refusal): boolean {
  return (
    has<number>(rule.status, status) &&
    has<string>(rule.code, error?.code ?? '') &&
    has<Effect>(rule.effect, effect) &&
    (rule.message === undefined || rule.message.test(error?.message ?? ''))
  );
}

function has<T>(wanted: T | readonly T[] | undefined, actual: T): boolean {
  return wanted === undefined || [wanted].flat().includes(actual);
}

function snakeCase(code: string): string {
  return code
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
    .toLowerCase()
    .slice(0, 60);
}
