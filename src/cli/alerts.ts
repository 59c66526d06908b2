import { watchPlace } from '../connections.ts';
import { complaintAbout } from '../diagnose/alerts/send.ts';
import { tellTest, watchOnce } from '../diagnose/watch/watch.ts';
import { Secret } from '../lib/secret.ts';
import type { Installation } from '../server.ts';
import {
  allChannels,
  channelSecret,
  channelStates,
  raisedAlerts,
  removeChannel,
  saveChannel,
} from '../store/alerts.ts';
import { openSecret, saveSecret } from '../store/control.ts';
import { setExpectation } from '../store/vitals.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { noteCommand, noteCommandAfter } from './deed.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  verbOf,
  withInstallation,
  wordsOf,
} from './open.ts';
import { instant } from './output.ts';
import {
  CHANNEL_SETTINGS,
  channelAsked,
  expectationAsked,
  expectationText,
  secretGiven,
  wrong,
} from './telling.ts';

export const alerts: Command = {
  name: 'alerts',
  usage: '[list | add NAME KIND | remove NAME | test NAME | look | expect SIDE]',
  summary: 'What is wrong enough to tell somebody, and the channels that are told',
  example: 'SLACK_URL=https://hooks.slack.com/… trueup alerts add ops slack --secret-from SLACK_URL',
  options: {
    ...SYNC_OPTION,
    ...Object.fromEntries(CHANNEL_SETTINGS.map((name) => [name, { type: 'string' as const }])),
    'secret-from': { type: 'string' },
    severity: { type: 'string' },
    'no-digest': { type: 'boolean' },
    fresh: { type: 'string' },
    'changes-every': { type: 'string' },
  },
  optionHelp: {
    ...SYNC_OPTION_HELP,
    host: 'e-mail: the mail server',
    port: 'e-mail: its port (default 587; 465 is encrypted from the start)',
    from: 'e-mail: the sender',
    to: 'e-mail: the receivers, with commas',
    user: 'e-mail: the user to log in as',
    tls: 'e-mail: "optional" allows a server without encryption',
    url: 'webhook: the address to call; pagerduty: another address than its own',
    'secret-from': 'the environment variable that holds the secret: an address, a key or a password',
    severity: 'tell nothing less grave: warning (default) or critical',
    'no-digest': 'no daily word about what is unresolved',
    fresh: 'expect: how old what is known of the side may be, such as 10m',
    'changes-every': 'expect: how long the side may be quiet, such as 4h',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const run = verbOf(context, 'alerts', { list, add, remove, test: tryChannel, look, expect }, 'list');
      return run(context, installation);
    }),
};

async function list(context: CommandContext, installation: Installation): Promise<number> {
  const { raised, channels, states } = await installation.transaction(async (tx) => ({
    raised: await raisedAlerts(tx),
    channels: await allChannels(tx),
    states: await channelStates(tx),
  }));
  context.output.json({ alerts: raised, channels, states });
  const { output } = context;
  for (const { severity, sync, side, title, detail, advice, sinceMs } of raised) {
    output.line(`${severity}  ${[sync, side].filter((part) => part !== null).join('/')}  ${title}`);
    output.line(`  ${detail}, since ${instant(sinceMs)}`);
    output.line(`  ${advice}`);
  }
  if (raised.length === 0) output.line('No alert is raised.');
  for (const { name, kind, severity } of channels) {
    const state = states.find(({ channel }) => channel === name);
    const failing = state?.failure == null ? '' : `, failing: ${state.failure.message}`;
    output.line(
      `channel ${name} (${kind}, ${severity}): last told ${instant(state?.lastSentMs ?? null)}${failing}`,
    );
  }
  if (channels.length === 0) output.line('Nobody is told: trueup alerts add NAME KIND');
  return raised.length > 0 ? EXIT.attention : EXIT.ok;
}

async function add(context: CommandContext, installation: Installation): Promise<number> {
  const channel = channelAsked(context);
  const given = secretGiven(context);
  const { name, kind, settings, severity } = channel;
  const { workspaceNo, sealer } = installation;
  const secret =
    given === undefined
      ? await installation.transaction((tx) => openSecret(tx, sealer, workspaceNo, channelSecret(name)))
      : new Secret(given);
  const complaint = complaintAbout(kind, settings, secret);
  if (complaint !== null) throw wrong(complaint, 'See --help; secrets are given with --secret-from VARIABLE');
  await installation.transaction(async (tx) => {
    await saveChannel(tx, workspaceNo, channel);
    if (secret !== null) await saveSecret(tx, sealer, workspaceNo, channelSecret(name), secret);
    await noteCommand(tx, installation, 'channel.saved', name, { kind, severity });
  });
  context.output.json({ channel: name });
  context.output.line(`${name} is told from now on. Try it: trueup alerts test ${name}`);
  return EXIT.ok;
}

async function remove(context: CommandContext, installation: Installation): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'NAME']);
  const isGone = await installation.transaction(async (tx) => {
    if (!(await removeChannel(tx, installation.workspaceNo, name))) return false;
    await noteCommand(tx, installation, 'channel.removed', name);
    return true;
  });
  if (!isGone) throw wrong(`there is no channel ${name}`);
  context.output.json({ removed: name });
  context.output.line(`${name} is told no more.`);
  return EXIT.ok;
}

async function tryChannel(context: CommandContext, installation: Installation): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'NAME']);
  if (!(await tellTest(watchPlace(installation), name, context.signal)))
    throw wrong(`there is no channel ${name}`);
  const states = await installation.transaction((tx) => channelStates(tx));
  const failure = states.find(({ channel }) => channel === name)?.failure ?? null;
  if (failure !== null) throw new CommandFailed(failure.message, { advice: failure.advice ?? null });
  await noteCommandAfter(installation, 'channel.tried', name);
  context.output.json({ told: name });
  context.output.line(`${name} took the test.`);
  return EXIT.ok;
}

/** One cycle of the watch, for setups where no worker keeps it, and to see at once what a change did. */
async function look(context: CommandContext, installation: Installation): Promise<number> {
  const { raised, recovered } = await watchOnce(watchPlace(installation), context.signal);
  context.output.json({ raised, recovered });
  context.output.line(`${String(raised.length)} raised, ${String(recovered.length)} recovered.`);
  return raised.length > 0 ? EXIT.attention : EXIT.ok;
}

async function expect(context: CommandContext, installation: Installation): Promise<number> {
  const [, side = ''] = wordsOf(context, ['', 'SIDE']);
  const sync = await chooseSync(installation, text(context.flags['sync']));
  const sides = sync.definition.sides.map(({ name }) => name);
  if (!sides.includes(side))
    throw wrong(`${sync.name} has no side ${side}`, `Its sides: ${sides.join(', ')}`);
  const expected = { side, ...expectationAsked(context) };
  await installation.transaction(async (tx) => {
    await setExpectation(tx, sync.syncKey, expected);
    await noteCommand(tx, installation, 'side.expected', side, { sync: sync.name, ...expected });
  });
  context.output.json({ sync: sync.name, ...expected });
  context.output.line(expectationText(side, expected));
  return EXIT.ok;
}
