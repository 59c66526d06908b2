/** Who reads, and what follows from it: which objects, fields and records there are for them. */
import type { Access } from './access.ts';
import { SalesforceError } from './failure.ts';
import type { Actor } from './log.ts';
import { idOf, type SfRecord } from './record.ts';
import type { Field, Schema, SObject } from './schema.ts';

/** What reading needs of an org. */
export interface ReadableOrg {
  readonly schema: Schema;
  readonly access: Access;
  readonly store: { get(id: unknown): SfRecord | null; all(object: string): Iterable<SfRecord> };
  readonly clock: { nowMs(): number };
  valueOf(field: Field, record: SfRecord): SfRecord[string];
}

export class Viewer {
  readonly org: ReadableOrg;
  readonly #isLimited: boolean;

  constructor(org: ReadableOrg, actor: Actor) {
    this.org = org;
    this.#isLimited = actor.kind === 'integration';
  }

  /** The object, if it exists and the user may read it. */
  object(name: string): SObject | null {
    const object = this.org.schema.object(name);
    if (object === null || (this.#isLimited && this.org.access.object(object.name) === 'none')) return null;
    return object;
  }

  /** The object of a query, or the refusal that a query gives. */
  queried(name: string): SObject {
    const object = this.object(name);
    if (object !== null) return object;
    const message = `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.`;
    throw new SalesforceError('INVALID_TYPE', message);
  }

  fields(object: SObject): readonly Field[] {
    return object.fields.filter((field) => this.#sees(object, field));
  }

  field(object: SObject, name: string): Field | null {
    const field = this.org.schema.field(object.name, name);
    return field !== null && this.#sees(object, field) ? field : null;
  }

  sees(record: SfRecord): boolean {
    return !this.#isLimited || this.org.access.sees(idOf(record));
  }

  #sees(object: SObject, field: Field): boolean {
    return !this.#isLimited || this.org.access.field(object.name, field.name) !== 'none';
  }
}
