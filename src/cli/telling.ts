/** What `alerts` and `collectors` are told by their words, the same on this machine and asked of a server elsewhere. */
import type { ChannelKind, ChannelRow } from '../store/alerts.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { text, wordsOf } from './open.ts';
import { duration, spanMs } from './output.ts';

const KINDS: readonly ChannelKind[] = ['email', 'slack', 'teams', 'pagerduty', 'webhook'];
export const CHANNEL_SETTINGS = ['host', 'port', 'from', 'to', 'user', 'tls', 'url'] as const;
type Setting = (typeof CHANNEL_SETTINGS)[number];
const NAME = /^[a-z][a-z0-9_-]{0,54}$/;

export function wrong(message: string, advice: string | null = null): CommandFailed {
  return new CommandFailed(message, { exitCode: EXIT.wrongInput, advice });
}

/** Throws where the name could not stand in an address. */
export function nameGiven(name: string): string {
  if (NAME.test(name)) return name;
  throw wrong('NAME takes small letters, digits, - and _, and begins with a letter');
}

export interface AskedChannel extends Omit<ChannelRow, 'settings'> {
  readonly settings: Partial<Readonly<Record<Setting, string>>>;
}

/** The channel that `add NAME KIND` and its flags describe. */
export function channelAsked(context: CommandContext): AskedChannel {
  const [, name = '', word = ''] = wordsOf(context, ['', 'NAME', 'KIND']);
  const { flags } = context;
  const kind = KINDS.find((each) => each === word);
  if (kind === undefined) throw wrong(`there is no kind ${word}`, `They are: ${KINDS.join(', ')}`);
  const severity = text(flags['severity']) ?? 'warning';
  if (severity !== 'warning' && severity !== 'critical') throw wrong('--severity takes warning or critical');
  const settings: { [setting in Setting]?: string } = {};
  for (const setting of CHANNEL_SETTINGS) {
    const value = text(flags[setting]);
    if (value !== undefined) settings[setting] = value;
  }
  return { name: nameGiven(name), kind, severity, settings, digest: flags['no-digest'] !== true };
}

/** From the variable that `--secret-from` names; undefined where it is not given. */
export function secretGiven({ flags, environment }: CommandContext): string | undefined {
  const variable = text(flags['secret-from']);
  const given = variable === undefined ? undefined : environment[variable];
  if (variable !== undefined && (given === undefined || given === ''))
    throw wrong(`the environment has no ${variable}`);
  return given;
}

export interface AskedExpectation {
  readonly freshWithinMs: number | null;
  readonly changesWithinMs: number | null;
}

/** What `expect` is told; null where nothing was said. */
export function expectationAsked({ flags }: CommandContext): AskedExpectation {
  return {
    freshWithinMs: spanOf(flags['fresh'], 'fresh'),
    changesWithinMs: spanOf(flags['changes-every'], 'changes-every'),
  };
}

export function expectationText(side: string, { freshWithinMs, changesWithinMs }: AskedExpectation): string {
  const fresh = freshWithinMs === null ? 'as usual' : `within ${duration(freshWithinMs)}`;
  const changes = changesWithinMs === null ? 'as it has' : `every ${duration(changesWithinMs)}`;
  return `${side} is expected to be fresh ${fresh} and to change ${changes}.`;
}

/** `10m` and its like; null when not given. */
function spanOf(flag: unknown, option: string): number | null {
  if (flag === undefined) return null;
  const ms = spanMs(text(flag) ?? '');
  if (ms !== null) return ms;
  throw wrong(`--${option} takes a span such as 30s, 10m, 4h or 2d`);
}
