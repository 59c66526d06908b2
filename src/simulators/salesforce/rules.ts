/** What administrators set up to stand in a write's way, or to change what is written. */
import type { SfRecord, SfValue } from './record.ts';

export interface ValidationRule {
  readonly object: string;
  readonly name: string;
  readonly message: string;
  /** The field at which the error is shown; none shows it at the top of the page. */
  readonly field?: string;
  /** True refuses the record. */
  readonly refuses: (record: SfRecord, before: SfRecord | null) => boolean;
  /** Whether the rule looks at this user's writes; at everybody's unless told. */
  readonly appliesTo?: (userId: string) => boolean;
}

export interface DuplicateRule {
  readonly object: string;
  readonly name: string;
  /** Records are duplicates when all of these are equal, whatever their case, and none is empty. */
  readonly fields: readonly string[];
  /** `alert` lets the record through when the request says `allowSave=true`; `block` never does. */
  readonly action: 'alert' | 'block';
  readonly on?: readonly ('create' | 'update')[];
}

export interface Trigger {
  readonly object: string;
  readonly name: string;
  readonly on: readonly ('create' | 'update')[];
  /** Fields to set before the record is saved, and records to change after it. Throwing refuses the record. */
  readonly run: (record: SfRecord, before: SfRecord | null) => TriggerEffect | null;
}

export interface TriggerEffect {
  readonly set?: Readonly<Record<string, SfValue>>;
  readonly others?: readonly { readonly id: string; readonly set: Readonly<Record<string, SfValue>> }[];
}

/** Takes the rule away again. */
export type Remove = () => void;

export class Rules {
  readonly #validations = new Set<ValidationRule>();
  readonly #duplicates = new Set<DuplicateRule>();
  readonly #triggers = new Set<Trigger>();

  validation(rule: ValidationRule): Remove {
    return added(this.#validations, rule);
  }

  duplicate(rule: DuplicateRule): Remove {
    return added(this.#duplicates, rule);
  }

  trigger(trigger: Trigger): Remove {
    return added(this.#triggers, trigger);
  }

  validationsOf(object: string, userId: string): readonly ValidationRule[] {
    return [...this.#validations].filter(
      (rule) => rule.object === object && (rule.appliesTo?.(userId) ?? true),
    );
  }

  duplicatesOf(object: string, operation: 'create' | 'update'): readonly DuplicateRule[] {
    return [...this.#duplicates].filter(
      (rule) => rule.object === object && (rule.on ?? ['create', 'update']).includes(operation),
    );
  }

  triggersOf(object: string, operation: 'create' | 'update'): readonly Trigger[] {
    return [...this.#triggers].filter(
      (trigger) => trigger.object === object && trigger.on.includes(operation),
    );
  }
}

function added<T>(set: Set<T>, element: T): Remove {
  set.add(element);
  return () => set.delete(element);
}
