/** Creating, changing, deleting and merging records, in the order in which Salesforce does the steps of a save. */
import type { Access } from './access.ts';
import {
  checkChoices,
  checkDuplicates,
  checkReferences,
  checkRequired,
  checkUnique,
  checkValidations,
  type Saving,
} from './checks.ts';
import { invalidReference, isDeleted, SalesforceError } from './failure.ts';
import { prefixOf, type RecordIds } from './ids.ts';
import { valuesOf, type Input } from './input.ts';
import type { Locks } from './locks.ts';
import type { Actor } from './log.ts';
import { normalise } from './normalise.ts';
import { idOf, type SfRecord, type SfValue } from './record.ts';
import type { Rules, TriggerEffect } from './rules.ts';
import type { Schema, SObject } from './schema.ts';
import type { RecordStore } from './store.ts';
import { stampOf } from './times.ts';
import type { Transaction } from './transaction.ts';

export interface WriterParts {
  readonly schema: Schema;
  readonly store: RecordStore;
  readonly rules: Rules;
  readonly access: Access;
  readonly locks: Locks;
  readonly ids: RecordIds;
  /** To what all time stamps are cut: 1,000 ms in the real system. */
  readonly stampResolutionMs: () => number;
}

/** How deep triggers may set each other off. */
const TRIGGER_DEPTH_MAX = 16;

export class Writer {
  readonly #parts: WriterParts;
  #depth = 0;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** The new record's id. */
  create(transaction: Transaction, object: SObject, input: Input): string {
    const { actor } = transaction.context;
    this.#checkObject(object, actor);
    if ('Id' in input || 'id' in input) {
      throw new SalesforceError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', {
        fields: ['Id'],
      });
    }
    const given = valuesOf(this.#parts, object, input, 'create', actor);
    const id = this.#parts.ids.next(object.keyPrefix);
    const stamp = this.#stamp(transaction);
    this.#save(transaction, object, null, {
      ...defaultsOf(object, actor),
      ...given,
      Id: id,
      IsDeleted: false,
      CreatedDate: stamp,
      CreatedById: actor.userId,
    });
    return id;
  }

  update(transaction: Transaction, id: string, input: Input): void {
    const { object, record } = this.#target(transaction, id);
    const values = valuesOf(this.#parts, object, input, 'update', transaction.context.actor);
    this.#parts.locks.check(id);
    this.#save(transaction, object, record, { ...record, ...values });
  }

  delete(transaction: Transaction, id: string, masterId: string | null = null): void {
    const { object, record } = this.#target(transaction, id);
    this.#parts.locks.check(id);
    this.#children(id).forEach(({ child, owner, field, cascades }) => {
      if (cascades) this.delete(transaction.because({ kind: 'cascade', parentId: id }), idOf(child));
      else this.#touch(transaction, owner, child, { [field]: null });
    });
    const master: SfRecord = masterId === null ? {} : { MasterRecordId: masterId };
    const after = { ...record, ...this.#modified(transaction), ...master, IsDeleted: true };
    this.#apply(transaction, 'delete', object, record, after);
  }

  /** Takes a deleted record out of the bin for good. */
  purge(transaction: Transaction, id: string): void {
    const record = this.#parts.store.get(id);
    const object = this.#parts.schema.objectOfPrefix(prefixOf(id));
    if (record === null || object === null || record['IsDeleted'] !== true) throw invalidReference();
    transaction.apply({ operation: 'purge', object, before: record, after: null });
  }

  undelete(transaction: Transaction, id: string): void {
    const record = this.#parts.store.get(id);
    const object = this.#parts.schema.objectOfPrefix(prefixOf(id));
    if (record === null || object === null) throw invalidReference();
    if (record['IsDeleted'] !== true) {
      throw new SalesforceError('UNDELETE_FAILED', 'Entity is not in the recycle bin');
    }
    const after = { ...record, ...this.#modified(transaction), IsDeleted: false };
    checkUnique({ object, before: null, after, context: transaction.context }, this.#parts.store);
    this.#apply(transaction, 'undelete', object, record, after);
  }

  /** The losers go to the bin with the master's id in them, and their children move to the master. */
  merge(transaction: Transaction, masterId: string, loserIds: readonly string[], input: Input): void {
    const { object, record } = this.#target(transaction, masterId);
    const why = transaction.because({ kind: 'merge', masterId });
    for (const loserId of loserIds) {
      for (const { child, owner, field } of this.#children(loserId)) {
        this.#touch(why, owner, child, { [field]: masterId });
      }
      this.delete(why, loserId, masterId);
    }
    const values = valuesOf(this.#parts, object, input, 'update', transaction.context.actor);
    this.#save(transaction, object, record, { ...record, ...values });
  }

  #target(transaction: Transaction, id: string): { readonly object: SObject; readonly record: SfRecord } {
    const { schema, store, access } = this.#parts;
    const object = schema.objectOfPrefix(prefixOf(id));
    const record = store.get(id);
    if (object === null || record === null) throw invalidReference();
    this.#checkObject(object, transaction.context.actor);
    if (record['IsDeleted'] === true) throw isDeleted();
    if (transaction.context.actor.kind === 'integration' && !access.edits(id)) {
      throw new SalesforceError(
        'INSUFFICIENT_ACCESS_OR_READONLY',
        'insufficient access rights on object id',
        {
          status: 403,
        },
      );
    }
    return { object, record };
  }

  #checkObject(object: SObject, actor: Actor): void {
    if (actor.kind !== 'integration' || this.#parts.access.object(object.name) === 'edit') return;
    throw new SalesforceError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', {
      status: 403,
    });
  }

  #save(transaction: Transaction, object: SObject, before: SfRecord | null, written: SfRecord): void {
    const { rules, store } = this.#parts;
    const operation = before === null ? 'create' : 'update';
    this.#checkParents(object, written);
    const stamped = { ...written, ...this.#modified(transaction) };
    const effects = this.#runTriggers(object, before, stamped, operation);
    const after = effects.reduce<SfRecord>((record, { set }) => ({ ...record, ...set }), stamped);
    const saving: Saving = { object, before, after, context: transaction.context };
    checkChoices(saving);
    checkRequired(saving);
    checkReferences(saving, store);
    checkValidations(saving, rules);
    checkDuplicates(saving, store, rules);
    checkUnique(saving, store);
    this.#apply(transaction, operation, object, before, stamped);
    let current = stamped;
    for (const { name, set, others } of effects) {
      const automatic = transaction.because({ kind: 'trigger', name });
      const next = { ...current, ...set };
      if (Object.keys(set).length > 0) this.#apply(automatic, 'update', object, current, next);
      current = next;
      for (const other of others) this.#follow(automatic, other.id, other.set);
    }
  }

  /** A child cannot be saved while the record it belongs to is locked. */
  #checkParents(object: SObject, record: SfRecord): void {
    for (const { name, onParentDelete } of object.fields) {
      const parent = record[name];
      if (onParentDelete === 'cascade' && typeof parent === 'string') this.#parts.locks.check(parent);
    }
  }

  /** What a trigger does to other records, which may have triggers of their own. */
  #follow(transaction: Transaction, id: string, set: Readonly<Record<string, SfValue>>): void {
    const record = this.#parts.store.get(id);
    const object = this.#parts.schema.objectOfPrefix(prefixOf(id));
    if (record === null || object === null || record['IsDeleted'] === true) return;
    if (this.#depth >= TRIGGER_DEPTH_MAX) {
      throw new SalesforceError('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', 'maximum trigger depth exceeded');
    }
    this.#depth += 1;
    try {
      this.#save(transaction, object, record, { ...record, ...this.#normalised(object, set) });
    } finally {
      this.#depth -= 1;
    }
  }

  #runTriggers(
    object: SObject,
    before: SfRecord | null,
    record: SfRecord,
    operation: 'create' | 'update',
  ): readonly (Required<TriggerEffect> & { readonly name: string })[] {
    let current = record;
    return this.#parts.rules.triggersOf(object.name, operation).map(({ name, run }) => {
      const effect = runTrigger(name, () => run(current, before));
      const set = this.#normalised(object, effect?.set ?? {});
      current = { ...current, ...set };
      return { name, set, others: effect?.others ?? [] };
    });
  }

  #normalised(object: SObject, set: Readonly<Record<string, SfValue>>): SfRecord {
    return Object.fromEntries(
      Object.entries(set).map(([name, value]) => {
        const field = this.#parts.schema.field(object.name, name);
        return [name, field === null ? value : normalise(field, value)];
      }),
    );
  }

  /** Sets fields of a record that the system itself changes, past triggers and rules. */
  #touch(transaction: Transaction, object: SObject, record: SfRecord, set: SfRecord): void {
    const after = { ...record, ...set, ...this.#modified(transaction) };
    this.#apply(transaction, 'update', object, record, after);
  }

  #children(parentId: string): readonly {
    readonly child: SfRecord;
    readonly owner: SObject;
    readonly field: string;
    readonly cascades: boolean;
  }[] {
    const parent = this.#parts.schema.objectOfPrefix(prefixOf(parentId))?.name ?? '';
    return this.#parts.schema
      .objects()
      .flatMap((owner) =>
        owner.fields
          .filter((field) => field.referenceTo.includes(parent))
          .flatMap(({ name: field, onParentDelete }) =>
            [...this.#parts.store.all(owner.name)]
              .filter((child) => child[field] === parentId && child['IsDeleted'] !== true)
              .map((child) => ({ child, owner, field, cascades: onParentDelete === 'cascade' })),
          ),
      );
  }

  #apply(
    transaction: Transaction,
    operation: 'create' | 'update' | 'delete' | 'undelete',
    object: SObject,
    before: SfRecord | null,
    after: SfRecord,
  ): void {
    transaction.apply({ operation, object, before, after });
  }

  #modified(transaction: Transaction): SfRecord {
    const stamp = this.#stamp(transaction);
    return {
      LastModifiedDate: stamp,
      LastModifiedById: transaction.context.actor.userId,
      SystemModstamp: stamp,
    };
  }

  #stamp(transaction: Transaction): string {
    return stampOf(transaction.context.atMs, this.#parts.stampResolutionMs());
  }
}

function runTrigger(name: string, run: () => TriggerEffect | null): TriggerEffect | null {
  try {
    return run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${name}: execution of BeforeSave\n\ncaused by: ${reason}`;
    throw new SalesforceError('CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', message);
  }
}

function defaultsOf(object: SObject, actor: Actor): SfRecord {
  const values: Record<string, SfValue> = {};
  for (const field of object.fields) {
    if (field.formula === null && field.type !== 'address') values[field.name] = field.defaultValue;
  }
  if ('OwnerId' in values) values['OwnerId'] = actor.userId;
  const recordType = object.recordTypes.find(({ isDefault }) => isDefault);
  if (recordType !== undefined && 'RecordTypeId' in values) values['RecordTypeId'] = recordType.id;
  return values;
}
