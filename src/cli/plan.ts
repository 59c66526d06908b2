import { compileSync } from '../engine/model.ts';
import { bodyOf } from '../engine/plan.ts';
import { referredFirst } from '../engine/references.ts';
import { must } from '../lib/assert.ts';
import type { Installation } from '../server.ts';
import { type SyncRow } from '../store/control.ts';
import { openHolds } from '../store/holds.ts';
import { sealPlan, type PlanRow } from '../store/plans.ts';
import { countStates, countWrites, plannedSamples } from '../store/status.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { observeAll } from '../worker/rounds.ts';
import type { SyncRuntime } from '../worker/runtime.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { noteCommand } from './deed.ts';
import { text, withInstallation, withSync } from './open.ts';
import { count } from './output.ts';
import { adoptSyncFile, FILE_OPTION, FILE_OPTION_HELP } from './sync-file.ts';
import { show } from './trace.ts';

const SAMPLES_PER_GROUP = 3;
const HOLDS_SHOWN_MAX = 5;

export const plan: Command = {
  name: 'plan',
  usage: '',
  summary: 'Reads every side and says what would be written where, and why; writes nothing anywhere',
  example: 'trueup plan',
  options: { ...FILE_OPTION, sync: { type: 'string' } },
  optionHelp: { ...FILE_OPTION_HELP, sync: 'only this sync' },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const results = [];
      for (const sync of await chosen(context, installation))
        results.push(await planSync(context, installation, sync));
      context.output.json({ plans: results });
      return EXIT.ok;
    }),
};

/** The syncs of the file, after it was checked and stored; or the one that was named. */
export async function chosen(
  context: CommandContext,
  installation: Installation,
): Promise<readonly SyncRow[]> {
  const rows = await adoptSyncFile(context, installation);
  const name = text(context.flags['sync']);
  const wanted = rows.filter((row) => name === undefined || row.name === name);
  // What others refer to is read before them, so that as little as possible waits.
  if (wanted.length > 0) return referredFirst(wanted);
  const known = rows.map((row) => row.name).join(', ');
  throw new CommandFailed(`the file has no sync named ${name ?? ''}`, {
    exitCode: EXIT.wrongInput,
    advice: `It has: ${known}`,
  });
}

export interface Planned {
  readonly sync: string;
  readonly mode: string;
  readonly plan: PlanRow;
  readonly writes: Awaited<ReturnType<typeof countWrites>>;
  readonly sides: Awaited<ReturnType<typeof countStates>>;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly side: string;
  readonly kind: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export async function planSync(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<Planned> {
  await observe(context, installation, sync);
  const planned = await installation.transaction(async (tx): Promise<Planned> => {
    const sealed = await sealPlan(tx, sync.syncKey, sync.revision);
    await noteCommand(tx, installation, 'plan.sealed', sealed.hash, {
      sync: sync.name,
      writes: sealed.writes,
    });
    const model = compileSync(sync.definition);
    const picked = await plannedSamples(tx, sync.syncKey, SAMPLES_PER_GROUP);
    const bundles = await syncTransaction(tx, sync, installation.ids).lockBundles([
      ...new Set(picked.map((sample) => sample.identityId)),
    ]);
    const samples = picked.map(({ side, kind, identityId }) => {
      const bundle = must(bundles.get(identityId), 'a planned write has an identity');
      const values = bodyOf(
        must(model.sideOf.get(side), 'a write goes to a side'),
        bundle,
        kind as 'create' | 'update' | 'delete',
      );
      return { side, kind, values };
    });
    const sides = await countStates(
      tx,
      sync.syncKey,
      model.sides.map((side) => side.name),
    );
    return {
      sync: sync.name,
      mode: sync.mode,
      plan: sealed,
      writes: await countWrites(tx, sync.syncKey),
      sides,
      samples,
    };
  });
  await showPlan(context, installation, sync, planned);
  return planned;
}

/** Reads every side completely. A live sync is only looked at: what that raises is its workers' to deliver. */
export async function observe(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<void> {
  const { output } = context;
  await withSync(installation, sync, async (runtime: SyncRuntime) => {
    const estimates = await estimatesOf(runtime);
    await observeAll(runtime, context.signal, {
      onSweep: ({ side, seen }) => output.progress(`reading ${side}`, seen, estimates.get(side) ?? null),
    });
  });
  output.progressDone();
}

async function estimatesOf(runtime: SyncRuntime): Promise<ReadonlyMap<string, number | null>> {
  const estimates = new Map<string, number | null>();
  for (const side of runtime.sides.values()) {
    const [description] = await side.session.describe([side.model.collection]);
    estimates.set(side.model.name, description?.recordsEstimate ?? null);
  }
  return estimates;
}

async function showPlan(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
  planned: Planned,
): Promise<void> {
  const { output } = context;
  output.line(`${planned.sync}:`);
  output.table(
    ['side', 'records', 'in sync', 'pending', 'held', 'dead', 'excluded'],
    planned.sides.map((side) => [
      `  ${side.side}`,
      ...[side.records, side.inSync, side.pending, side.held, side.dead, side.excluded].map(count),
    ]),
  );
  const writes = planned.writes.filter((write) => write.state === 'planned');
  for (const write of writes) {
    output.line(
      `  ${count(write.count)} ${write.kind}${write.count === 1 ? '' : 's'} at ${write.side}, for example:`,
    );
    for (const sample of planned.samples) {
      if (sample.side !== write.side || sample.kind !== write.kind) continue;
      output.line(`    ${valuesText(sample.values)}`);
    }
  }
  const held = await installation.transaction((tx) => openHolds(tx, sync.syncKey, null, HOLDS_SHOWN_MAX));
  if (held.length > 0)
    output.line(
      `  ${count(held.length)}${held.length === HOLDS_SHOWN_MAX ? ' or more' : ''} held for a person to decide: trueup holds`,
    );
  if (writes.length === 0) output.line('  Nothing is to be written.');
  else output.line(`\n  To do exactly this: trueup apply --plan ${planned.plan.hash.slice(0, 12)}`);
}

/** What a write would say. */
export function valuesText(values: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(values).map(([field, value]) => `${field} = ${show(value as never)}`);
  return texts.length === 0 ? '(the record goes)' : texts.join(', ');
}
