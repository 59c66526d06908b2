/** The search for pairs of things that may be one: what is not linked everywhere, compared with what is not either. */
import { BOUNDS, firstMatchSteps, type Candidate, type FirstMatch } from '../engine/first-match.ts';
import { explainLikeness } from '../engine/likeness.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { identityPage, saveSuggestions } from '../store/matches.ts';

/** What the search came to. Its pairs are stored, for people to say of each. */
export interface SuggestedPairs {
  /** How many things have records at several sides. */
  readonly linked: number;
  /** How many have a record at one side only, by side. */
  readonly onlyAt: ReadonlyMap<string, number>;
  readonly suggested: number;
  /** Pairs of which both have a record at one side: that side holds the thing twice. */
  readonly inner: number;
  readonly ambiguous: number;
  readonly blocksSkipped: number;
  readonly compared: number;
}

export interface Searching {
  readonly transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (read: number) => void;
}

const PAGE_IDENTITIES = 5_000;
/** What is compared is kept in memory, about half a kilobyte each. */
const CANDIDATES_MAX = 2_000_000;

/** Puts what it finds in the place of the open suggestions that there were. Lets others have the thread every few milliseconds. */
export async function suggestPairs(searching: Searching, sync: SyncRow): Promise<SuggestedPairs> {
  const { transaction, ids } = searching;
  const { candidates, linked, onlyAt } = await unmatched(searching, sync);
  const found = await firstMatchOf(searching, sync, candidates);
  const suggestions = found.suggestions.map(({ left, right, kind, likeness }) => ({
    left,
    right,
    kind,
    score: likeness.score,
    why: explainLikeness(likeness),
  }));
  await transaction((tx) => saveSuggestions(tx, sync.syncKey, ids, suggestions));
  const inner = suggestions.filter(({ kind }) => kind === 'inner').length;
  const { ambiguous, blocksSkipped, compared } = found;
  return {
    linked,
    onlyAt,
    suggested: suggestions.length - inner,
    inner,
    ambiguous,
    blocksSkipped,
    compared,
  };
}

async function firstMatchOf(
  { clock, signal }: Searching,
  { definition }: SyncRow,
  candidates: readonly Candidate[],
): Promise<FirstMatch> {
  const { fields, match } = definition;
  // Whose account is another is another one, if all that tells them apart is told within their account.
  const apartBy = fields.flatMap(({ name, type }) =>
    type.kind === 'reference' && match.every((rule) => rule.includes(name)) ? [name] : [],
  );
  const steps = firstMatchSteps(fields, candidates, { ...BOUNDS, apartBy });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await clock.sleep(0, signal);
    signal.throwIfAborted();
  }
}

/** Everything that is not linked at every side could be something else that is not. */
async function unmatched(
  { transaction, signal, onProgress }: Searching,
  { syncKey, definition }: SyncRow,
): Promise<Pick<SuggestedPairs, 'linked' | 'onlyAt'> & { readonly candidates: readonly Candidate[] }> {
  const candidates: Candidate[] = [];
  const onlyAt = new Map<string, number>();
  const sides = definition.sides.length;
  let [linked, after]: [number, string | null] = [0, null];
  do {
    signal.throwIfAborted();
    const place: string | null = after;
    const page: Awaited<ReturnType<typeof identityPage>> = await transaction((tx) =>
      identityPage(tx, syncKey, place, PAGE_IDENTITIES),
    );
    for (const { identityId, golden, sides: own } of page) {
      const [only] = own;
      if (own.length > 1) linked += 1;
      else if (only !== undefined) onlyAt.set(only, (onlyAt.get(only) ?? 0) + 1);
      if (own.length > 0 && own.length < sides && candidates.length < CANDIDATES_MAX)
        candidates.push({ identityId, sides: own, values: golden });
    }
    onProgress(candidates.length + linked);
    after = page.length < PAGE_IDENTITIES ? null : (page.at(-1)?.identityId ?? null);
  } while (after !== null);
  return { candidates, linked, onlyAt };
}
