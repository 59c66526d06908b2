/** People at two systems with known truth, as dirty as address books are: typing errors, other spellings, gaps, namesakes. */
import type { Candidate } from '../../src/engine/first-match.ts';
import type { Values } from '../../src/engine/value.ts';
import { seededRandom, type Random } from '../../src/lib/random.ts';
import { FIRST_NAMES, LAST_NAMES, mistyped, pick, TOWNS } from './people.ts';

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
    pick(random, FIRST_NAMES),
    `${pick(random, LAST_NAMES)}${index % 3 === 0 ? `-${pick(random, LAST_NAMES)}` : ''}`,
  ];
  const digits = String(10_000_000 + Math.floor(random.fraction() * 89_999_999));
  return {
    name: `${first} ${last}`,
    email:
      `${first}.${last}${String(index % 97)}@${pick(random, TOWNS)}${String(index % 13)}.example`.toLowerCase(),
    phone: `+49${digits}`,
    city: pick(random, TOWNS),
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
  if (random.fraction() < 0.2) values['city'] = pick(random, TOWNS);
  return values;
}
