import type { Mode } from '../data/contract.ts';
import type { Tone } from './states.ts';
import { Tag } from './Tag.tsx';

const MODES: Readonly<Record<Mode, { readonly tone: Tone; readonly word: string }>> = {
  live: { tone: 'in-sync', word: 'live' },
  observe: { tone: 'pending', word: 'observes only' },
  paused: { tone: 'excluded', word: 'paused' },
};

/** Whether a sync writes. */
export function ModeTag({ mode }: { readonly mode: Mode }) {
  const { tone, word } = MODES[mode];
  return <Tag tone={tone}>{word}</Tag>;
}
