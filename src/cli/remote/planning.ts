/** Plans of a server elsewhere: made there, shown here, and let go by their hash. */
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { text } from '../open.ts';
import { count } from '../output.ts';
import { valuesText } from '../plan.ts';
import { bodyOf, syncMeant, type Client } from './asking.ts';
import { taskDone } from './tasks.ts';

/** Reads every side there, and shows what would be written. Writes nothing anywhere. */
export async function makePlan(context: CommandContext, client: Client): Promise<number> {
  const name = await syncMeant(context, client);
  await taskDone(context, client, await bodyOf(client.api.v1.syncs[':name'].plan.$post({ param: { name } })));
  const { plan, groups } = await newestPlan(client, name);
  context.output.json({ sync: name, plan, groups });
  context.output.line(`${name}:`);
  showPlan(context, { plan, groups });
  return EXIT.ok;
}

/** The plan that was sealed last, with samples of what it would write. */
export function newestPlan(client: Client, name: string) {
  return bodyOf(client.api.v1.syncs[':name'].plan.$get({ param: { name } }));
}

export function showPlan(
  { output }: CommandContext,
  { plan, groups }: Awaited<ReturnType<typeof newestPlan>>,
): void {
  for (const { side, kind, count: writes, samples } of groups) {
    output.line(`  ${count(writes)} ${kind}${writes === 1 ? '' : 's'} at ${side}, for example:`);
    for (const { values } of samples)
      output.line(`    ${valuesText(Object.fromEntries(values.map(({ field, after }) => [field, after])))}`);
  }
  if (groups.length === 0) output.line('  Nothing is to be written.');
  else output.line(`\n  To do exactly this: trueup apply --plan ${plan?.hash.slice(0, 12) ?? ''} --server …`);
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
  const { plan } = await newestPlan(client, name);
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
