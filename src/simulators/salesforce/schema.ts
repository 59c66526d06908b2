/** What kinds of records an org has, and of what fields: the shape that describe tells and that writes are held to. */
import type { SfRecord, SfValue } from './record.ts';

export type FieldType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'email'
  | 'phone'
  | 'url'
  | 'picklist'
  | 'multipicklist'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'reference'
  | 'address';

/** What becomes of a record whose parent is deleted. */
export type OnParentDelete = 'cascade' | 'clear';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** In characters; 0 where the type is not text. */
  readonly length: number;
  /** All digits and those behind the point; 0 where the type is not a number. */
  readonly precision: number;
  readonly scale: number;
  readonly nillable: boolean;
  readonly createable: boolean;
  readonly updateable: boolean;
  readonly unique: boolean;
  readonly caseSensitive: boolean;
  readonly externalId: boolean;
  readonly idLookup: boolean;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  readonly onParentDelete: OnParentDelete;
  readonly picklist: readonly string[];
  readonly restricted: boolean;
  readonly defaultValue: SfValue;
  /** Computed when read: never stored, never in change events, and its change moves no time stamp. */
  readonly formula: ((record: SfRecord, lookUp: (id: SfValue) => SfRecord | null) => SfValue) | null;
  /** The parts of a compound field, by the name they have inside it. */
  readonly parts: Readonly<Record<string, string>> | null;
}

export interface RecordType {
  readonly id: string;
  readonly name: string;
  readonly developerName: string;
  readonly isDefault: boolean;
  /** The values of a picklist that this record type allows; a picklist that is not named here allows all of its own. */
  readonly picklists: Readonly<Record<string, readonly string[]>>;
}

export interface SObject {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  readonly custom: boolean;
  readonly fields: readonly Field[];
  readonly recordTypes: readonly RecordType[];
}

/** A platform event: published and read, never stored as a record. */
export interface PlatformEvent {
  readonly name: string;
  readonly keyPrefix: string;
  readonly fields: readonly Field[];
}

/** The objects of one org by name, whatever its case. A change takes effect at once, as an administrator's does. */
export class Schema {
  readonly #objects = new Map<string, SObject>();
  readonly #fields = new Map<string, ReadonlyMap<string, Field>>();
  readonly #events = new Map<string, PlatformEvent>();

  objects(): readonly SObject[] {
    return [...this.#objects.values()];
  }

  object(name: string): SObject | null {
    return this.#objects.get(name.toLowerCase()) ?? null;
  }

  objectOfPrefix(prefix: string): SObject | null {
    return this.objects().find(({ keyPrefix }) => keyPrefix === prefix) ?? null;
  }

  field(object: string, name: string): Field | null {
    return this.#fields.get(object.toLowerCase())?.get(name.toLowerCase()) ?? null;
  }

  /** Adds an object, or replaces the one of that name. */
  define(object: SObject): void {
    const key = object.name.toLowerCase();
    this.#objects.set(key, object);
    this.#fields.set(key, new Map(object.fields.map((field) => [field.name.toLowerCase(), field])));
  }

  defineEvent(event: PlatformEvent): void {
    this.#events.set(event.name.toLowerCase(), event);
  }

  event(name: string): PlatformEvent | null {
    return this.#events.get(name.toLowerCase()) ?? null;
  }

  events(): readonly PlatformEvent[] {
    return [...this.#events.values()];
  }
}
