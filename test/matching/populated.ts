/**
 * Two systems that are full already, with known truth: who is who, and what a first match must make of each record. Every
 * class is built so that what must come of it is certain, whatever the size: then counts can be compared to the record.
 */
import { must } from '../../src/lib/assert.ts';
import { seededRandom, type Random } from '../../src/lib/random.ts';
import { FIRST_NAMES, LAST_NAMES, mistyped, pick, shuffled, TOWNS } from './people.ts';

export type SideName = 'crm' | 'erp';

/** A record as it is planted; `person` is the truth about whose it is, and null where nobody could say. */
export interface PlantedRecord {
  readonly side: SideName;
  readonly id: number;
  readonly person: string | null;
  readonly email: string | null;
  readonly vat: string | null;
  readonly name: string;
  readonly phone: string | null;
  readonly town: string;
}

/** What a first match must come to. */
export interface ExpectedCounts {
  /** People with a record at both sides whose keys agree. */
  readonly linked: number;
  /** Things with a record at one side only, those that a person has yet to make one included. */
  readonly onlyAt: Readonly<Record<SideName, number>>;
  /** Records that wait because another of their side has the same keys. */
  readonly doubles: Readonly<Record<SideName, number>>;
  /** Records that wait because their keys lead to two people. */
  readonly torn: Readonly<Record<SideName, number>>;
  /** Pairs of the two sides that look like one thing. */
  readonly suggested: number;
  /** Of these, things that are alike to several. */
  readonly ambiguous: number;
  /** Pairs of one side that look like one thing. */
  readonly inner: number;
}

export interface Populated {
  readonly records: readonly PlantedRecord[];
  readonly expected: ExpectedCounts;
}

/** The people of one class come out as these records; what is left of a side is filled with people that only it knows. */
const SHARES = {
  exact: 0.55,
  alike: 0.1,
  torn: 0.02,
  severalAlike: 0.02,
  double: 0.03,
  alikeTwice: 0.02,
  nameOnly: 0.02,
  namesakes: 0.05,
} as const;

/** `records` at each side; the same seed gives the same. */
export function populate(records: number, seed: number): Populated {
  const planted = new Planting(seededRandom(seed));
  const times = (share: number, action: (turn: number) => void): void => {
    for (let turn = 0; turn < Math.floor(records * share); turn += 1) action(turn);
  };
  times(SHARES.exact, (turn) => planted.exact(turn));
  times(SHARES.alike, (turn) => planted.alike(turn));
  times(SHARES.torn, () => planted.torn());
  times(SHARES.severalAlike, () => planted.severalAlike());
  times(SHARES.double, (turn) => planted.double(turn));
  times(SHARES.alikeTwice, (turn) => planted.alikeTwice(turn));
  times(SHARES.nameOnly, () => planted.nameOnly());
  times(SHARES.namesakes, (turn) => planted.namesakes(turn));
  for (const side of ['crm', 'erp'] as const) planted.fill(side, records);
  return planted.done();
}

type Fields = Omit<PlantedRecord, 'side' | 'id' | 'person'>;

class Planting {
  readonly #random: Random;
  readonly #records: Omit<PlantedRecord, 'id'>[] = [];
  readonly #counts = { crm: 0, erp: 0 };
  readonly #onlyAt = { crm: 0, erp: 0 };
  readonly #doubles = { crm: 0, erp: 0 };
  #people = 0;
  #linked = 0;
  #torn = 0;
  #suggested = 0;
  #ambiguous = 0;
  #inner = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** At both sides, by one key or two, in whatever spelling; the key that is left out may say something else. */
  exact(turn: number): void {
    const [person, fields] = this.#person();
    this.#put('crm', person, fields);
    this.#put('erp', person, this.#respelt(fields, turn));
    this.#linked += 1;
  }

  /** At both sides, without a key that agrees: the telephone number is the same, and the name nearly. */
  alike(turn: number): void {
    const [person, fields] = this.#person();
    this.#put('crm', person, turn % 3 === 0 ? { ...fields, vat: null } : fields);
    const name = turn % 2 === 0 ? mistyped(this.#random, fields.name) : turned(fields.name).toUpperCase();
    this.#put('erp', person, { ...fields, email: null, vat: null, name });
    this.#onlyAt.crm += 1;
    this.#onlyAt.erp += 1;
    this.#suggested += 1;
  }

  /** One record with the address of one person and the number of another: it is neither's for certain. */
  torn(): void {
    const [one, first] = this.#person();
    const [other, second] = this.#person();
    this.#put('crm', one, first);
    this.#put('crm', other, second);
    this.#put('erp', null, { ...first, vat: second.vat });
    this.#onlyAt.crm += 2;
    this.#torn += 1;
  }

  /** Father and son share name, number and town; which of them the other system means, it does not say. */
  severalAlike(): void {
    const [one, fields] = this.#person();
    const [other, own] = this.#person();
    this.#put('crm', one, fields);
    this.#put('crm', other, { ...fields, email: own.email, vat: own.vat });
    this.#put('erp', null, { ...fields, email: null, vat: null });
    this.#onlyAt.crm += 2;
    this.#onlyAt.erp += 1;
    this.#suggested += 2;
    this.#ambiguous += 1;
  }

  /** One side holds the person twice, under the same key. */
  double(turn: number): void {
    const [person, fields] = this.#person();
    const [twice, once] = turn % 2 === 0 ? (['crm', 'erp'] as const) : (['erp', 'crm'] as const);
    this.#put(twice, person, fields);
    this.#put(twice, person, this.#respelt(fields, 0));
    this.#doubles[twice] += 1;
    if (turn % 3 === 0) {
      this.#onlyAt[twice] += 1;
      return;
    }
    this.#put(once, person, this.#respelt(fields, 1));
    this.#linked += 1;
  }

  /** One side holds the person twice, and no key says so. */
  alikeTwice(turn: number): void {
    const side = turn % 2 === 0 ? 'crm' : 'erp';
    const [person, fields] = this.#person();
    this.#put(side, person, fields);
    this.#put(side, person, { ...fields, email: null, vat: null, name: mistyped(this.#random, fields.name) });
    this.#onlyAt[side] += 2;
    this.#inner += 1;
  }

  /** Three people of one name in one town, one of whom the other system knows by name only: nobody can tell which. */
  nameOnly(): void {
    const [, { name, town }] = this.#person();
    for (let count = 0; count < 3; count += 1) this.#alone('crm', { name, town });
    this.#put('erp', null, { name, town, email: null, vat: null, phone: null });
    this.#onlyAt.erp += 1;
  }

  /** Two people of one name in one town, with numbers and addresses that differ in a digit. Empty keys agree on nothing. */
  namesakes(turn: number): void {
    const [, { name, town }] = this.#person();
    const keyless = turn % 4 === 0 ? { email: null, vat: turn % 8 === 0 ? '' : null } : {};
    this.#alone('crm', { name, town, ...keyless });
    this.#alone('erp', { name, town, ...keyless });
  }

  fill(side: SideName, count: number): void {
    while (this.#counts[side] < count) this.#alone(side, {});
  }

  #alone(side: SideName, fields: Partial<Fields>): void {
    const [person, own] = this.#person();
    this.#put(side, person, { ...own, ...fields });
    this.#onlyAt[side] += 1;
  }

  done(): Populated {
    const numbers = { crm: 0, erp: 0 };
    const records = shuffled(this.#random, this.#records).map((record) => {
      numbers[record.side] += 1;
      return { ...record, id: numbers[record.side] };
    });
    const expected = {
      linked: this.#linked,
      onlyAt: this.#onlyAt,
      doubles: this.#doubles,
      torn: { crm: 0, erp: this.#torn },
      suggested: this.#suggested,
      ambiguous: this.#ambiguous,
      inner: this.#inner,
    };
    return { records, expected };
  }

  #put(side: SideName, person: string | null, fields: Fields): void {
    this.#records.push({ side, person, ...fields });
    this.#counts[side] += 1;
  }

  /** No two people share an address, a telephone number or a tax number; names and towns many do. */
  #person(): readonly [person: string, fields: Fields] {
    this.#people += 1;
    const number = String(this.#people);
    const [first, last] = [pick(this.#random, FIRST_NAMES), pick(this.#random, LAST_NAMES)];
    const fields = {
      name: `${first} ${last}`,
      email: `${first}.${last}${number}@mail.example`.toLowerCase(),
      vat: `DE${number.padStart(9, '0')}`,
      phone: `+4930${number.padStart(7, '0')}`,
      town: pick(this.#random, TOWNS),
    };
    return [`person ${number}`, fields];
  }

  /** The same person as the other system spells them: by both keys, by the address alone, by the number alone. */
  #respelt(fields: Fields, turn: number): Fields {
    const [, stranger] = this.#person();
    const email = ` ${must(fields.email, 'a person has an address').toUpperCase()} `;
    const vat = must(fields.vat, 'a person has a number').toLowerCase();
    const phone = must(fields.phone, 'a person has a telephone').replace('+49', '0');
    const name = mistyped(this.#random, fields.name);
    const town = pick(this.#random, TOWNS);
    const keys = [
      { email, vat },
      { email, vat: null },
      { email: null, vat },
      { email: stranger.email, vat },
      { email, vat: stranger.vat },
    ];
    return { name, town, phone, ...must(keys[turn % keys.length], 'a way of spelling') };
  }
}

function turned(name: string): string {
  return name.split(' ').toReversed().join(', ');
}
