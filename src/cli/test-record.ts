import { openConnection } from '../connections.ts';
import { elementText, isolateInSync, isolateInSystem, type Found } from '../diagnose/culprits.ts';
import { dryRun, firstFailure } from '../diagnose/dry-run.ts';
import { lookUp, type LookedUp } from '../diagnose/one-record.ts';
import { compileSync } from '../engine/model.ts';
import type { Installation } from '../server.ts';
import { connectionsNamed, type SyncRow } from '../store/control.ts';
import { findRecord } from '../store/history.ts';
import type { SyncRuntime } from '../worker/runtime.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  withInstallation,
  withSync,
  wordsOf,
} from './open.ts';
import { count } from './output.ts';

export const testRecord: Command = {
  name: 'test-record',
  usage: 'SIDE ID',
  summary: 'What one record would lead to, step by step, without writing anything',
  example: 'trueup test-record crm 42',
  options: SYNC_OPTION,
  optionHelp: SYNC_OPTION_HELP,
  run: (context) =>
    withRecord(context, async ({ installation, sync, runtime, side, recordId, natives }) => {
      const bundle = await installation.transaction(async (tx) => {
        const known = await findRecord(tx, sync.syncKey, side, recordId);
        return known?.identityId ?? null;
      });
      const stored =
        bundle === null
          ? null
          : ((await runtime.transaction((tx) => tx.lockBundles([bundle]))).get(bundle) ?? null);
      const steps = dryRun(runtime.model, side, natives, stored);
      context.output.json({ sync: sync.name, side, recordId, steps });
      for (const { what, side: at, says, code } of steps)
        context.output.line(`${code === undefined ? 'ok' : '!!'}  ${what} ${at}: ${says}`);
      if (firstFailure(steps) !== null)
        context.output.line(`What makes it so: trueup isolate ${side} ${recordId}`);
      return firstFailure(steps) === null ? EXIT.ok : EXIT.attention;
    }),
};

export const isolate: Command = {
  name: 'isolate',
  usage: 'SIDE ID',
  summary: 'Leaves mappings, conditions, filters, rules and values out, until the smallest culprit is found',
  example: 'trueup isolate crm 42 --to erp --sandbox erp_test',
  options: { ...SYNC_OPTION, to: { type: 'string' }, sandbox: { type: 'string' } },
  optionHelp: {
    ...SYNC_OPTION_HELP,
    to: 'the side that refuses the record; with --sandbox',
    sandbox: 'a connection to a test system, where trial records are made and deleted again',
  },
  run: (context) =>
    withRecord(context, async ({ installation, sync, side, natives }) => {
      const inSync = await isolateInSync(sync.definition, side, natives);
      const found = inSync ?? (await inSandbox(context, installation, sync, side, natives));
      context.output.json({ sync: sync.name, found });
      if (found === null) {
        context.output.line('Nothing fails: the record would go well.');
        return EXIT.ok;
      }
      tell(context, found);
      return EXIT.attention;
    }),
};

function tell({ output }: CommandContext, { code, says, culprits, steps, isMinimal }: Found): void {
  output.line(`${code}: ${says}`);
  if (culprits.length === 0)
    output.line('It fails with nothing in place: no mapping, rule or value is to blame.');
  for (const culprit of culprits) output.line(`  It is ${elementText(culprit)}.`);
  output.line(`Found in ${count(steps)} steps${isMinimal ? '' : '; it may be fewer of these'}.`);
}

async function inSandbox(
  { flags }: CommandContext,
  installation: Installation,
  sync: SyncRow,
  from: string,
  natives: LookedUp['natives'],
): Promise<Found | null> {
  const [to, sandbox] = [text(flags['to']), text(flags['sandbox'])];
  if (to === undefined || sandbox === undefined) return null;
  if (!sync.definition.sides.some(({ name }) => name === to)) throw wrong(`${sync.name} has no side ${to}`);
  if (sync.definition.sides.some(({ connection }) => connection === sandbox))
    throw wrong(`${sandbox} is a connection of the sync itself: trial records would be synced`);
  const [row] = await installation.transaction((tx) => connectionsNamed(tx, [sandbox]));
  if (row === undefined) throw wrong(`there is no connection ${sandbox}`);
  const session = await openConnection(installation, row);
  try {
    return await isolateInSystem(sync.definition, from, natives, to, session, () => installation.ids.next());
  } finally {
    await session.close();
  }
}

interface Looked {
  readonly installation: Installation;
  readonly sync: SyncRow;
  readonly runtime: SyncRuntime;
  readonly side: string;
  readonly recordId: string;
  readonly natives: LookedUp['natives'];
}

/** The record of the command's words, as its system has it now. */
function withRecord(context: CommandContext, action: (looked: Looked) => Promise<number>): Promise<number> {
  return withInstallation(context, async (installation) => {
    const [side = '', recordId = ''] = wordsOf(context, ['SIDE', 'ID']);
    const sync = await chooseSync(installation, text(context.flags['sync']));
    const sides = compileSync(sync.definition).sides.map(({ name }) => name);
    if (!sides.includes(side))
      throw wrong(`${sync.name} has no side ${side}`, `Its sides: ${sides.join(', ')}`);
    return withSync(installation, sync, async (runtime) => {
      const { kind, natives, failure } = await lookUp(runtime, side, recordId);
      if (kind !== 'found')
        throw new CommandFailed(`${side} ${recordId} cannot be read: ${failure ?? kind}`, {
          advice: 'Check the id and the rights of the account.',
        });
      return action({ installation, sync, runtime, side, recordId, natives });
    });
  });
}

function wrong(message: string, advice: string | null = null): CommandFailed {
  return new CommandFailed(message, { exitCode: EXIT.wrongInput, advice });
}
