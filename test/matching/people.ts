/** Names and towns as address books have them, and what people do to them when they type. */
import { must } from '../../src/lib/assert.ts';
import type { Random } from '../../src/lib/random.ts';

export const FIRST_NAMES =
  'Anna Ben Carla David Elena Frank Greta Hugo Ines Jonas Katrin Lukas Marta Nils Olga Paul Rosa Simon Tina Ulrich'.split(
    ' ',
  );
export const LAST_NAMES =
  'Albrecht Baumann Christensen Dietrich Eriksson Fischer Garcia Hoffmann Ivanov Jansen Kowalski Lindqvist Marchetti Novak Oliveira Petersen Quintero Rossi Schneider Tanaka'.split(
    ' ',
  );
export const TOWNS = 'Berlin Hamburg Wien Zürich Oslo Roma Madrid Lisboa Praha København'.split(' ');

/** One letter left out, doubled, or changed for its neighbour; never the first. */
export function mistyped(random: Random, text: string): string {
  const place = 1 + Math.floor(random.fraction() * (text.length - 2));
  const kind = random.fraction();
  if (kind < 0.34) return text.slice(0, place) + text.slice(place + 1);
  if (kind < 0.67) return text.slice(0, place) + (text[place] ?? '') + text.slice(place);
  return text.slice(0, place) + (text[place + 1] ?? '') + (text[place] ?? '') + text.slice(place + 2);
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return must(choices[Math.floor(random.fraction() * choices.length)], 'a choice');
}

/** A new order, each as likely as any other. */
export function shuffled<T>(random: Random, given: readonly T[]): readonly T[] {
  const order = [...given];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.fraction() * (last + 1));
    const [one, two] = [must(order[last], 'within'), must(order[other], 'within')];
    [order[last], order[other]] = [two, one];
  }
  return order;
}
