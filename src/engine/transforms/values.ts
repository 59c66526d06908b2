/** Value maps: what a side writes, and what it means. */
import { InvalidValue, type NativeValue } from '../value.ts';
import type { Step, TransformOf } from './step.ts';

export function valuesStep({ pairs, otherwise, otherwiseNative }: TransformOf<'values'>): Step {
  const toGolden = new Map(pairs.map(([native, golden]) => [String(native), golden]));
  const toNative = new Map(pairs.map(([native, golden]) => [String(golden), native]));
  return {
    get: (raw) => {
      const key = keyOf(raw);
      const golden = key === null ? undefined : toGolden.get(key);
      if (golden === undefined && raw === '') return null;
      const missing = 'the value map has no entry for this value, and no `otherwise`';
      return golden ?? otherwise ?? new InvalidValue('not_an_option', missing);
    },
    put: (golden) => {
      const key = keyOf(golden);
      const native = key === null ? undefined : toNative.get(key);
      const missing = 'the value map has no entry that gives this value';
      return native ?? otherwiseNative ?? new InvalidValue('not_an_option', missing);
    },
  };
}

/** Null for what has no text of its own: a list or a structure is not a key. */
export function keyOf(raw: NativeValue): string | null {
  return typeof raw === 'object' ? null : String(raw);
}

/** A side's own word for "no value", such as `n/a` or `#N/A`. The word itself can then be no value. */
export function nullAsStep(word: string | number | boolean): Step {
  const text = String(word);
  return {
    get: (raw) => (raw !== null && keyOf(raw) === text ? null : raw),
    put: (golden) => {
      if (golden === null) return word;
      return keyOf(golden) === text
        ? new InvalidValue('reserved_word', 'at this side the value would mean that there is none')
        : golden;
    },
  };
}

/** What a missing value is read as. Nothing tells it from the same value entered by a person, so it is never written. */
export function defaultStep(value: string | boolean): Step {
  return {
    get: (raw) => (raw === null || raw === '' ? value : raw),
    put: () => oneWay('a default'),
  };
}

/** A step that only reads, or only writes: the mapping's direction keeps it from being asked. */
export function oneWay(what: string): InvalidValue {
  return new InvalidValue('one_way', `${what} goes one way only`);
}
