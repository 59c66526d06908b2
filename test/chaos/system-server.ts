/** A process that is one simulated system: every call a POST of JSON, all that really happened appended to its log. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';

import { must } from '../../src/lib/assert.ts';
import { answer, bodyOf, instructions, serve } from './child.ts';
import { gradesOf } from './grades.ts';
import type { CallName, Calls, Envelope } from './protocol.ts';
import { ServedSystem } from './system.ts';

/** What the supervisor tells a system. */
export interface SystemInstructions {
  readonly name: string;
  readonly automations: boolean;
  /** One entry a line, in the order in which it happened. */
  readonly logFile: string;
}

const given = instructions() as SystemInstructions;
const shape = must(
  gradesOf(given).find(({ name }) => name === given.name),
  'a system has a grade',
);
const log = openSync(given.logFile, 'a');
const system = new ServedSystem(shape, (entry) => {
  writeSync(log, `${JSON.stringify(entry)}\n`);
});

function answered<Name extends CallName>(name: Name, ask: Calls[Name]['ask']): Envelope<Name> {
  // Taken before the answer is: an answer never shows less than the instant it is dated by.
  const order = system.order();
  const call: (asked: Calls[Name]['ask']) => Calls[Name]['answer'] = system.answers[name];
  return { isAnswer: true, order, answer: call(ask) };
}

const server = createServer((request, response) => {
  const name = (request.url ?? '').slice(1);
  bodyOf(request)
    .then((body) => {
      if (!(name in system.answers)) return answer(response, 404, { message: 'there is no such call' });
      return answer(
        response,
        200,
        answered(name as CallName, JSON.parse(body.toString('utf8')) as Calls[CallName]['ask']),
      );
    })
    .catch(() => response.destroy());
});
server.on('close', () => closeSync(log));
await serve(server);
