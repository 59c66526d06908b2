/** What people are agreeing to elsewhere right now: each question waits here for the browser that asked it, and for one answer. */
import type { Question } from '../connector/oauth/code-grant.ts';
import type { Clock } from '../lib/clock.ts';
import type { ConsentWork } from './host.ts';

/** As long as a person may take at the system. */
const LIFE_MS = 10 * 60_000;
/** Questions at once; the oldest makes room. */
const OPEN_MAX = 200;

export interface Authorisation {
  readonly connection: string;
  /** What only the session that asked can show: another one that brings the answer was led here by somebody else. */
  readonly csrfToken: string;
  /** The address of the console at which it was asked, without a path. */
  readonly origin: string;
  readonly question: Question;
  readonly work: ConsentWork;
}

export interface Authorisations {
  add(authorisation: Authorisation): void;
  /** Takes it away, whoever asks. Null when there is none, it has waited too long, or it is another session's. */
  take(state: string, csrfToken: string): Authorisation | null;
  /** Where it was asked; null when there is none. */
  originOf(state: string): string | null;
}

/** They are gone with the process; whoever was agreeing meanwhile begins again. */
export function createAuthorisations(clock: Clock): Authorisations {
  const open = new Map<string, { readonly authorisation: Authorisation; readonly endsMs: number }>();
  const known = (state: string): Authorisation | null => {
    const found = open.get(state);
    return found === undefined || found.endsMs <= clock.monotonicMs() ? null : found.authorisation;
  };
  return {
    add: (authorisation) => {
      open.set(authorisation.question.state, { authorisation, endsMs: clock.monotonicMs() + LIFE_MS });
      if (open.size > OPEN_MAX) open.delete(open.keys().next().value ?? '');
    },
    take: (state, csrfToken) => {
      const found = known(state);
      open.delete(state);
      return found?.csrfToken === csrfToken ? found : null;
    },
    originOf: (state) => known(state)?.origin ?? null,
  };
}
