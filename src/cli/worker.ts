import { runFleet } from '../fleet.ts';
import { systemClock } from '../lib/clock.ts';
import { serve, type ServeOptions, type Serving } from '../serve.ts';
import { buildConsole } from './build-console.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { createLog, LOG_OPTION, LOG_OPTION_HELP } from './log.ts';
import { METRICS_OPTION, METRICS_OPTION_HELP, withMetrics } from './metrics.ts';
import { onlyOneHere } from './only-one.ts';
import { text, withInstallation } from './open.ts';
import type { Output } from './output.ts';
import { filesWork } from './serve-dictionary.ts';

export const worker: Command = {
  name: 'worker',
  usage: '',
  summary: 'Runs the syncs until stopped; start as many as you like, on as many machines as you like',
  example: 'trueup worker',
  options: { ...METRICS_OPTION, ...LOG_OPTION },
  optionHelp: { ...METRICS_OPTION_HELP, ...LOG_OPTION_HELP },
  run: (context) =>
    withInstallation(
      context,
      async (installation) => {
        await withMetrics(context, installation, () => runFleet(installation, context.signal));
        return EXIT.ok;
      },
      createLog(context, systemClock),
    ),
};

const PORT = 4_600;
const PORT_MAX = 65_535;
const HOSTNAME = '127.0.0.1';

export const start: Command = {
  name: 'start',
  usage: '',
  summary: 'Runs Trueup: the store, a worker, and the console with its API',
  example: 'trueup start --port 4600',
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    'public-url': { type: 'string' },
    ...METRICS_OPTION,
    ...LOG_OPTION,
  },
  optionHelp: {
    port: `where the console is (default ${String(PORT)}, 0 for any free port)`,
    host: `the address to listen on (default ${HOSTNAME}: this machine only)`,
    ...METRICS_OPTION_HELP,
    ...LOG_OPTION_HELP,
    'public-url': 'how browsers reach it through a proxy that brings TLS, such as https://trueup.example.com',
  },
  run: (context) =>
    withInstallation(
      context,
      async (installation) => {
        const options = serveOptions(context);
        const one = await onlyOneHere(installation.directory);
        try {
          await buildConsole();
          const serving = await serve(installation, options);
          try {
            one.tell(serving.url);
            tell(context.output, serving);
            await withMetrics(context, installation, () => runFleet(installation, context.signal));
          } finally {
            await serving.close();
          }
        } finally {
          await one.close();
        }
        return EXIT.ok;
      },
      createLog(context, systemClock),
    ),
};

function serveOptions({ flags, environment }: CommandContext): ServeOptions {
  const port = Number(text(flags['port']) ?? PORT);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX)
    throw new CommandFailed(`--port must be a number from 0 to ${String(PORT_MAX)}`, {
      exitCode: EXIT.wrongInput,
    });
  const given = text(flags['public-url']) ?? environment['TRUEUP_PUBLIC_URL'] ?? '';
  if (given !== '' && !/^https?:\/\/[^/]+\/?$/.test(given))
    throw new CommandFailed('--public-url must be an address without a path', {
      exitCode: EXIT.wrongInput,
      advice: 'Such as https://trueup.example.com',
    });
  return {
    hostname: text(flags['host']) ?? HOSTNAME,
    port,
    publicUrl: given === '' ? null : new URL(given).origin,
    files: filesWork,
  };
}

function tell(output: Output, { url, setUpToken }: Serving): void {
  output.line(`Trueup runs: ${url}`);
  if (setUpToken !== null)
    output.line(
      `\nNobody has an account yet. Make the first one there, with this set-up token:\n\n  ${setUpToken}\n`,
    );
  output.line('Stop it with Ctrl-C; look at it from here with: trueup status');
}
