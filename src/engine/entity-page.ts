/** What a data dictionary says, as its pages show it: worked out from the file, shown by the API. */

/** An entity as the data dictionary describes it; texts that say nothing are empty. */
export interface EntityPage {
  readonly name: string;
  readonly meaning: string;
  readonly fields: readonly FieldPage[];
  /** What must hold of a record as a whole. */
  readonly rules: readonly string[];
  /** The sides of all syncs of the entity, each once, in the order of the file. */
  readonly sides: readonly string[];
}

/** A field of it. */
export interface FieldPage {
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
  readonly type: string;
  readonly owner: string;
  readonly isRequired: boolean;
  readonly sensitivity: string;
  /** What its values must be, sentence by sentence. */
  readonly rules: readonly string[];
  readonly onViolation: string;
  readonly values: readonly { readonly value: string; readonly meaning: string; readonly at: string }[];
  readonly examples: readonly string[];
  /** Side → what the field is called there, which way it goes, and its steps: `⇄ full_name (trim)`. */
  readonly at: ReadonlyMap<string, string>;
}
