/** `npm run chaos -- --minutes M [--seed S] [--workers N] [--automations]`: ends with 0 when every promise was kept. */
import { parseArgs } from 'node:util';

import { runChaos } from './supervisor.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '4' },
    settled: { type: 'string', default: '200' },
    automations: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { violations, kills, edits, directory } = await runChaos({
  minutes,
  seed: Number(values.seed),
  workers: Number(values.workers),
  settled: Number(values.settled),
  automations: values.automations,
  signal: stop.signal,
  say,
});
for (const violation of violations) say(violation);
if (directory !== null) say(`the logs are in ${directory}`);
if (stop.signal.aborted) say('the run was broken off: nothing was judged');
say(
  `chaos: ${String(minutes)} minutes, ${String(kills)} kills, ${String(edits)} edits, ${String(violations.length)} violations`,
);
process.exitCode = stop.signal.aborted || violations.length > 0 ? 1 : 0;
