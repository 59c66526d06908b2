/** Everything that the journal since a moment tells of an edited sync: values, rulings, links, broken rules, and who takes part. */
import { Judged } from './judged.ts';
import { PastLinks, type KeyTally } from './keys.ts';
import { replayJournal, type Replay, type Replayings } from './replay.ts';
import { replayRulings, Rulings } from './rulings.ts';

export interface PastAsked extends Omit<Replay, 'onEntry'> {
  /** Where the match keys were edited: what is found of past links is added to it. */
  readonly keys: KeyTally | null;
}

export interface Past {
  readonly replayings: Replayings;
  readonly rulings: Rulings;
  readonly judged: Judged;
}

/** `replayings.isWhole` also says whether every recorded ruling was gone through. */
export async function replayPast({ keys, ...asked }: PastAsked): Promise<Past> {
  const { installation, sync, edited, sinceMs, signal, isOver } = asked;
  const rulings = new Rulings(sync.definition, edited);
  const judged = new Judged(sync.definition, edited);
  const links = keys === null ? null : new PastLinks(sync.definition, edited, keys);
  const replayings = await replayJournal({
    ...asked,
    onEntry: (entry, accounted) => {
      rulings.addEntry(entry, accounted);
      judged.addEntry(entry);
      links?.add(entry, accounted);
    },
  });
  const isEveryRuling = await replayRulings(installation, sync, rulings, sinceMs, signal, isOver);
  return { replayings: { ...replayings, isWhole: replayings.isWhole && isEveryRuling }, rulings, judged };
}
