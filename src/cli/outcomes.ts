/** What came of a deed, in the same words whether it was done on the machine itself or by a server that was asked. */
import { counted } from '../lib/counted.ts';
import type { Output } from './output.ts';

export function tellReleased(output: Output, released: number): void {
  output.json({ released });
  output.line(`${counted(released, 'write is', 'writes are')} queued.`);
}

export function tellEmptied(output: Output, side: string): void {
  output.json({ emptied: side });
  output.line(`${side} is swept again, and what is missing there counts as deleted.`);
}

export function tellDiscarded(output: Output, discarded: number): void {
  output.json({ discarded });
  output.line(
    `${counted(discarded, 'letter is', 'letters are')} given up, until something about the record changes.`,
  );
}

/** Of a suggestion; without an id of a join it was rejected. */
export function tellDecided(output: Output, decided: string, choice: string, joinId: string | null): void {
  output.json({ decided, choice, joinId });
  output.line(joinId === null ? 'Rejected: the two will not be suggested again.' : joined(joinId));
}

export function tellJoined(output: Output, joinId: string): void {
  output.json({ joinId });
  output.line(joined(joinId));
}

function joined(joinId: string): string {
  return `They are one now. Take it back with: trueup match unmerge ${joinId}`;
}
