/** What people do: they edit, create, delete and decide, and every value they enter is one that nobody entered before. */
import type { NativeValue } from '../../src/engine/value.ts';
import type { Fields, Seen } from './records.ts';
import { FIELDS, textsOf, type Habit, type WorldShape } from './shape.ts';
import { strangersAt } from './strangers.ts';
import type { SimulatedSystem } from './system.ts';
import type { Tape } from './tape.ts';

/** Texts that have broken programs before. */
const ENDINGS = [
  '',
  ' ',
  '\u2028',
  '\u{1d4b3}',
  '"\\',
  '__proto__',
  "'; drop table links; --",
  '\u202e',
  '1e3',
] as const;

/** What people do at Trueup, not at a system. */
const AT_TRUEUP: ReadonlySet<Habit> = new Set(['decide', 'decideLate', 'revise']);

export class People {
  readonly #shape: WorldShape;
  readonly #systems: readonly SimulatedSystem[];
  readonly #tape: Tape;
  #number = 0;
  #hot: NativeValue = null;
  /** Where somebody acted last. */
  #place: SimulatedSystem | null = null;
  readonly #removed: { readonly system: SimulatedSystem; readonly id: string }[] = [];

  constructor(shape: WorldShape, systems: readonly SimulatedSystem[], tape: Tape) {
    this.#shape = shape;
    this.#systems = systems;
    this.#tape = tape;
  }

  /** The records that are there before Trueup first looks: some of them at several sides already. */
  settle(): void {
    const count = 1 + this.#tape.pick('people', this.#shape.settledMax);
    for (let index = 0; index < count; index += 1) {
      const email = this.#newKey();
      const [first] = this.#systems;
      if (first !== undefined) this.#create(first, email);
      for (const system of this.#systems.slice(1))
        if (this.#tape.chance('people', 400)) this.#create(system, email);
    }
  }

  act(): void {
    const isThere = this.#place !== null && this.#tape.chance('people', this.#shape.hotPerMille >> 1);
    const system = isThere ? this.#place : this.#pick(this.#systems);
    if (system == null) return;
    this.#place = system;
    const record = this.#hotAt(system) ?? this.#pick(system.records.all());
    this.#hot = record?.fields['email'] ?? null;
    const habit = this.#habit();
    if (habit === null || record === undefined) {
      if (record === undefined) this.#create(system, this.#newKey());
      else this.#edit(system, record);
      return;
    }
    this.#follow(habit, system, record);
  }

  /** The record here of the thing that was touched last, wherever that was. */
  #hotAt(system: SimulatedSystem): Seen | undefined {
    if (this.#hot === null || !this.#tape.chance('people', this.#shape.hotPerMille)) return undefined;
    return system.records.all().find(({ fields }) => fields['email'] === this.#hot);
  }

  #habit(): Habit | null {
    const habits = [...this.#shape.habits].filter((habit) => !AT_TRUEUP.has(habit));
    if (habits.length === 0 || !this.#tape.chance('people', this.#shape.habitPerMille)) return null;
    const isMissed = this.#shape.isBusy && this.#removed.length > 0 && this.#shape.habits.has('undelete');
    if (isMissed && this.#tape.chance('people', 400)) return 'undelete';
    return habits[this.#tape.pick('people', habits.length)] ?? null;
  }

  #follow(habit: Habit, system: SimulatedSystem, record: Seen): void {
    switch (habit) {
      case 'create':
        this.#create(system, this.#newKey());
        break;
      case 'keyless':
        this.#create(system, null);
        break;
      case 'twin':
        this.#enterTwin(system, record, {});
        break;
      case 'stranger':
        this.#enterStranger(system, record);
        break;
      case 'mend':
        this.#mend(system, record);
        break;
      case 'delete':
        this.remove(system, record);
        break;
      case 'massDelete':
        for (const one of system.records.all()) this.remove(system, one);
        break;
      case 'undelete':
        this.#undelete(system, record);
        break;
      case 'hide':
        system.setHidden(record.id, !record.isHidden);
        break;
      case 'rekey':
        system.act('user', record.id, { email: this.#newKey() });
        break;
      case 'blank':
        system.act('user', record.id, { [this.#field()]: null });
        break;
      case 'merge':
        this.#merge(system, record);
        break;
      case 'form':
        this.#form(system, record);
        break;
      case 'burst': {
        const count = 2 + this.#tape.pick('people', 4);
        for (let index = 0; index < count; index += 1)
          this.#edit(system, this.#pick(system.records.all()) ?? record);
        this.#edit(system, record);
        break;
      }
      case 'copy':
        this.#copy(system, record);
        break;
      case 'cross':
        this.#cross(system, record);
        break;
      case 'takeKey':
        this.#takeKey(system, record);
        break;
      case 'double':
        this.#double(system, record);
        break;
      case 'spoil':
        system.act('user', record.id, { name: [this.#value(system, 'name', null)] });
        break;
      case 'revise':
      case 'decide':
      case 'decideLate':
        break;
    }
  }

  /** Somebody enters a new record, with a key of its own; returns its id. */
  enterNew(system: SimulatedSystem, besides: Fields = {}): string {
    return this.#create(system, this.#newKey(), besides);
  }

  #create(system: SimulatedSystem, email: string | null, besides: Fields = {}): string {
    const gap = this.#tape.chance('people', this.#shape.gapPerMille) ? this.#field() : null;
    const entered = FIELDS.filter((field) => field !== gap);
    const values = Object.fromEntries(entered.map((field) => [field, this.#value(system, field, null)]));
    const id = system.records.newId();
    system.act('user', id, { email, ...values, ...besides });
    return id;
  }

  /** Somebody enters here what is on its way from another side. */
  #enterTwin(system: SimulatedSystem, record: Seen, besides: Fields): void {
    const other = this.#pick(this.#systems.flatMap(({ records }) => records.all()));
    const email = other?.fields['email'];
    if (typeof email === 'string' && this.#keysAt(system).has(email)) this.#edit(system, record);
    else this.#create(system, typeof email === 'string' ? email : this.#newKey(), besides);
  }

  #enterStranger(system: SimulatedSystem, record: Seen): void {
    const unreadable = { name: [this.#value(system, 'name', null)] };
    if (this.#tape.chance('people', 500)) this.enterNew(system, unreadable);
    else this.#enterTwin(system, record, unreadable);
  }

  #mend(system: SimulatedSystem, record: Seen): void {
    const stranger = this.#pick(strangersAt(system));
    if (stranger === undefined) this.#edit(system, record);
    else if (this.#tape.chance('people', 200)) this.remove(system, stranger);
    else if (this.#tape.chance('people', 250)) system.act('user', stranger.id, { email: this.#newKey() });
    else system.act('user', stranger.id, { name: this.#value(system, 'name', null) });
  }

  #edit(system: SimulatedSystem, record: Seen): void {
    this.#enter(system, record, this.#field());
  }

  #enter(system: SimulatedSystem, record: Seen, field: (typeof FIELDS)[number]): void {
    system.act('user', record.id, { [field]: this.#value(system, field, record) });
  }

  #form(system: SimulatedSystem, record: Seen): void {
    const values = FIELDS.map((field) => [field, this.#value(system, field, record)]);
    system.act('user', record.id, Object.fromEntries(values) as Fields);
  }

  /** Two records become one: the other goes, this one takes a value of it. */
  #merge(system: SimulatedSystem, record: Seen): void {
    const other = this.#pick(system.records.all().filter(({ id }) => id !== record.id));
    if (other !== undefined) this.remove(system, other);
    this.#edit(system, record);
  }

  #double(system: SimulatedSystem, record: Seen): void {
    const email = record.fields['email'];
    if (typeof email !== 'string' || system.shape.createIdentity === 'uniqueKey') this.#edit(system, record);
    else this.#create(system, email);
  }

  /** Somebody who knows both systems enters here what another record of the thing holds there. */
  #copy(system: SimulatedSystem, record: Seen): void {
    const twin = this.#twinOf(system, record);
    const field = this.#field();
    if (twin === undefined || field === 'tags') this.#edit(system, record);
    else system.act('user', record.id, { [field]: twin.record.fields[field] ?? null });
  }

  /** Another record of the thing at another side. */
  #twinOf(
    system: SimulatedSystem,
    { fields }: Seen,
  ): { readonly system: SimulatedSystem; readonly record: Seen } | undefined {
    const email = fields['email'] ?? null;
    if (email === null) return undefined;
    const others = this.#systems.filter((other) => other !== system);
    return this.#pick(
      others.flatMap((other) =>
        other.records
          .all()
          .filter((record) => record.fields['email'] === email)
          .map((record) => ({ system: other, record })),
      ),
    );
  }

  #cross(system: SimulatedSystem, record: Seen): void {
    const twin = this.#twinOf(system, record);
    const isName = this.#tape.chance('people', 500);
    this.#enter(system, record, isName ? 'name' : 'city');
    if (twin !== undefined) this.#enter(twin.system, twin.record, isName ? 'city' : 'name');
  }

  #takeKey(system: SimulatedSystem, record: Seen): void {
    const others = this.#systems.flatMap(({ records }) => records.all());
    const email = this.#pick(others)?.fields['email'];
    const isTaken = system.shape.createIdentity === 'uniqueKey' && this.#keysAt(system).has(email);
    if (typeof email !== 'string' || isTaken || email === record.fields['email']) this.#edit(system, record);
    else system.act('user', record.id, { email });
  }

  remove(system: SimulatedSystem, record: Seen): void {
    this.#removed.push({ system, id: record.id });
    system.act('user', record.id, null);
  }

  #undelete(system: SimulatedSystem, record: Seen): void {
    const gone = this.#removed.findLast(
      (one) => (one.system === system || this.#shape.isBusy) && one.system.records.now(one.id) === null,
    );
    // As it was when it went, whoever has deleted it since.
    const fields = gone?.system.records.lastHeld(gone.id) ?? null;
    const key = fields?.['email'];
    const isTaken = typeof key === 'string' && gone !== undefined && this.#keysAt(gone.system).has(key);
    if (gone === undefined || fields === null || isTaken) this.#edit(system, record);
    else gone.system.undelete(gone.id, fields);
  }

  #keysAt(system: SimulatedSystem): ReadonlySet<unknown> {
    return new Set(system.records.all().map(({ fields }) => fields['email']));
  }

  #field(): (typeof FIELDS)[number] {
    return FIELDS[this.#tape.pick('people', FIELDS.length)] ?? 'name';
  }

  #value(system: SimulatedSystem, field: (typeof FIELDS)[number], record: Seen | null): NativeValue {
    this.#number += 1;
    const ending = this.#tape.chance('people', 100)
      ? (ENDINGS[this.#tape.pick('people', ENDINGS.length)] ?? '')
      : '';
    const value = `${system.shape.name}#${String(this.#number)}${ending}`;
    if (field !== 'tags') return value;
    const tags = textsOf(record?.fields['tags']);
    const kept = this.#tape.chance('people', 300) ? tags.slice(1) : tags;
    return [...kept, value];
  }

  #newKey(): string {
    this.#number += 1;
    return `u${String(this.#number)}@x.test`;
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.#tape.pick('people', list.length)];
  }
}
