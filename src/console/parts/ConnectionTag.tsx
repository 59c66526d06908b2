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

/** How a connection is, in words. One that works may still have been asked to wait. */
export function ConnectionTag({
  connection: { state, throttled },
}: {
  readonly connection: Pick<Connection, 'state' | 'throttled'>;
}) {
  if (state === 'connected' && throttled !== null) return <Tag tone="pending">throttled</Tag>;
  const { tone, word } = STATES[state];
  return <Tag tone={tone}>{word}</Tag>;
}
