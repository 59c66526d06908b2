/** What the integration user may see and do. People at the screen are administrators and may do everything. */

export type FieldAccess = 'edit' | 'read' | 'none';
export type ObjectAccess = 'edit' | 'read' | 'none';

export class Access {
  readonly #objects = new Map<string, ObjectAccess>();
  readonly #fields = new Map<string, FieldAccess>();
  readonly #hidden = new Set<string>();
  readonly #readOnly = new Set<string>();

  /** Profile permission on an object; `edit` unless set. */
  setObject(object: string, access: ObjectAccess): void {
    this.#objects.set(object, access);
  }

  /** Field-level security; `edit` unless set. */
  setField(object: string, field: string, access: FieldAccess): void {
    this.#fields.set(`${object}.${field}`, access);
  }

  /** Takes a record out of what is shared with the user. */
  hideRecord(id: string): void {
    this.#hidden.add(id);
  }

  /** Shares the record with the user again. */
  showRecord(id: string): void {
    this.#hidden.delete(id);
  }

  /** Shares a record for reading only, as an approval process does with the records in it. */
  freezeRecord(id: string): void {
    this.#readOnly.add(id);
  }

  thawRecord(id: string): void {
    this.#readOnly.delete(id);
  }

  object(object: string): ObjectAccess {
    return this.#objects.get(object) ?? 'edit';
  }

  field(object: string, field: string): FieldAccess {
    return this.#fields.get(`${object}.${field}`) ?? 'edit';
  }

  sees(id: string): boolean {
    return !this.#hidden.has(id);
  }

  edits(id: string): boolean {
    return this.sees(id) && !this.#readOnly.has(id);
  }
}
