import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { CommandFailed, EXIT, type Command } from './command.ts';

/** Beside the console's 4600, so that both can run at once. */
const PORT = 4_620;
const PORT_MAX = 65_533;

export const simulate: Command = {
  name: 'simulate',
  usage: 'SYSTEM',
  summary:
    'Runs a stand-in for a system on this machine, to try a connection or a client on; so far: salesforce',
  example: 'trueup simulate salesforce --port 4620',
  options: { port: { type: 'string' }, ca: { type: 'string' }, empty: { type: 'boolean' } },
  optionHelp: {
    port: `for HTTP; HTTPS and events take the two after it (default ${String(PORT)}, 0 for free ones)`,
    ca: 'write the certificate to trust into this file',
    empty: 'start without any records',
  },
  run: async ({ words, flags, output, signal }) => {
    const [system = ''] = words;
    if (system !== 'salesforce')
      throw new CommandFailed(system === '' ? 'which system?' : `there is no simulator of ${system}`, {
        exitCode: EXIT.wrongInput,
        advice: 'So far there is one: trueup simulate salesforce',
      });
    const { ca, empty } = flags;
    // Loaded here, so that no other command waits for it.
    const { runSimulator } = await import('../simulators/salesforce/run.ts');
    await runSimulator({
      port: portOf(flags['port']),
      clock: systemClock,
      random: systemRandom,
      signal,
      say: (line) => output.line(line),
      empty: empty === true,
      ...(typeof ca === 'string' ? { caFile: ca } : {}),
    });
    return EXIT.ok;
  },
};

function portOf(given: unknown): number {
  const port = given === undefined ? PORT : Number(given);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  throw new CommandFailed(`--port must be a number from 0 to ${String(PORT_MAX)}`, {
    exitCode: EXIT.wrongInput,
  });
}
