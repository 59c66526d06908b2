/** What administrators change under the feet of an integration: fields, choices, whole objects. */
import type { Clock } from '../../lib/clock.ts';
import { longId } from './ids.ts';
import type { Actor } from './log.ts';
import type { SfRecord } from './record.ts';
import type { Field, Schema, SObject } from './schema.ts';
import type { RecordStore } from './store.ts';
import { stampOf } from './times.ts';
import type { Transaction, WriteContext } from './transaction.ts';

/** What the setup needs of the org. */
export interface SetupOrg {
  readonly clock: Clock;
  readonly schema: Schema;
  readonly store: RecordStore;
  readonly integrationUser: Actor;
  readonly stampResolutionMs: number;
  records(object: string): readonly SfRecord[];
  transact<T>(context: WriteContext, work: (transaction: Transaction) => T): T;
}

const OWN_PERMISSIONS = longId('0aPSm0000000001');

export class Setup {
  readonly #org: SetupOrg;

  constructor(org: SetupOrg) {
    this.#org = org;
  }

  /** Adds an object, or replaces the one of its name. */
  define(object: SObject): void {
    this.#org.schema.define(object);
    this.#org.store.reindex(object);
    const recordType = this.#org.schema.object('RecordType');
    if (recordType === null) return;
    for (const { id, name, developerName } of object.recordTypes) {
      const own = { Id: id, IsDeleted: false, Name: name, DeveloperName: developerName, IsActive: true };
      this.#org.store.put(recordType, { ...own, SobjectType: object.name });
    }
  }

  /** Gives the integration user a right of the whole org, such as `ModifyAllData`, or takes it away. */
  permit(right: string, granted = true): void {
    const object = this.#object('UserPermissionAccess');
    const [record] = this.#org.records(object.name);
    this.#org.store.put(object, {
      ...record,
      Id: OWN_PERMISSIONS,
      IsDeleted: false,
      [`Permissions${right}`]: granted,
    });
  }

  /** Adds fields in front of the system's own. */
  addFields(object: string, fields: readonly Field[]): void {
    const existing = this.#object(object);
    this.define({ ...existing, fields: [...existing.fields, ...fields] });
  }

  /** Alters a field: makes it required or unique, shortens it, restricts its choices. Stored values stay as they are. */
  changeField(object: string, name: string, change: Partial<Omit<Field, 'name'>>): void {
    const existing = this.#object(object);
    const fields = existing.fields.map((field) => (field.name === name ? { ...field, ...change } : field));
    this.define({ ...existing, fields });
  }

  /** Gives a field another API name. Its values stay, and no time stamp moves. */
  renameField(object: string, name: string, to: string): void {
    const existing = this.#object(object);
    const fields = existing.fields.map((field) => (field.name === name ? { ...field, name: to } : field));
    const renamed = { ...existing, fields };
    for (const { [name]: value = null, ...others } of this.#org.store.all(object))
      this.#org.store.put(renamed, { ...others, [to]: value });
    this.define(renamed);
  }

  /** Takes a field away. The real system touches every record for that, and so does this. */
  removeField(object: string, name: string): void {
    const existing = this.#object(object);
    this.define({ ...existing, fields: existing.fields.filter((field) => field.name !== name) });
    this.touchAll(object);
  }

  /** Narrows a restricted picklist for the records of one record type. */
  restrictForRecordType(
    object: string,
    developerName: string,
    field: string,
    values: readonly string[],
  ): void {
    const existing = this.#object(object);
    const recordTypes = existing.recordTypes.map((type) =>
      type.developerName === developerName
        ? { ...type, picklists: { ...type.picklists, [field]: values } }
        : type,
    );
    this.define({ ...existing, recordTypes });
  }

  /** Moves SystemModstamp, and nothing else, of every record: what mass changes of the setup do. */
  touchAll(object: string): void {
    const definition = this.#object(object);
    const atMs = this.#org.clock.nowMs();
    const actor: Actor = { kind: 'automation', userId: this.#org.integrationUser.userId, name: 'Salesforce' };
    const context: WriteContext = { actor, cause: { kind: 'setup' }, allowDuplicates: true, atMs };
    const stamp = stampOf(atMs, this.#org.stampResolutionMs);
    this.#org.transact(context, (transaction) => {
      for (const before of this.#org.records(object)) {
        const after = { ...before, SystemModstamp: stamp };
        transaction.apply({ operation: 'touch', object: definition, before, after });
      }
    });
  }

  #object(name: string): SObject {
    const object = this.#org.schema.object(name);
    if (object === null) throw new Error(`the org has no object ${name}`);
    return object;
  }
}
