import type { Connection } from '../data/contract.ts';
import type { Tone } from './states.ts';
import { Tag } from './Tag.tsx';

const STATES: Readonly<Record<Connection['state'], { readonly tone: Tone; readonly word: string }>> = {
  new: { tone: 'excluded', word: 'not tried yet' },
  connected: { tone: 'in-sync', word: 'connected' },
  reauthorise: { tone: 'dead', word: 'authorise again' },
  unreachable: { tone: 'dead', word: 'cannot be reached' },
  misconfigured: { tone: 'dead', word: 'set up wrongly' },
};

/** How a connection is, in words. */
export function ConnectionTag({ state }: { readonly state: Connection['state'] }) {
  const { tone, word } = STATES[state];
  return <Tag tone={tone}>{word}</Tag>;
}
