/** Where a running Trueup says what happens: words for people on a terminal, JSON lines for whatever gathers logs. */
import pino from 'pino';

import type { Clock } from '../lib/clock.ts';
import type { Log } from '../worker/runtime.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { text } from './open.ts';

export const LOG_OPTION = { log: { type: 'string' } } as const;
export const LOG_OPTION_HELP = { log: 'words or json (default: words on a terminal, else json)' } as const;

/** Field names that must never reach a log, wherever they turn up. */
const REDACTED = ['password', 'secret', 'token', 'url', 'authorization', 'values', 'body'];

/** As `--log` says, or else as fits who reads stderr. */
export function createLog({ flags, output }: CommandContext, clock: Clock): Log {
  const style = text(flags['log']) ?? (output.isTerminal && !output.isJson ? 'words' : 'json');
  if (style === 'json') return jsonLog();
  if (style === 'words') return wordsLog((line) => output.error(line), clock);
  throw new CommandFailed('--log takes words or json', { exitCode: EXIT.wrongInput });
}

function jsonLog(): Log {
  return pino(
    { redact: [...REDACTED, ...REDACTED.map((name) => `*.${name}`)], base: null, level: 'info' },
    pino.destination(2),
  );
}

const TIME_BEGIN = 11;
const TIME_END = 19;

/** `14:05:09  warning: a sync could not run; trying again (sync customers, code postgres.auth)`. The time is UTC. */
export function wordsLog(write: (line: string) => void, clock: Clock): Log {
  const say =
    (level: string): Log['info'] =>
    (fields, message) => {
      const time = new Date(clock.nowMs()).toISOString().slice(TIME_BEGIN, TIME_END);
      const told = Object.entries(fields)
        .filter(([name, value]) => value !== null && !REDACTED.includes(name))
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ');
      write(`${time}  ${level}${message}${told === '' ? '' : ` (${told})`}`);
    };
  return { info: say(''), warn: say('warning: '), error: say('error: ') };
}
