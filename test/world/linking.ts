/** What people do about parts and the things that they belong to: they link them, move them, and delete things that have some. */
import { partsAt, REFERENCE } from './parts.ts';
import type { Seen } from './records.ts';
import type { SimulatedSystem } from './system.ts';
import type { World } from './world.ts';

/** So many of the parts that are there at the beginning belong to a thing, in a thousand. */
const LINKED_AT_FIRST_PER_MILLE = 600;

/** One of a system's two collections, and the other. */
interface Place {
  readonly things: SimulatedSystem;
  readonly parts: SimulatedSystem;
}

type Deed = 'link' | 'family' | 'adopt' | 'release' | 'dissolve';
const DEEDS: readonly Deed[] = ['link', 'link', 'link', 'family', 'adopt', 'release', 'dissolve', 'dissolve'];

export class Linking {
  readonly #things: World;
  readonly #parts: World;
  readonly #places: readonly Place[];

  constructor(things: World, parts: World) {
    this.#things = things;
    this.#parts = parts;
    this.#places = [...things.systems].flatMap(([side, system]) => {
      const beside = parts.systems.get(partsAt(side));
      return beside === undefined ? [] : [{ things: system, parts: beside }];
    });
  }

  /** Before Trueup first looks some parts belong to things, at one side or at several. */
  settle(): void {
    for (const place of this.#places)
      for (const part of place.parts.records.all())
        if (this.#tape.chance('references', LINKED_AT_FIRST_PER_MILLE)) this.#link(place, part);
  }

  act(): void {
    const place = this.#pick(this.#places);
    if (place === undefined) return;
    const part = this.#pick(place.parts.records.all());
    const deed = this.#pick(DEEDS);
    if (part === undefined || deed === 'family') this.#family(place);
    else if (deed === 'adopt') this.#adopt(place);
    else if (deed === 'release') name(place, part, null);
    else if (deed === 'dissolve') this.#dissolve(place);
    else this.#link(place, part);
  }

  get #tape() {
    return this.#things.tape;
  }

  #link(place: Place, part: Seen): void {
    const thing = this.#pick(place.things.records.all());
    if (thing !== undefined) name(place, part, thing.id);
  }

  /** A thing and, at once, a part of it. */
  #family({ things, parts }: Place): void {
    const thing = this.#things.people.enterNew(things);
    this.#parts.people.enterNew(parts, { [REFERENCE]: thing });
  }

  /** A part, and then the thing that it belongs to. */
  #adopt({ things, parts }: Place): void {
    const part = this.#parts.people.enterNew(parts);
    const thing = this.#things.people.enterNew(things);
    parts.act('user', part, { [REFERENCE]: thing });
  }

  /** A thing goes: alone, before its parts, or after them. */
  #dissolve({ things, parts }: Place): void {
    const named = new Set(parts.records.all().map(({ fields }) => fields[REFERENCE]));
    const thing = this.#pick(things.records.all().filter(({ id }) => named.has(id)));
    if (thing === undefined) return;
    const own = parts.records.all().filter(({ fields }) => fields[REFERENCE] === thing.id);
    const order = this.#tape.pick('references', 3);
    if (order === 2) for (const part of own) this.#parts.people.remove(parts, part);
    this.#things.people.remove(things, thing);
    if (order === 1) for (const part of own) this.#parts.people.remove(parts, part);
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.#tape.pick('references', list.length)];
  }
}

function name({ parts }: Place, part: Seen, thing: string | null): void {
  parts.act('user', part.id, { [REFERENCE]: thing });
}
