/** What is said to a request that is not as its route wants it: each place and what is wrong there, never the value. */
import type { z } from '@hono/zod-openapi';

import { ApiProblem } from '../problem.ts';

const ERRORS_MAX = 50;

/** The check of every route at the door. Throws; the application turns it into a problem document. */
export function refuse(
  result:
    | { readonly success: true }
    | { readonly success: false; readonly target: string; readonly error: z.ZodError },
): void {
  if (result.success) return;
  const errors = result.error.issues.slice(0, ERRORS_MAX).map(({ path, message }) => ({
    path: [result.target, ...path.map(String)].join('.'),
    message,
  }));
  throw new ApiProblem('invalid', { errors });
}
