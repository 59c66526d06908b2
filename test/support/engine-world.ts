/**
 * A small world around the engine: sides whose people edit, and a network that delays and loses. It does with the engine
 * what the worker does, checks after every step what must always hold, and gathers what does not in `broken`.
 */
import { acknowledge, remember, weigh, withoutWrite, type SentWrite } from '../../src/engine/acknowledge.ts';
import { mergeDelete, mergeHidden, mergeReturn, unchanged } from '../../src/engine/existence.ts';
import { mergeSeen } from '../../src/engine/late-edit.ts';
import { newIdentity, newLink } from '../../src/engine/merge.ts';
import type { SideModel, SyncModel } from '../../src/engine/model.ts';
import { bodyOf, planIdentity } from '../../src/engine/plan.ts';
import type { Bundle, Observation, OpenWrite, Outcome } from '../../src/engine/state.ts';
import { linkAt, writeAt } from '../../src/engine/state.ts';
import type { Values } from '../../src/engine/value.ts';
import { must } from '../../src/lib/assert.ts';
import { Invariants } from './engine-invariants.ts';
import { Ledger } from './engine-ledger.ts';
import { BLANK, OURS, SimulatedSides, type Answer, type Edits, type Look } from './engine-sides.ts';
import { deepFreeze, modelOf, type ModelShape } from './engine.ts';

/** One thing that happens. The numbers choose where and how; whatever they are, something or nothing happens. */
export interface Step {
  readonly kind:
    | 'edit'
    | 'remove'
    | 'enter'
    | 'hide'
    | 'look'
    | 'apply'
    | 'send'
    | 'land'
    | 'answer'
    | 'lose'
    | 'resolve'
    | 'deliver';
  readonly side: number;
  readonly field: number;
  readonly pick: number;
}

export interface WorldShape {
  readonly model: ModelShape;
  /** Per side what its record holds at the start; null where there is none. */
  readonly start: readonly (Values | null)[];
  /** Systems refuse a write whose record has changed since. */
  readonly conditionalWrite: boolean;
  /** Answers are recorded in the instant of the write, and none is lost. */
  readonly isPrompt: boolean;
}

interface Request {
  readonly side: SideModel;
  readonly write: Required<SentWrite>;
  readonly sentAtMs: number;
  readonly recordId: string | null;
  state: 'travelling' | 'arrived' | 'vanished';
  /** Nobody waits for the answer any more. */
  isOver: boolean;
  answer: Answer | null;
}

const STEP_MS = 1_000;
const REMEMBERED_MS = 100_000;
/** After this long nothing that was remembered may still land. */
const REST_MS = 200_000;
const DRAIN_ROUNDS_MAX = 12;

export class EngineWorld {
  readonly #shape: WorldShape;
  readonly #model: SyncModel;
  readonly #ledger: Ledger;
  readonly #sides: SimulatedSides;
  readonly #invariants: Invariants;
  readonly #looks: Look[] = [];
  readonly #requests: Request[] = [];
  /** When a record was unlinked: a look that began before proves nothing. */
  readonly #forgotten = new Map<string, number>();
  #bundle: Bundle;
  #nowMs = 1_000_000;

  constructor(shape: WorldShape) {
    this.#shape = shape;
    this.#model = modelOf(shape.model);
    this.#ledger = new Ledger(this.#model);
    this.#sides = new SimulatedSides(this.#model, this.#ledger, shape.conditionalWrite);
    this.#invariants = new Invariants(this.#model, this.#ledger);
    this.#bundle = deepFreeze({ identity: newIdentity('i1'), links: [], writes: [], holds: [] });
    for (const [index, side] of this.#model.sides.entries()) {
      const values = shape.start[index] ?? null;
      if (values !== null) this.#sides.enter(side, values, this.#nowMs);
    }
  }

  /** What did not hold. Each sentence names one invariant. */
  get broken(): readonly string[] {
    return [...this.#invariants.broken, ...this.#sides.broken];
  }

  run({ kind, side: sideNo, field, pick }: Step): void {
    this.#nowMs += STEP_MS;
    const { sides } = this.#model;
    const side = must(sides[sideNo % sides.length], 'a sync has sides');
    switch (kind) {
      case 'edit':
        return this.#sides.edit(side, field, pick, this.#nowMs);
      case 'remove':
        return pick < 3 ? this.#sides.remove(side) : undefined;
      case 'enter':
        return pick < 2 ? this.#sides.enterFresh(side, pick === 0, this.#nowMs) : undefined;
      case 'hide':
        return this.#sides.hide(side, pick < 3);
      case 'look':
        return pick % 3 === 0 ? this.#lookLater(side) : this.#look(side);
      case 'apply':
        return this.#applyNext();
      case 'send':
        return this.#shape.isPrompt ? this.#deliver(side) : this.#send(side);
      case 'land':
        return this.#land(
          this.#requests.find(({ state }) => state === 'travelling'),
          pick % 2 === 0,
        );
      case 'answer':
        return this.#answer(this.#requests.find(({ answer, isOver }) => answer !== null && !isOver));
      case 'lose':
        this.#lose(side, pick % 2 === 0);
        return pick > 4 ? this.#resolve(side) : undefined;
      case 'resolve':
        return this.#resolve(side);
      case 'deliver':
        return this.#deliver(side);
    }
  }

  /** Lets everything that is under way come to its end, and checks what must hold then. */
  rest(): void {
    while (this.#looks.length > 0) this.#applyNext();
    this.#round();
    this.#round();
    this.#nowMs += REST_MS;
    for (let round = 1; round <= DRAIN_ROUNDS_MAX; round += 1) {
      const [before, sent] = [this.#bundle, this.#requests.length];
      this.#round();
      if (this.#bundle === before && this.#requests.length === sent)
        return this.#invariants.checkRest(this.#bundle, this.#sides);
    }
    this.#invariants.check(false, 'the world does not come to rest');
  }

  #round(): void {
    this.#nowMs += STEP_MS;
    for (const request of this.#requests) {
      if (request.isOver && request.state === 'travelling') request.state = 'vanished';
      this.#land(request, true);
      this.#answer(request);
    }
    for (const side of this.#model.sides) {
      this.#resolve(side);
      this.#look(side);
    }
    for (const side of this.#model.sides) this.#send(side);
  }

  #lookLater(side: SideModel): void {
    this.#looks.push(this.#sides.look(side, this.#nowMs));
  }

  #look(side: SideModel): void {
    this.#apply(this.#sides.look(side, this.#nowMs));
  }

  #applyNext(): void {
    const look = this.#looks.shift();
    if (look !== undefined) this.#apply(look);
  }

  #apply(look: Look): void {
    const { side, readBeganMs } = look;
    const known = linkAt(this.#bundle, side.name);
    const isStale = known !== undefined && readBeganMs <= known.asOfMs;
    if (known !== undefined && !isStale && look.hidden.includes(known.recordId)) {
      this.#take(mergeHidden(this.#bundle, side.name, this.#nowMs));
    } else if (known !== undefined && !isStale && !look.all.includes(known.recordId)) {
      this.#take(mergeDelete(this.#model, this.#bundle, side.name, 'feed', this.#nowMs));
    }
    for (const { id, version, values, edits } of look.found) {
      if (!this.#expects(look, id, version, isStale)) continue;
      this.#observe(
        { side: side.name, recordId: id, version, values, readBeganMs, readEndedMs: this.#nowMs },
        edits,
      );
    }
  }

  /** Links the record if it is new; false where a look says nothing, or nothing that counts. */
  #expects({ side, readBeganMs }: Look, id: string, version: string, isStale: boolean): boolean {
    const link = linkAt(this.#bundle, side.name);
    if (link !== undefined && (link.status !== 'gone' || link.recordId === id)) {
      return link.recordId === id && !isStale && (link.version !== version || link.status !== 'live');
    }
    const isForgotten = readBeganMs <= (this.#forgotten.get(id) ?? 0);
    if (isForgotten || this.#bundle.identity.tombstone !== null) return false;
    const others = this.#bundle.links.filter((other) => other !== link);
    this.#store({ ...this.#bundle, links: [...others, newLink(side.name, id)] });
    return true;
  }

  #observe(seen: Observation, edits: Edits): void {
    deepFreeze(seen);
    const returned = mergeReturn(this.#bundle, seen);
    this.#invariants.check(returned.holds.length === 0, 'a record returned that was never deleted');
    this.#take(returned);
    this.#noteSeen(seen.side, seen.values, edits);
    const outcome = mergeSeen(this.#model, this.#bundle, seen);
    const isOurs = this.#isWriting(seen.side, seen.recordId);
    this.#invariants.checkNews(this.#bundle, seen, outcome, edits, isOurs);
    const again = mergeSeen(this.#model, deepFreeze(outcome.bundle), seen);
    const isSame = again.changes.length + again.decisions.length === 0;
    this.#invariants.check(isSame, 'the same observation, applied twice, changed something');
    this.#take(outcome);
  }

  /** A value that a person entered is now known to the engine. */
  #noteSeen(side: string, values: Values, edits: Edits): void {
    for (const [name, value] of Object.entries(values)) {
      if (edits[name] !== OURS && edits[name] !== BLANK) this.#ledger.observed(side, name, value);
    }
  }

  #isWriting(side: string, recordId: string): boolean {
    const state = writeAt(this.#bundle, side)?.state;
    const request = this.#requests.findLast((sent) => sent.side.name === side);
    return (state === 'sent' || state === 'unknown') && request?.answer?.recordId === recordId;
  }

  #take(outcome: Outcome): void {
    this.#store(outcome.bundle);
    this.#invariants.checkOutcome(outcome, this.#shape.isPrompt);
    this.#plan();
  }

  #store(bundle: Bundle): void {
    for (const { side, recordId } of this.#bundle.links) {
      if (linkAt(bundle, side)?.recordId !== recordId) this.#forgotten.set(recordId, this.#nowMs);
    }
    this.#bundle = deepFreeze(bundle);
  }

  #plan(): void {
    for (const step of planIdentity(this.#model, this.#bundle)) {
      const { side } = step;
      const state = writeAt(this.#bundle, side)?.state;
      this.#invariants.check(
        state !== 'sent' && state !== 'unknown',
        'a plan touched a write that is on its way',
      );
      if (step.kind === 'drop') this.#store(withoutWrite(this.#bundle, side));
      else this.#setWrite({ side, kind: step.write, state: 'queued', body: null, seq: 0 });
    }
    this.#invariants.check(
      planIdentity(this.#model, this.#bundle).length === 0,
      'a plan, once stored, was not the last word',
    );
  }

  #setWrite(write: OpenWrite): void {
    const { writes } = withoutWrite(this.#bundle, write.side);
    this.#store({ ...this.#bundle, writes: [...writes, write] });
  }

  #send(side: SideModel): void {
    this.#plan();
    const open = writeAt(this.#bundle, side.name);
    if (open?.state !== 'queued') return;
    const { identity } = this.#bundle;
    const { kind } = open;
    const link = kind === 'create' ? undefined : linkAt(this.#bundle, side.name);
    const body = bodyOf(side, this.#bundle, kind);
    const [version, asOfMs] = [link?.version ?? null, link?.asOfMs ?? 0];
    const sentAgainst = { version, asOfMs };
    const write = { side: side.name, kind, body, seq: identity.seq, called: {}, sentAgainst };
    const sent: OpenWrite = { side: side.name, kind, body, seq: identity.seq, state: 'sent' };
    this.#invariants.checkSent(this.#bundle, sent);
    this.#setWrite(sent);
    const recordId = link?.recordId ?? null;
    this.#requests.push({
      side,
      write: deepFreeze(write),
      sentAtMs: this.#nowMs,
      recordId,
      state: 'travelling',
      isOver: false,
      answer: null,
    });
  }

  #land(request: Request | undefined, tellsAll: boolean): void {
    if (request?.state !== 'travelling') return;
    request.answer = this.#sides.execute(request.side, request.write, request.recordId, tellsAll);
    request.state = 'arrived';
  }

  /** All that the side is owed, with nothing in between. */
  #deliver(side: SideModel): void {
    this.#send(side);
    const request = this.#current(side);
    this.#land(request, true);
    this.#answer(request);
  }

  #current(side: SideModel): Request | undefined {
    return this.#requests.findLast((request) => request.side === side);
  }

  #answer(request: Request | undefined): void {
    if (request === undefined || request.isOver || request.state !== 'arrived') return;
    const { side, write, answer } = request;
    request.isOver = true;
    const open = writeAt(this.#bundle, side.name);
    if (request !== this.#current(side) || (open?.state !== 'sent' && open?.state !== 'unknown')) return;
    if (answer === null) {
      this.#setWrite({ ...open, state: 'queued' });
      this.#look(side);
      return;
    }
    this.#acknowledge(write, answer, request.sentAtMs);
    const isMerged = answer.version !== null && linkAt(this.#bundle, side.name)?.version === answer.version;
    if (isMerged) this.#noteSeen(side.name, answer.returned ?? {}, answer.edits);
    if (answer.version === null && write.kind !== 'delete') this.#lookAfter(side);
  }

  #acknowledge(write: SentWrite, answer: Omit<Answer, 'edits'>, sentAtMs: number): void {
    const { recordId, version, returned } = answer;
    const receipt = deepFreeze({ recordId, version, returned, sentAtMs, nowMs: this.#nowMs });
    this.#take(acknowledge(this.#model, this.#bundle, write, receipt));
  }

  #lookAfter(side: SideModel): void {
    this.#nowMs += 1;
    this.#look(side);
  }

  #lose(side: SideModel, vanishes: boolean): void {
    const request = this.#current(side);
    const open = writeAt(this.#bundle, side.name);
    if (request === undefined || request.isOver || open?.state !== 'sent') return;
    request.isOver = true;
    if (vanishes && request.state === 'travelling') request.state = 'vanished';
    this.#setWrite({ ...open, state: 'unknown' });
  }

  /** As the worker settles what it does not know: by a fresh look, never by guessing. */
  #resolve(side: SideModel): void {
    const open = writeAt(this.#bundle, side.name);
    if (open?.state !== 'unknown') return;
    const { write, recordId, state, answer, sentAtMs } = must(
      this.#current(side),
      'an unknown write was sent',
    );
    const isCreate = write.kind === 'create';
    const isQuiet = state !== 'travelling';
    if (isCreate && !isQuiet) return;
    const record = this.#sides.record(side.name, recordId ?? answer?.recordId ?? '');
    if (record === undefined) {
      if (isCreate && answer === null) this.#setWrite({ ...open, state: 'queued' });
      else this.#take(unchanged(withoutWrite(this.#bundle, side.name)));
      return this.#look(side);
    }
    const { id, version, values } = record;
    const { version: ifVersion } = write.sentAgainst;
    const evidence = isCreate ? 'landed' : weigh(this.#model, write, ifVersion, { version, values }, isQuiet);
    const { kind, body, seq } = write;
    const sent = { side: side.name, kind, body, seq };
    if (evidence === 'landed')
      this.#acknowledge(sent, { recordId: id, version: null, returned: null }, sentAtMs);
    else if (evidence === 'notLanded') this.#setWrite({ ...open, state: 'queued' });
    else this.#take(unchanged(remember(this.#bundle, sent, this.#nowMs + REMEMBERED_MS)));
    this.#lookAfter(side);
  }
}
