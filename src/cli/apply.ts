import { isLate } from '../engine/references.ts';
import { must } from '../lib/assert.ts';
import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import { findSync, setMode, type SyncRow } from '../store/control.ts';
import { approvePlan, findPlan, touchedBy, type PlanRow } from '../store/plans.ts';
import { approveSchemas } from '../store/schemas.ts';
import { countStates } from '../store/status.ts';
import { deliverAll, observeTouched, settleRecords } from '../worker/rounds.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommand } from './deed.ts';
import { text, withInstallation, withSync } from './open.ts';
import { count } from './output.ts';
import { chosen, observe, planSync } from './plan.ts';
import { FILE_OPTION, FILE_OPTION_HELP } from './sync-file.ts';

export const apply: Command = {
  name: 'apply',
  usage: '',
  summary:
    'Carries out an approved plan, and only it: what has moved since is planned anew and left for the next one',
  example: 'trueup apply --plan 3f9c2a71b04d',
  options: { ...FILE_OPTION, sync: { type: 'string' }, plan: { type: 'string' }, yes: { type: 'boolean' } },
  optionHelp: {
    ...FILE_OPTION_HELP,
    sync: 'only this sync',
    plan: 'the hash that `trueup plan` gave',
    yes: 'plan now and approve what comes out',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const results = [];
      const syncs = await chosen(context, installation);
      for (const sync of syncs) results.push(await applySync(context, installation, sync));
      await giveLate(context, installation, syncs);
      context.output.json({ applied: results });
      const waits = results.some(
        (result) => result.moved > 0 || result.sides.some((side) => side.held + side.dead > 0),
      );
      return waits ? EXIT.attention : EXIT.ok;
    }),
};

/** What one sync's records were made without, because a later one had to bring it. */
async function giveLate(
  context: CommandContext,
  installation: Installation,
  syncs: readonly SyncRow[],
): Promise<void> {
  for (const { name, definition } of syncs) {
    if (!definition.fields.some(({ type }) => isLate(type) && type.to !== name)) continue;
    const live = must(
      await installation.transaction((tx) => findSync(tx, name)),
      'an applied sync is stored',
    );
    await withSync(installation, live, async (runtime) => {
      await settleRecords(runtime, context.signal);
      await deliverAll(runtime, context.signal);
    });
  }
}

interface Applied {
  readonly sync: string;
  readonly plan: string;
  readonly delivered: number;
  readonly moved: number;
  readonly sides: Awaited<ReturnType<typeof countStates>>;
}

export async function applySync(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<Applied> {
  const plan = await approvedPlan(context, installation, sync);
  if (context.flags['yes'] !== true) await lookOnceMore(context, installation, sync, plan);
  const approval = await installation.transaction(async (tx) => {
    const result = await approvePlan(tx, sync.syncKey, plan, actor());
    await approveSchemas(tx, sync.syncKey, actor());
    await setMode(tx, sync.syncKey, 'live');
    await noteCommand(tx, installation, 'plan.approved', plan.hash, { sync: sync.name, writes: plan.writes });
    return result;
  });
  const live = must(
    await installation.transaction((tx) => findSync(tx, sync.name)),
    'an applied sync is stored',
  );
  let delivered = 0;
  await withSync(installation, live, async (runtime) => {
    await deliverAll(runtime, context.signal, {
      onDelivered: (_side, some) => {
        delivered += some;
        context.output.progress('writing', delivered, approval.released);
      },
    });
  });
  context.output.progressDone();
  const sides = await installation.transaction((tx) =>
    countStates(
      tx,
      sync.syncKey,
      sync.definition.sides.map((side) => side.name),
    ),
  );
  const result = { sync: sync.name, plan: plan.hash, delivered, moved: approval.moved, sides };
  show(context, result);
  return result;
}

/** Of more records than these a whole reading is cheaper than looking each of them up. */
const LOOKED_UP_MAX = 5_000;

/** What changed since the plan was sealed must not be written over by it. */
async function lookOnceMore(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
  plan: PlanRow,
): Promise<void> {
  const touched = await installation.transaction((tx) => touchedBy(tx, sync.syncKey, plan, LOOKED_UP_MAX));
  if (touched === null) await observe(context, installation, sync);
  else await withSync(installation, sync, (runtime) => observeTouched(runtime, touched, context.signal));
}

async function approvedPlan(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<PlanRow> {
  const wanted = text(context.flags['plan']);
  if (context.flags['yes'] === true) return (await planSync(context, installation, sync)).plan;
  if (wanted === undefined) {
    throw new CommandFailed('a plan comes before the first write', {
      exitCode: EXIT.wrongInput,
      advice: 'Run: trueup plan — then: trueup apply --plan HASH (or --yes to plan and approve at once)',
    });
  }
  const plan = await installation.transaction((tx) => findPlan(tx, sync.syncKey, wanted));
  if (plan === null) {
    throw new CommandFailed(`${sync.name} has no plan ${wanted}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Run: trueup plan',
    });
  }
  if (plan.revision !== sync.revision) {
    throw new CommandFailed(
      `plan ${wanted} was made for revision ${String(plan.revision)} of ${sync.name}; the file is now revision ${String(sync.revision)}`,
      {
        exitCode: EXIT.wrongInput,
        advice: 'Run: trueup plan',
      },
    );
  }
  return plan;
}

function show(context: CommandContext, applied: Applied): void {
  const { output } = context;
  output.line(`${applied.sync}: ${counted(applied.delivered, 'write')} delivered`);
  if (applied.moved > 0)
    output.line(
      `  ${count(applied.moved)} were not: their records changed since the plan was made. See what they need now: trueup plan`,
    );
  output.table(
    ['side', 'records', 'in sync', 'pending', 'held', 'dead', 'excluded'],
    applied.sides.map((side) => [
      `  ${side.side}`,
      ...[side.records, side.inSync, side.pending, side.held, side.dead, side.excluded].map(count),
    ]),
  );
}
