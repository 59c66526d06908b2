/** A problem's kind, trend and reach, in the words of a person. */
import type { Problem } from '../../data/contract.ts';
import type { Tone } from '../../parts/states.ts';

/** How the number of records goes. */
export const TRENDS: Readonly<Record<Problem['trend'], { readonly tone: Tone; readonly word: string }>> = {
  new: { tone: 'held', word: 'new' },
  growing: { tone: 'dead', word: 'growing' },
  steady: { tone: 'held', word: 'steady' },
  shrinking: { tone: 'pending', word: 'shrinking' },
  over: { tone: 'in-sync', word: 'over' },
};

/** The message as a sentence begins. */
export function headingOf({ message }: Problem): string {
  return message.slice(0, 1).toUpperCase() + message.slice(1);
}

/** How far it reaches. */
export const REACHES: Readonly<Record<Problem['reach'], string>> = {
  side: 'this side only',
  connection: 'everything through this connection',
  systems: 'several systems at once',
};

/** Where it happens: `reading sheet`, `writing to crm`. */
export function placeOf({ direction, side }: Problem): string {
  if (direction === 'in') return `reading ${side}`;
  return direction === 'out' ? `writing to ${side}` : `reading and writing ${side}`;
}
