/** How the system says no, and what that means for what happens next. */
import { z } from 'zod';

import { strict } from '../../../lib/yaml/strict.ts';
import { condition, place, span } from './words.ts';

const statuses = z.union([z.number().int(), z.array(z.number().int()).min(1)], {
  error: 'expected a status, or a list of them',
});

const findShape = strict({
  status: statuses.optional().describe('Only in answers with these statuses.'),
  when: condition
    .optional()
    .describe('Only where this holds. Needed to find an error in an answer of success.'),
  code: place.optional(),
  message: place.optional(),
  field: place.optional().describe('The name of the field at fault, as the system calls it.'),
  wait_s: place.optional().describe('How many seconds to wait, where the header Retry-After does not say.'),
});

const ruleShape = strict({
  status: statuses.optional(),
  code: z
    .union([z.string(), z.array(z.string()).min(1)], { error: 'expected a code, or a list of them' })
    .optional()
    .describe('The system’s code, whole.'),
  contains: z.string().min(1).optional().describe('A part of the message, in any case.'),
  effect: z.enum(['read', 'write']).optional(),
  kind: z
    .enum(['transient', 'rate_limited', 'auth', 'config', 'precondition', 'invalid', 'permanent', 'lost'])
    .describe('lost: it may have happened; only evidence can tell.'),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,40}$/, { error: 'expected small letters, digits and _' })
    .describe('What the failure is called in problems: duplicate_email.'),
  advice: z.string().min(1).optional().describe('What a person can do, as an instruction.'),
  wait: span.optional().describe('How long to leave the system alone.'),
  limit: z.string().optional().describe('The limit that was hit; all of them when not said.'),
});

export const errorsShape = strict({
  find: z.array(findShape).default([]).describe('Where an error stands. The first that finds one counts.'),
  table: z.array(ruleShape).default([]).describe('What errors mean. The first row that fits counts.'),
});

export type ErrorsShape = z.infer<typeof errorsShape>;
