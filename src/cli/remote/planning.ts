/** Plans of a server elsewhere: made there, shown here, and let go by their hash. */
import { systemClock } from '../../lib/clock.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { text } from '../open.ts';
import { count } from '../output.ts';
import { valuesText } from '../plan.ts';
import { bodyOf, syncMeant, type Client } from './asking.ts';

const LOOK_EVERY_MS = 500;

/** Reads every side there, and shows what would be written. Writes nothing anywhere. */
export async function makePlan(context: CommandContext, client: Client): Promise<number> {
  const { output, signal } = context;
  const name = await syncMeant(context, client);
  const begun = await bodyOf(client.api.v1.syncs[':name'].plan.$post({ param: { name } }));
  for (let task = begun; ;) {
    if (task.state === 'failed')
      throw new CommandFailed(task.failure?.message ?? 'the plan could not be made', {
        advice: task.failure?.advice ?? null,
      });
    if (task.state === 'done') break;
    output.progress(task.label, task.done, task.total);
    await systemClock.sleep(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
    task = await bodyOf(client.api.v1.tasks[':id'].$get({ param: { id: task.id } }));
  }
  output.progressDone();
  const { plan, groups } = await bodyOf(client.api.v1.syncs[':name'].plan.$get({ param: { name } }));
  output.json({ sync: name, plan, groups });
  output.line(`${name}:`);
  for (const { side, kind, count: writes, samples } of groups) {
    output.line(`  ${count(writes)} ${kind}${writes === 1 ? '' : 's'} at ${side}, for example:`);
    for (const { values } of samples)
      output.line(`    ${valuesText(Object.fromEntries(values.map(({ field, after }) => [field, after])))}`);
  }
  if (groups.length === 0) output.line('  Nothing is to be written.');
  else output.line(`\n  To do exactly this: trueup apply --plan ${plan?.hash.slice(0, 12) ?? ''} --server …`);
  return EXIT.ok;
}

/** Lets the plan of this hash go; the workers there do the rest. */
export async function approvePlan(context: CommandContext, client: Client): Promise<number> {
  const prefix = text(context.flags['plan']);
  if (prefix === undefined)
    throw new CommandFailed('--plan is missing', {
      exitCode: EXIT.wrongInput,
      advice: 'From afar a plan is let go by its hash: trueup plan --server … tells it.',
    });
  const name = await syncMeant(context, client);
  const { plan } = await bodyOf(client.api.v1.syncs[':name'].plan.$get({ param: { name } }));
  if (plan === null || !plan.hash.startsWith(prefix))
    throw new CommandFailed(`the newest plan of ${name} has another hash`, {
      exitCode: EXIT.wrongInput,
      advice: 'Look at it again: trueup plan --server …',
    });
  const json = { hash: plan.hash };
  const approval = await bodyOf(client.api.v1.syncs[':name'].approval.$post({ param: { name }, json }));
  const { released, moved } = approval;
  context.output.json({ sync: name, ...approval });
  context.output.line(
    `${count(released)} writes go out now${moved === 0 ? '' : `; ${count(moved)} have moved since and wait for the next plan`}.`,
  );
  return EXIT.ok;
}
