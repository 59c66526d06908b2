import { z } from 'zod';

/** Begins the message about unknown keys; what follows are the known ones. Read by `complaints.ts`. */
export const KNOWN_KEYS = 'known keys: ';

/** A map of exactly these keys, which can say them when another one is met. */
export function strict<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? KNOWN_KEYS + Object.keys(shape).join(' ') : undefined,
  });
}
