/** A broken invariant: a bug of ours, never a condition of the outside world. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Stops when something that must hold does not. The message names the invariant, never a record's values. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(invariant);
}

/** The value, which must be there. Use where absence would be a bug, not an outcome. */
export function must<T>(value: T | null | undefined, invariant: string): T {
  if (value === null || value === undefined) throw new InvariantError(invariant);
  return value;
}

/** Closes a switch over a tagged union: the compiler refuses it while a case is missing. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${JSON.stringify(value)}`);
}
