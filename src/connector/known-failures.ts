/** The catalogue of what is known to go wrong: the one place that says why a failure happens and what to do about it. */
import type { FailureKind } from './failure.ts';

/** One failure that a connector, or Trueup itself, may report. */
export interface KnownFailure {
  /** As in `Failure.code`: `salesforce.duplicate_value`. */
  readonly code: string;
  readonly kind: FailureKind | 'hold';
  /** Why it happens, in a sentence. */
  readonly cause: string;
  /** How the system itself says it, where it has words of its own. */
  readonly sign: string | null;
  /** What a person can do, as an instruction. */
  readonly advice: string;
}

/** What a connector's tables of errors hold of one failure; the code without the system in front. */
export interface NamedMeaning {
  readonly name: string;
  readonly kind: FailureKind;
  readonly advice?: string;
  readonly sign?: string;
}

/** Whether trying again helps, by kind: what a person most wants to know. */
export const RETRY: Readonly<Record<KnownFailure['kind'], string>> = {
  transient: 'yes, by itself, until it works; it costs the record no try',
  rateLimited: 'yes, by itself, when the system allows more; it costs the record no try',
  auth: 'by itself as soon as the connection is authorised again; nothing is lost meanwhile',
  config: 'by itself as soon as the set-up is corrected; nothing is lost meanwhile',
  precondition: 'yes, by itself, after the record was read again',
  invalid:
    'no: it is a dead letter at once; it goes by itself when the value changes, or by `trueup deadletters replay`',
  permanent: 'no: it is a dead letter at once; replay it when the cause is put right',
  unknownOutcome: 'never blindly: evidence tells first whether it happened',
  hold: 'no: it waits for a person, `trueup holds` shows it',
};

const BY_ITSELF = 'Nothing to do: it is tried again by itself.';

/** Entries for what a connector's tables name, each with its cause; a name that several rows share is one failure. */
export function knownFailures(
  system: string,
  meanings: readonly NamedMeaning[],
  causes: Readonly<Record<string, string>>,
): readonly KnownFailure[] {
  const named = new Map<string, NamedMeaning>();
  for (const meaning of meanings) {
    const before = named.get(meaning.name);
    named.set(meaning.name, before?.advice === undefined ? { ...before, ...meaning } : before);
  }
  return [...named.values()].map(({ name, kind, advice, sign }) => ({
    code: `${system}.${name}`,
    kind,
    cause: causes[name] ?? '',
    sign: sign ?? null,
    advice: advice ?? BY_ITSELF,
  }));
}
