/** The states of records, in the order of how well they are, with the words and colours that stand for them everywhere. */
import type { Counts } from '../data/contract.ts';

export type State = Exclude<keyof Counts, 'records'>;

/** A colour of theme.css: `--held`, `--held-soft`, `--held-bar`. */
export type Tone = 'in-sync' | 'pending' | 'held' | 'dead' | 'excluded';

export const STATES: readonly {
  readonly state: State;
  readonly word: string;
  readonly tone: Tone;
  readonly about: string;
}[] = [
  { state: 'inSync', word: 'in sync', tone: 'in-sync', about: 'holds what it should hold' },
  { state: 'pending', word: 'pending', tone: 'pending', about: 'seen, and on its way' },
  { state: 'held', word: 'held', tone: 'held', about: 'stopped on purpose until a person decides' },
  { state: 'dead', word: 'dead', tone: 'dead', about: 'used up its attempts and waits for a person' },
  { state: 'excluded', word: 'excluded', tone: 'excluded', about: 'takes no part, by a rule of the sync' },
];

/** The tone of what a record is said to be at a side. */
export const STATUS_TONES: Readonly<Record<string, Tone>> = {
  live: 'in-sync',
  hidden: 'held',
  gone: 'excluded',
  returned: 'held',
  parked: 'held',
  excluded: 'excluded',
  unreadable: 'dead',
  unread: 'pending',
};
