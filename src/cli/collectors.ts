import { watchPlace } from '../connections.ts';
import { otlpComplaint } from '../diagnose/metrics/otlp.ts';
import { pushMetrics } from '../diagnose/metrics/push.ts';
import { Secret } from '../lib/secret.ts';
import type { Installation } from '../server.ts';
import { allCollectors, collectorSecret, removeCollector, saveCollector } from '../store/collectors.ts';
import { openSecret, saveSecret } from '../store/control.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { noteCommand } from './deed.ts';
import { text, verbOf, withInstallation, wordsOf } from './open.ts';
import { instant } from './output.ts';
import { nameGiven, secretGiven, wrong } from './telling.ts';

export const collectors: Command = {
  name: 'collectors',
  usage: '[list | add NAME | remove NAME | test NAME]',
  summary: 'Where the metrics are sent over OTLP, every minute',
  example: 'trueup collectors add ops --url https://otlp.example.com/v1/metrics --secret-from OTLP_HEADERS',
  options: { url: { type: 'string' }, 'secret-from': { type: 'string' } },
  optionHelp: {
    url: 'add: the whole address, with its path',
    'secret-from': 'add: the environment variable that holds the headers, such as Authorization=Bearer%20…',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const run = verbOf(context, 'collectors', { list, add, remove, test: tryCollector }, 'list');
      return run(context, installation);
    }),
};

async function list({ output }: CommandContext, installation: Installation): Promise<number> {
  const all = await installation.transaction(allCollectors);
  output.json({ collectors: all });
  for (const { name, url, lastSentMs, failure, failures } of all) {
    const failing =
      failure === null ? '' : `, failing ${String(failures)} times in a row: ${failure.message}`;
    output.line(`${name}  ${url}: last sent ${instant(lastSentMs)}${failing}`);
  }
  if (all.length === 0) output.line('The metrics are sent nowhere: trueup collectors add NAME --url URL');
  return all.some(({ failure }) => failure !== null) ? EXIT.attention : EXIT.ok;
}

async function add(context: CommandContext, installation: Installation): Promise<number> {
  const [, name = ''] = wordsOf(context, ['', 'NAME']);
  nameGiven(name);
  const url = text(context.flags['url']) ?? '';
  const given = secretGiven(context);
  const { workspaceNo, sealer } = installation;
  const headers = given === undefined ? await keptHeaders(installation, name, url) : new Secret(given);
  const complaint = otlpComplaint(url, headers);
  if (complaint !== null) throw wrong(complaint, 'See --help');
  await installation.transaction(async (tx) => {
    await saveCollector(tx, workspaceNo, name, url);
    if (headers !== null) await saveSecret(tx, sealer, workspaceNo, collectorSecret(name), headers);
    await noteCommand(tx, installation, 'collector.saved', name, { url });
  });
  context.output.json({ collector: name });
  context.output.line(`The metrics are sent to ${name} from now on. Try it: trueup collectors test ${name}`);
  return EXIT.ok;
}

/** Headers stay with the address that they were given for: sent to another they would be given away. */
async function keptHeaders(installation: Installation, name: string, url: string): Promise<Secret | null> {
  const { workspaceNo, sealer } = installation;
  return installation.transaction(async (tx) => {
    const kept = await openSecret(tx, sealer, workspaceNo, collectorSecret(name));
    const known = (await allCollectors(tx)).find((collector) => collector.name === name);
    if (kept === null || known === undefined || known.url === url) return kept;
    throw wrong('the headers must be given again where the address changes', 'Name them with --secret-from.');
  });
}

async function remove({ output, ...context }: CommandContext, installation: Installation): Promise<number> {
  const [, name = ''] = wordsOf({ ...context, output }, ['', 'NAME']);
  const isGone = await installation.transaction(async (tx) => {
    if (!(await removeCollector(tx, installation.workspaceNo, name))) return false;
    await noteCommand(tx, installation, 'collector.removed', name);
    return true;
  });
  if (!isGone) throw wrong(`there is no collector ${name}`);
  output.json({ removed: name });
  output.line(`The metrics are no longer sent to ${name}.`);
  return EXIT.ok;
}

async function tryCollector({ output, ...context }: CommandContext, here: Installation): Promise<number> {
  const [, name = ''] = wordsOf({ ...context, output }, ['', 'NAME']);
  await pushMetrics(watchPlace(here), name);
  const collector = (await here.transaction(allCollectors)).find((known) => known.name === name);
  if (collector === undefined) throw wrong(`there is no collector ${name}`);
  if (collector.failure !== null)
    throw new CommandFailed(collector.failure.message, { advice: collector.failure.advice ?? null });
  output.json({ sent: name });
  output.line(`${name} took the metrics.`);
  return EXIT.ok;
}
