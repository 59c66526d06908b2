/**
 * A small world around the engine: sides with records, users who edit, and a network that delays, loses and repeats. It
 * checks after every step what must always hold, and gathers what does not in `broken`.
 */
import { acknowledge, remember, weigh, withoutWrite, type SentWrite } from '../../src/engine/acknowledge.ts';
import { mergeDelete, mergeHidden, mergeReturn } from '../../src/engine/existence.ts';
import { mergeObservation, newIdentity, newLink } from '../../src/engine/merge.ts';
import type { FieldLens, SideModel, SyncModel } from '../../src/engine/model.ts';
import { bodyOf, planIdentity } from '../../src/engine/plan.ts';
import type { Bundle, Link, Observation, OpenWrite, Outcome, WriteState } from '../../src/engine/state.ts';
import { linkAt, writeAt } from '../../src/engine/state.ts';
import { sameValue, type Value, type Values } from '../../src/engine/value.ts';
import { assert, must } from '../../src/lib/assert.ts';
import { Ledger } from './engine-ledger.ts';
import { deepFreeze } from './engine.ts';

export const STEP_KINDS = [
  'edit',
  'edit',
  'edit',
  'look',
  'look',
  'look',
  'apply',
  'send',
  'send',
  'land',
  'land',
  'answer',
  'answer',
  'lose',
  'resolve',
  'remove',
  'enter',
  'hide',
] as const;

/** One thing that happens. The numbers choose where and how; whatever they are, something or nothing happens. */
export interface Step {
  readonly kind: (typeof STEP_KINDS)[number];
  readonly side: number;
  readonly field: number;
  readonly pick: number;
}

export interface WorldShape {
  readonly model: SyncModel;
  /** Per side what its record holds at the start; null where there is none. */
  readonly start: readonly (Values | null)[];
  /** Systems refuse a write whose record has changed since. */
  readonly conditionalWrite: boolean;
  /** Answers are recorded in the instant of the write, and none is lost. */
  readonly isPrompt: boolean;
}

interface WorldRecord {
  readonly id: string;
  readonly isOurs: boolean;
  version: string;
  isHidden: boolean;
  values: Record<string, Value>;
}

interface Request {
  readonly side: SideModel;
  readonly write: SentWrite & { readonly ifVersion: string | null };
  readonly recordId: string | null;
  state: 'travelling' | 'landed' | 'refused' | 'vanished';
  isLost: boolean;
  answer: {
    readonly recordId: string;
    readonly version: string | null;
    readonly returned: Values | null;
  } | null;
}

interface Look {
  readonly side: SideModel;
  readonly readBeganMs: number;
  readonly found: readonly { readonly id: string; readonly version: string; readonly values: Values }[];
  readonly hidden: readonly string[];
  readonly all: readonly string[];
}

const STEP_MS = 1_000;
const REMEMBERED_MS = 30_000;
const DRAIN_ROUNDS_MAX = 12;

export class EngineWorld {
  readonly broken: string[] = [];
  readonly ledger: Ledger;
  readonly #shape: WorldShape;
  readonly #records = new Map<string, Map<string, WorldRecord>>();
  readonly #looks: Look[] = [];
  #requests: Request[] = [];
  #bundle: Bundle;
  #nowMs = 1_000_000;
  #count = 0;
  #sends = 0;

  constructor(shape: WorldShape) {
    this.#shape = shape;
    this.ledger = new Ledger(shape.model);
    this.#bundle = deepFreeze({ identity: newIdentity('i1'), links: [], writes: [], holds: [] });
    for (const [index, side] of shape.model.sides.entries()) {
      this.#records.set(side.name, new Map());
      const values = shape.start[index];
      if (values !== undefined && values !== null) this.#enter(side, values);
    }
  }

  get bundle(): Bundle {
    return this.#bundle;
  }

  run(step: Step): void {
    this.#nowMs += STEP_MS;
    const { sides } = this.#shape.model;
    const side = must(sides[step.side % sides.length], 'a sync has sides');
    switch (step.kind) {
      case 'edit':
        return this.#edit(side, step);
      case 'look':
        return this.#lookAt(side, step.pick % 3 === 0);
      case 'apply':
        return this.#applyNext();
      case 'send':
        return this.#send(side);
      case 'land':
        return this.#land(
          this.#requests.find((request) => request.state === 'travelling'),
          step.pick,
        );
      case 'answer':
        return this.#answer(this.#requests.find((request) => request.answer !== null && !request.isLost));
      case 'lose':
        return this.#lose(side, step.pick % 2 === 0);
      case 'resolve':
        return this.#resolve(side);
      case 'remove':
        return this.#remove(side, step.pick);
      case 'enter':
        if (step.pick < 2 && this.#recordsAt(side).size === 0)
          this.#enter(side, this.#fresh(side, step.pick));
        return;
      case 'hide':
        for (const record of this.#recordsAt(side).values())
          record.isHidden = step.pick < 3 && !record.isHidden;
    }
  }

  /** Lets everything that is under way come to its end. Returns after how many rounds nothing was left to do. */
  drain(): number {
    this.#nowMs += 200_000;
    while (this.#looks.length > 0) this.#applyNext();
    for (let round = 1; round <= DRAIN_ROUNDS_MAX; round += 1) {
      const [before, sends] = [this.#bundle, this.#sends];
      this.#round();
      if (this.#bundle === before && this.#sends === sends) return round;
    }
    this.broken.push('the world does not come to rest');
    return DRAIN_ROUNDS_MAX;
  }

  /** What must hold once nothing is under way. */
  checkRest(): void {
    const { identity, links, writes, holds } = this.#bundle;
    this.#check(writes.length === 0, 'writes are left over at rest');
    for (const loss of this.ledger.lostFrom(identity.golden)) this.broken.push(loss);
    if (holds.some((hold) => hold.field === null)) return;
    for (const side of this.#shape.model.sides) {
      const link = links.find((known) => known.side === side.name);
      const record = this.#recordsAt(side).get(link?.recordId ?? '');
      if (link?.status !== 'live') continue;
      if (identity.tombstone !== null)
        this.#check(!side.deletes, `${side.name} still holds what was deleted`);
      else for (const lens of side.lenses) this.#checkInStep(lens, link, record);
    }
  }

  #checkInStep({ field, direction }: FieldLens, link: Link, record: WorldRecord | undefined): void {
    const { golden } = this.#bundle.identity;
    const place = `${link.side}.${field.name}`;
    const value = record?.values[field.name];
    this.#check(sameValue(link.accounted[field.name], value), `${place} is not what is accounted for`);
    const isHeld = this.#bundle.holds.some((hold) => hold.field === field.name);
    if (isHeld || direction === 'in' || golden[field.name] === undefined) return;
    this.#check(sameValue(golden[field.name], value), `${place} is not in step`);
  }

  #round(): void {
    this.#nowMs += STEP_MS;
    for (const request of this.#requests) {
      if (request.isLost && request.state === 'travelling') request.state = 'vanished';
      this.#land(request, 0);
      this.#answer(request);
    }
    this.#requests = [];
    for (const side of this.#shape.model.sides) {
      this.#resolve(side);
      this.#lookAt(side, false);
    }
    for (const side of this.#shape.model.sides) this.#send(side);
  }

  #recordsAt(side: SideModel): Map<string, WorldRecord> {
    return must(this.#records.get(side.name), 'every side holds records');
  }

  #next(prefix: string): string {
    this.#count += 1;
    return `${prefix}${String(this.#count)}`;
  }

  #fresh(side: SideModel, pick: number): Values {
    return Object.fromEntries(side.lenses.map((lens) => [lens.field.name, this.#freshValue(lens, pick)]));
  }

  #freshValue({ field }: FieldLens, pick: number): Value {
    if (field.type.kind === 'set') return pick === 0 ? [] : [this.#next('e')];
    return pick === 0 ? null : this.#next('v');
  }

  /** A person makes a record, which says something about every field of the side. */
  #enter(side: SideModel, values: Values): void {
    const empty = Object.fromEntries(side.lenses.map((lens) => [lens.field.name, null]));
    const mapped = Object.entries(values).filter(([name]) => side.lensOf.has(name));
    const record = { id: this.#next('r'), isOurs: false, version: this.#next('w'), isHidden: false };
    this.#recordsAt(side).set(record.id, { ...record, values: { ...empty, ...Object.fromEntries(mapped) } });
    for (const [name, value] of mapped) this.ledger.entered(name, value, undefined, this.#nowMs);
    for (const lens of side.lenses) this.ledger.entered(lens.field.name, null, undefined, this.#nowMs);
  }

  #edit(side: SideModel, { field, pick }: Step): void {
    const [record] = this.#recordsAt(side).values();
    const lens = side.lenses[field % Math.max(1, side.lenses.length)];
    if (record === undefined || lens === undefined) return;
    const { name } = lens.field;
    const before = record.values[name] ?? null;
    const value =
      lens.field.type.kind === 'set' ? this.#changedSet(before, pick) : this.#changedText(lens, pick);
    if (sameValue(before, value)) return;
    this.ledger.entered(name, value, before, this.#nowMs);
    record.values = { ...record.values, [name]: value };
    record.version = this.#next('w');
  }

  #changedSet(before: Value, pick: number): Value {
    const elements = Array.isArray(before) ? (before as readonly string[]) : [];
    return pick % 2 === 0 && elements.length > 0
      ? elements.slice(1)
      : [...elements, this.#next('e')].toSorted();
  }

  /** Mostly a new value; sometimes empty, or one that somebody used before. */
  #changedText(lens: FieldLens, pick: number): Value {
    if (pick === 6) return null;
    if (pick < 7) return this.#next('v');
    const used = this.ledger.valuesOf(lens.field.name);
    return used[(this.#count * pick) % Math.max(1, used.length)] ?? null;
  }

  #remove(side: SideModel, pick: number): void {
    const [record] = this.#recordsAt(side).values();
    if (record === undefined || pick > 2) return;
    this.#recordsAt(side).delete(record.id);
    this.ledger.removals += 1;
  }

  #lookAt(side: SideModel, later: boolean): void {
    const records = [...this.#recordsAt(side).values()];
    const look: Look = {
      side,
      readBeganMs: this.#nowMs,
      found: records
        .filter((record) => !record.isHidden)
        .map(({ id, version, values }) => ({ id, version, values })),
      hidden: records.filter((record) => record.isHidden).map((record) => record.id),
      all: records.map((record) => record.id),
    };
    if (later) this.#looks.push(look);
    else this.#apply(look);
  }

  #applyNext(): void {
    const look = this.#looks.shift();
    if (look !== undefined) this.#apply(look);
  }

  #apply(look: Look): void {
    const known = linkAt(this.#bundle, look.side.name);
    const isStale = known !== undefined && look.readBeganMs <= known.asOfMs;
    if (known !== undefined && !isStale) {
      if (look.hidden.includes(known.recordId))
        this.#take(mergeHidden(this.#bundle, known.side, this.#nowMs));
      else if (!look.all.includes(known.recordId)) {
        this.#take(mergeDelete(this.#shape.model, this.#bundle, known.side, 'feed', this.#nowMs));
      }
    }
    for (const { id, version, values } of look.found) {
      const link = linkAt(this.#bundle, look.side.name);
      const isNew = link === undefined || (link.status === 'gone' && link.recordId !== id);
      if (!isNew && (link.recordId !== id || isStale || (link.version === version && link.status === 'live')))
        continue;
      if (isNew && this.#bundle.identity.tombstone !== null) continue;
      if (isNew) this.#link(look.side, id);
      this.#observe({ side: look.side.name, recordId: id, version, values, readBeganMs: look.readBeganMs });
    }
  }

  #link(side: SideModel, recordId: string): void {
    const others = this.#bundle.links.filter((link) => link.side !== side.name);
    this.#bundle = deepFreeze({ ...this.#bundle, links: [...others, newLink(side.name, recordId)] });
  }

  #observe(seen: Observation): void {
    deepFreeze(seen);
    this.#take(mergeReturn(this.#bundle, seen.side));
    const before = must(linkAt(this.#bundle, seen.side), 'what is observed is linked').accounted;
    for (const [name, value] of Object.entries(seen.values)) this.ledger.observed(seen.side, name, value);
    const { model } = this.#shape;
    const outcome = mergeObservation(model, this.#bundle, seen);
    for (const { field } of outcome.changes) {
      const moved = before[field] === undefined || !sameValue(before[field], seen.values[field]);
      this.#check(moved, `${seen.side} won ${field} without having changed it`);
    }
    const again = mergeObservation(model, deepFreeze(outcome.bundle), seen);
    const isSame = again.changes.length + again.decisions.length === 0;
    this.#check(isSame, 'the same observation, applied twice, changed something');
    this.#take(outcome);
  }

  #take(outcome: Outcome): void {
    this.#bundle = deepFreeze(outcome.bundle);
    this.broken.push(...this.ledger.note(outcome, this.#shape.isPrompt));
    this.#plan();
  }

  #plan(): void {
    const { model } = this.#shape;
    for (const step of planIdentity(model, this.#bundle)) {
      const state = writeAt(this.#bundle, step.side)?.state;
      this.#check(state !== 'sent' && state !== 'unknown', 'a plan touched a write that is on its way');
      const write = (kind: OpenWrite['kind']): OpenWrite => ({
        side: step.side,
        kind,
        state: 'queued',
        body: null,
        seq: 0,
      });
      this.#setWrite(step.side, step.kind === 'drop' ? null : write(step.write));
    }
    this.#check(planIdentity(model, this.#bundle).length === 0, 'a plan, once stored, was not the last word');
  }

  #setWrite(side: string, write: OpenWrite | null): void {
    const others = this.#bundle.writes.filter((open) => open.side !== side);
    this.#bundle = deepFreeze({ ...this.#bundle, writes: write === null ? others : [...others, write] });
  }

  #setState(side: string, state: WriteState): void {
    const write = must(writeAt(this.#bundle, side), 'a write that ends is open');
    this.#setWrite(side, { ...write, state });
  }

  #send(side: SideModel): void {
    const open = writeAt(this.#bundle, side.name);
    if (open?.state !== 'queued') return;
    const { kind } = open;
    const link = kind === 'create' ? undefined : linkAt(this.#bundle, side.name);
    const body = bodyOf(side, this.#bundle, kind);
    const write = {
      side: side.name,
      kind,
      body,
      seq: this.#bundle.identity.seq,
      ifVersion: link?.version ?? null,
    };
    this.#check(kind !== 'update' || Object.keys(body).length > 0, 'an update writes nothing');
    this.#check(kind !== 'delete' || this.ledger.removals > 0, 'a delete was written that nobody made');
    this.#check(
      kind !== 'create' || this.#bundle.identity.tombstone === null,
      'what was deleted is created again',
    );
    this.broken.push(...this.ledger.invented(body, 'written'));
    this.#setWrite(side.name, { side: side.name, kind, state: 'sent', body, seq: write.seq });
    const request: Request = {
      side,
      write: deepFreeze(write),
      recordId: link?.recordId ?? null,
      state: 'travelling',
      isLost: false,
      answer: null,
    };
    this.#sends += 1;
    this.#requests.push(request);
    if (!this.#shape.isPrompt) return;
    this.#land(request, 0);
    this.#answer(request);
  }

  #land(request: Request | undefined, pick: number): void {
    if (request?.state !== 'travelling') return;
    const { side, write } = request;
    const records = this.#recordsAt(side);
    const record = records.get(request.recordId ?? '');
    const version = this.#next('w');
    const returned = (values: Values): Values | null => (pick % 2 === 0 ? values : null);
    if (write.kind === 'create') {
      const id = this.#next('r');
      const values = Object.fromEntries(
        side.lenses.map(({ field: { name } }) => [name, write.body[name] ?? null]),
      );
      records.set(id, { id, isOurs: true, version, isHidden: false, values });
      request.answer = { recordId: id, version, returned: returned(values) };
      const ours = [...records.values()].filter((known) => known.isOurs);
      this.#check(ours.length === 1, `${side.name} holds two records that we created`);
    } else if (record === undefined || (this.#shape.conditionalWrite && record.version !== write.ifVersion)) {
      request.state = 'refused';
      return;
    } else if (write.kind === 'delete') {
      records.delete(record.id);
      request.answer = { recordId: record.id, version: null, returned: null };
    } else {
      if (this.#shape.conditionalWrite) this.#checkReplaced(side, record, write.body);
      record.values = { ...record.values, ...write.body };
      record.version = version;
      request.answer = { recordId: record.id, version, returned: returned(record.values) };
    }
    request.state = 'landed';
  }

  #checkReplaced(side: SideModel, record: WorldRecord, body: Values): void {
    for (const name of Object.keys(body)) {
      const isOut = side.lensOf.get(name)?.direction === 'out';
      const isKnown = this.ledger.isAccountedFor(name, record.values[name] ?? null);
      this.#check(isOut || isKnown, `a value at ${side.name}.${name} was overwritten unaccounted`);
    }
  }

  #current(side: SideModel): Request | undefined {
    return this.#requests.findLast((request) => request.side === side);
  }

  #answer(request: Request | undefined): void {
    if (request === undefined || request.isLost || request.state === 'travelling') return;
    const open = writeAt(this.#bundle, request.side.name);
    const isCurrent =
      request === this.#current(request.side) && (open?.state === 'sent' || open?.state === 'unknown');
    const { answer } = request;
    request.isLost = true;
    if (!isCurrent) return;
    if (answer === null) {
      this.#setState(request.side.name, 'queued');
      this.#lookAt(request.side, false);
    } else this.#acknowledge(request.write, { ...answer, nowMs: this.#nowMs });
  }

  #acknowledge(write: SentWrite, receipt: Parameters<typeof acknowledge>[3]): void {
    deepFreeze(receipt);
    const at = must(this.#shape.model.sideOf.get(write.side), 'a write has a side');
    for (const [name, value] of Object.entries(receipt.returned ?? {})) {
      if (at.lensOf.has(name)) this.ledger.observed(write.side, name, value);
    }
    this.#take(acknowledge(this.#shape.model, this.#bundle, write, receipt));
  }

  #lose(side: SideModel, vanishes: boolean): void {
    const request = this.#current(side);
    if (request === undefined || request.isLost || writeAt(this.#bundle, side.name)?.state !== 'sent') return;
    request.isLost = true;
    if (vanishes && request.state === 'travelling') request.state = 'vanished';
    this.#setState(side.name, 'unknown');
  }

  /** As the worker settles what it does not know: by a fresh look, never by guessing. */
  #resolve(side: SideModel): void {
    const open = writeAt(this.#bundle, side.name);
    if (open?.state !== 'unknown') return;
    const request = must(this.#current(side), 'an unknown write was sent');
    const isQuiet = request.state !== 'travelling';
    const { write } = request;
    const recordId = request.recordId ?? request.answer?.recordId ?? '';
    const record = this.#recordsAt(side).get(recordId);
    if (write.kind === 'create' && !isQuiet) return;
    if (record === undefined) {
      if (write.kind === 'create' && request.state === 'landed')
        this.#take(unheard(withoutWrite(this.#bundle, side.name)));
      else if (write.kind === 'create') this.#setState(side.name, 'queued');
      else this.#take(unheard(withoutWrite(this.#bundle, side.name)));
      this.#lookAt(side, false);
      return;
    }
    const { version, values } = record;
    const seen = { side: side.name, recordId, version, values, readBeganMs: this.#nowMs };
    const evidence =
      write.kind === 'create' ? 'landed' : weigh(this.#shape.model, write, write.ifVersion, seen, isQuiet);
    if (evidence === 'notLanded') this.#setState(side.name, 'queued');
    else if (evidence === 'landed') {
      const { kind, body, seq } = write;
      const receipt = { recordId, version: null, returned: null, nowMs: this.#nowMs };
      this.#acknowledge({ side: side.name, kind, body, seq }, receipt);
    } else this.#take(unheard(remember(this.#bundle, write, this.#nowMs + REMEMBERED_MS)));
    this.#nowMs += 1;
    this.#lookAt(side, false);
  }

  #check(holds: boolean, invariant: string): void {
    if (!holds) this.broken.push(invariant);
  }
}

function unheard(bundle: Bundle): Outcome {
  assert(Object.isFrozen(bundle) || bundle.writes.length >= 0, 'a bundle has writes');
  return { bundle, changes: [], decisions: [], holds: [] };
}
