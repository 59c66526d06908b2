/** People at two systems with known truth, as dirty as address books are: typing errors, other spellings, gaps, namesakes. */
import type { Candidate } from '../../src/engine/first-match.ts';
import type { Values } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import { seededRandom, type Random } from '../../src/lib/random.ts';

const FIRST =
  'Anna Ben Carla David Elena Frank Greta Hugo Ines Jonas Katrin Lukas Marta Nils Olga Paul Rosa Simon Tina Ulrich'.split(
    ' ',
  );
const LAST =
  'Albrecht Baumann Christensen Dietrich Eriksson Fischer Garcia Hoffmann Ivanov Jansen Kowalski Lindqvist Marchetti Novak Oliveira Petersen Quintero Rossi Schneider Tanaka'.split(
    ' ',
  );
const CITIES = 'Berlin Hamburg Wien Zürich Oslo Roma Madrid Lisboa Praha København'.split(' ');

export interface DirtyData {
  readonly candidates: readonly Candidate[];
  /** The pairs that are one, as the ids with a blank between, crm first. */
  readonly truth: ReadonlySet<string>;
}

/** Two thirds of the people are in both systems, the others in one of them. The same seed gives the same people. */
export function dirtyPairs(people: number, seed: number): DirtyData {
  const random = seededRandom(seed);
  const candidates: Candidate[] = [];
  const truth = new Set<string>();
  for (let index = 0; index < people; index += 1) {
    const person = personOf(random, index);
    const place = random.fraction();
    const [left, right] = [`crm-${String(index)}`, `erp-${String(index)}`];
    if (place < 0.83) candidates.push({ identityId: left, sides: ['crm'], values: person });
    if (place < 0.66 || place >= 0.83)
      candidates.push({ identityId: right, sides: ['erp'], values: soiled(random, person) });
    if (place < 0.66) truth.add(`${left} ${right}`);
  }
  return { candidates, truth };
}

function personOf(random: Random, index: number): Readonly<Record<string, string>> {
  const [first, last] = [
    pick(random, FIRST),
    `${pick(random, LAST)}${index % 3 === 0 ? `-${pick(random, LAST)}` : ''}`,
  ];
  const digits = String(10_000_000 + Math.floor(random.fraction() * 89_999_999));
  return {
    name: `${first} ${last}`,
    email:
      `${first}.${last}${String(index % 97)}@${pick(random, CITIES)}${String(index % 13)}.example`.toLowerCase(),
    phone: `+49${digits}`,
    city: pick(random, CITIES),
  };
}

/** The other system's record of the person: one to three things are different there, and something is missing. */
function soiled(random: Random, person: Readonly<Record<string, string>>): Values {
  const values: Record<string, string | null> = { ...person };
  const { name = '', email = '' } = person;
  if (random.fraction() < 0.5) values['name'] = mistyped(random, name);
  else if (random.fraction() < 0.4) values['name'] = name.split(' ').toReversed().join(', ').toUpperCase();
  const chance = random.fraction();
  if (chance < 0.3) values['email'] = mistyped(random, email);
  else if (chance < 0.6) values['email'] = null;
  if (random.fraction() < 0.3) values['phone'] = null;
  if (random.fraction() < 0.2) values['city'] = pick(random, CITIES);
  return values;
}

function mistyped(random: Random, text: string): string {
  const place = 1 + Math.floor(random.fraction() * (text.length - 2));
  const kind = random.fraction();
  if (kind < 0.34) return text.slice(0, place) + text.slice(place + 1);
  if (kind < 0.67) return text.slice(0, place) + (text[place] ?? '') + text.slice(place);
  return text.slice(0, place) + (text[place + 1] ?? '') + (text[place] ?? '') + text.slice(place + 2);
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return must(choices[Math.floor(random.fraction() * choices.length)], 'a choice');
}
