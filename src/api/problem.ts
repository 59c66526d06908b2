/** Problem documents (RFC 9457): what went wrong, in a form that both a person and a program can follow. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Our codes, each with its status and title. */
const KINDS = {
  malformed: [400, 'The request could not be read'],
  signed_out: [401, 'You are not signed in'],
  wrong_credentials: [401, 'Address or password is wrong'],
  unsigned: [401, 'The delivery is not signed as it must be'],
  forbidden: [403, 'Your role does not allow this'],
  csrf: [403, 'This write did not come from the console'],
  not_found: [404, 'There is no such thing here'],
  method: [405, 'This address does not take that method'],
  conflict: [409, 'Something else has happened meanwhile'],
  stale: [412, 'What you saw is no longer what is there'],
  too_large: [413, 'The request is too large'],
  wrong_host: [421, 'This server does not go by that name'],
  invalid: [422, 'Something in the request is not as it must be'],
  too_many: [429, 'Too many requests'],
  unexpected: [500, 'Something went wrong here'],
  system_failed: [502, 'A connected system could not do it'],
  unavailable: [503, 'The store cannot be reached'],
  too_slow: [504, 'This took too long'],
} as const satisfies Readonly<Record<string, readonly [status: ContentfulStatusCode, title: string]>>;

export type ProblemCode = keyof typeof KINDS;

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().nullable(),
    code: z.string(),
    advice: z.string().nullable(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .readonly()
      .optional(),
  })
  .openapi('Problem');

export interface ProblemDetail {
  readonly detail?: string;
  readonly advice?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends a request with a problem document. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ProblemCode;
  readonly more: ProblemDetail;

  constructor(code: ProblemCode, more: ProblemDetail = {}) {
    super(more.detail ?? KINDS[code][1]);
    this.code = code;
    this.more = more;
  }
}

export function notFound(what: string, name: string): ApiProblem {
  return new ApiProblem('not_found', { detail: `there is no ${what} ${JSON.stringify(name)} here` });
}

export function problemAnswer(context: Context, { code, more }: ApiProblem): Response {
  const [status, title] = KINDS[code];
  const document: z.infer<typeof Problem> = {
    type: `urn:trueup:problem:${code}`,
    title,
    status,
    detail: more.detail ?? null,
    code,
    advice: more.advice ?? null,
    ...(more.errors === undefined ? {} : { errors: more.errors }),
  };
  return context.body(JSON.stringify(document), status, {
    'content-type': 'application/problem+json',
    ...more.headers,
  });
}
