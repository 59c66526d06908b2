import type { Connection } from '../../data/contract.ts';

/** What to press for a connection that needs somebody; null for one that does not. */
export function pressWords({ state, asksConsent }: Pick<Connection, 'state' | 'asksConsent'>): string | null {
  switch (state) {
    case 'reauthorise':
      return asksConsent
        ? 'Press “Authorise again”: its system asks you whether Trueup may go on.'
        : 'Give its secret again on its page, then press “Try now”.';
    case 'misconfigured':
      return 'Correct its settings in the sync file, or give its secrets again on its page; then press “Try now”.';
    case 'unreachable':
      return 'It is tried again by itself. See whether the system is up and its address right; “Try now” asks it at once.';
    case 'new':
    case 'connected':
      return null;
  }
}
