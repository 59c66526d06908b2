/** Turns whatever ended a request into a problem document that says no more than it may. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';

import { ConnectorFailure } from '../connector/failure.ts';
import { isStoreOutage } from '../store/database.ts';
import { SweepFailed } from '../worker/rounds.ts';
import type { Log } from '../worker/runtime.ts';
import type { ApiEnv } from './api-env.ts';
import { ApiProblem, problemAnswer, type ProblemCode } from './problem.ts';

export function answerFailure(error: Error, context: Context<ApiEnv>, log: Log): Response {
  const problem = problemOf(error);
  // The text of an unexpected error may hold anything, so neither the log nor the answer has it.
  if (problem.code === 'unexpected')
    log.error(
      { error: error.name, method: context.req.method, route: context.req.routePath },
      'a request failed',
    );
  return problemAnswer(context, problem);
}

const OF_STATUS: ReadonlyMap<number, ProblemCode> = new Map([
  [400, 'malformed'],
  [404, 'not_found'],
  [413, 'too_large'],
  [504, 'too_slow'],
]);

function problemOf(error: Error): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof ConnectorFailure) {
    const { message, advice } = error.failure;
    return new ApiProblem('system_failed', {
      detail: message,
      ...(advice === undefined ? {} : { advice }),
    });
  }
  if (error instanceof SweepFailed)
    return new ApiProblem('system_failed', {
      detail: error.message,
      ...(error.advice === null ? {} : { advice: error.advice }),
    });
  if (error instanceof HTTPException) return new ApiProblem(OF_STATUS.get(error.status) ?? 'malformed');
  if (isStoreOutage(error))
    return new ApiProblem('unavailable', {
      advice: 'Try again in a moment.',
      headers: { 'retry-after': '2' },
    });
  return new ApiProblem('unexpected', { advice: 'The log of the server says where it happened.' });
}
