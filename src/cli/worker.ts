import pino from 'pino';

import { runFleet } from '../fleet.ts';
import type { Log } from '../worker/runtime.ts';
import { EXIT, type Command } from './command.ts';
import { withInstallation } from './open.ts';

/** Field names that must never reach a log, wherever they turn up. */
const REDACTED = ['password', 'secret', 'token', 'url', 'authorization', 'values', 'body'];

export function createLog(): Log {
  return pino(
    { redact: [...REDACTED, ...REDACTED.map((name) => `*.${name}`)], base: null, level: 'info' },
    pino.destination(2),
  );
}

const OPTIONS = {};

export const worker: Command = {
  name: 'worker',
  usage: '',
  summary: 'Runs the syncs until stopped; start as many as you like, on as many machines as you like',
  example: 'trueup worker',
  options: OPTIONS,
  optionHelp: {},
  run: (context) =>
    withInstallation(
      context,
      async (installation) => {
        await runFleet(installation, context.signal);
        return EXIT.ok;
      },
      createLog(),
    ),
};

export const start: Command = {
  ...worker,
  name: 'start',
  summary: 'Runs Trueup: the store and a worker',
  example: 'trueup start',
  run: async (context) => {
    context.output.line('Trueup runs. Stop it with Ctrl-C; look at it with: trueup status');
    return worker.run(context);
  },
};
