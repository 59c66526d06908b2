/** Alerts, the channels that are told, and the collectors of metrics, of a server elsewhere. */
import { counted } from '../../lib/counted.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { text } from '../open.ts';
import { instant } from '../output.ts';
import { channelAsked, expectationAsked, expectationText, nameGiven, secretGiven } from '../telling.ts';
import { bodyOf, done, syncMeant, wordAt, type Client } from './asking.ts';

const told = (at: string | null): string => instant(at === null ? null : Date.parse(at));

export async function alerts({ output }: CommandContext, client: Client): Promise<number> {
  const { items: raised } = await bodyOf(client.api.v1.alerts.$get({ query: {} }));
  const { items: channels } = await bodyOf(client.api.v1.channels.$get());
  output.json({ alerts: raised, channels });
  for (const { severity, sync, side, title, detail, advice, since } of raised) {
    output.line(`${severity}  ${[sync, side].filter((part) => part !== null).join('/')}  ${title}`);
    output.line(`  ${detail}, since ${told(since)}`);
    output.line(`  ${advice}`);
  }
  if (raised.length === 0) output.line('No alert is raised.');
  for (const { name, kind, severity, lastToldAt, failure } of channels) {
    const failing = failure === null ? '' : `, failing: ${failure.message}`;
    output.line(`channel ${name} (${kind}, ${severity}): last told ${told(lastToldAt)}${failing}`);
  }
  if (channels.length === 0) output.line('Nobody is told: trueup alerts add NAME KIND');
  return raised.length > 0 ? EXIT.attention : EXIT.ok;
}

export async function addChannel(context: CommandContext, client: Client): Promise<number> {
  const { name, ...channel } = channelAsked(context);
  const secret = secretGiven(context);
  const json = { ...channel, ...(secret === undefined ? {} : { secret }) };
  await done(client.api.v1.channels[':name'].$put({ param: { name }, json }));
  context.output.json({ channel: name });
  context.output.line(`${name} is told from now on. Try it: trueup alerts test ${name}`);
  return EXIT.ok;
}

export async function removeChannel(context: CommandContext, client: Client): Promise<number> {
  const name = wordAt(context, 1, 'NAME');
  await done(client.api.v1.channels[':name'].$delete({ param: { name } }));
  context.output.json({ removed: name });
  context.output.line(`${name} is told no more.`);
  return EXIT.ok;
}

export async function tryChannel(context: CommandContext, client: Client): Promise<number> {
  const name = wordAt(context, 1, 'NAME');
  const { failure } = await bodyOf(client.api.v1.channels[':name'].test.$post({ param: { name } }));
  if (failure !== null) throw new CommandFailed(failure.message, { advice: failure.advice });
  context.output.json({ told: name });
  context.output.line(`${name} took the test.`);
  return EXIT.ok;
}

export async function look({ output }: CommandContext, client: Client): Promise<number> {
  const { raised, recovered } = await bodyOf(client.api.v1.alerts.look.$post());
  output.json({ raised, recovered });
  output.line(`${String(raised)} raised, ${String(recovered)} recovered.`);
  return raised > 0 ? EXIT.attention : EXIT.ok;
}

export async function expectThere(context: CommandContext, client: Client): Promise<number> {
  const side = wordAt(context, 1, 'SIDE');
  const json = expectationAsked(context);
  const name = await syncMeant(context, client);
  await done(client.api.v1.syncs[':name'].sides[':side'].expectation.$put({ param: { name, side }, json }));
  context.output.json({ sync: name, side, ...json });
  context.output.line(expectationText(side, json));
  return EXIT.ok;
}

export async function collectors({ output }: CommandContext, client: Client): Promise<number> {
  const { items: all } = await bodyOf(client.api.v1.collectors.$get());
  output.json({ collectors: all });
  for (const { name, url, lastSentAt, failure, failures } of all) {
    const failing =
      failure === null ? '' : `, failing ${counted(failures, 'time')} in a row: ${failure.message}`;
    output.line(`${name}  ${url}: last sent ${told(lastSentAt)}${failing}`);
  }
  if (all.length === 0) output.line('The metrics are sent nowhere: trueup collectors add NAME --url URL');
  return all.some(({ failure }) => failure !== null) ? EXIT.attention : EXIT.ok;
}

export async function addCollector(context: CommandContext, client: Client): Promise<number> {
  const name = nameGiven(wordAt(context, 1, 'NAME'));
  const headers = secretGiven(context);
  const json = { url: text(context.flags['url']) ?? '', ...(headers === undefined ? {} : { headers }) };
  await done(client.api.v1.collectors[':name'].$put({ param: { name }, json }));
  context.output.json({ collector: name });
  context.output.line(`The metrics are sent to ${name} from now on. Try it: trueup collectors test ${name}`);
  return EXIT.ok;
}

export async function removeCollector(context: CommandContext, client: Client): Promise<number> {
  const name = wordAt(context, 1, 'NAME');
  await done(client.api.v1.collectors[':name'].$delete({ param: { name } }));
  context.output.json({ removed: name });
  context.output.line(`The metrics are no longer sent to ${name}.`);
  return EXIT.ok;
}

export async function tryCollector(context: CommandContext, client: Client): Promise<number> {
  const name = wordAt(context, 1, 'NAME');
  const { failure } = await bodyOf(client.api.v1.collectors[':name'].test.$post({ param: { name } }));
  if (failure !== null) throw new CommandFailed(failure.message, { advice: failure.advice });
  context.output.json({ sent: name });
  context.output.line(`${name} took the metrics.`);
  return EXIT.ok;
}
