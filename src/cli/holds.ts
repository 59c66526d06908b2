import { whoseChoices } from '../api/views/holds.ts';
import { compileSync } from '../engine/model.ts';
import { violationOf, type RuleModel } from '../engine/rules.ts';
import type { Value, Values } from '../engine/value.ts';
import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import type { SyncRow } from '../store/control.ts';
import { heldWrites, releaseHeld } from '../store/held.ts';
import { openHolds, type HoldRow } from '../store/holds.ts';
import { noteDeedOnHold } from '../store/problem-deeds.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { emptiedSides } from '../worker/emptied.ts';
import { ChoiceRefused, resolveHold, type HoldChoice } from '../worker/holds.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommand } from './deed.ts';
import { fieldValue } from './field-value.ts';
import { oneMeant } from './meant.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  verbOf,
  withInstallation,
  withSync,
  wordsOf,
} from './open.ts';
import { tellEmptied, tellReleased } from './outcomes.ts';
import { instant } from './output.ts';

const HOLDS_SHOWN_MAX = 200;

export const holds: Command = {
  name: 'holds',
  usage:
    '[list | take HOLD SIDE | keep HOLD | value HOLD VALUE | delete HOLD | revive HOLD | belongs HOLD SIDE ID | release SIDE KIND HASH | emptied SIDE]',
  summary: 'What is stopped until a person decides, and the decisions',
  example: 'trueup holds take 0198c2 erp',
  options: SYNC_OPTION,
  optionHelp: SYNC_OPTION_HELP,
  run: (context) =>
    withInstallation(context, async (installation) => {
      const sync = await chooseSync(installation, text(context.flags['sync']));
      const verbs = { list, ...CHOICES, release, emptied: sayEmptied };
      return verbOf(context, 'holds', verbs, 'list')(context, installation, sync);
    }),
};

async function list(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const { open, whose, floods, emptied } = await installation.transaction(async (tx) => {
    const all = await openHolds(tx, sync.syncKey, null, HOLDS_SHOWN_MAX);
    return {
      open: all,
      whose: await whoseChoices(tx, sync, all),
      floods: await heldWrites(tx, sync.syncKey),
      emptied: await emptiedSides(syncTransaction(tx, sync, installation.ids), sideNames(sync)),
    };
  });
  context.output.json({ holds: open, floods, emptied });
  const { output } = context;
  const { rules } = compileSync(sync.definition);
  for (const hold of open) {
    output.line(
      `${hold.holdId}  ${hold.reason}${hold.field === null ? '' : ` of ${hold.field}`}, seen at ${hold.side}, since ${instant(hold.openedAtMs)}`,
    );
    output.line(`  seen: ${JSON.stringify(hold.seen)}`);
    const why = whyHeld(rules, hold);
    for (const { side, recordId, value } of whose.get(hold.holdId) ?? [])
      output.line(
        `  if it is that of ${side ?? ''} ${recordId ?? ''} (${String(value)}): trueup holds belongs ${hold.holdId} ${side ?? ''} ${recordId ?? ''}`,
      );
    if (why !== null) output.line(`  ${hold.field ?? ''} breaks a rule of the data dictionary: ${why}`);
  }
  for (const flood of floods) {
    output.line(
      `${counted(flood.writes, `${flood.kind} at ${flood.side} is`, `${flood.kind}s at ${flood.side} are`)} stopped by the guard. To let exactly that go:`,
    );
    output.line(`  trueup holds release ${flood.side} ${flood.kind} ${flood.hash.slice(0, 12)}`);
  }
  for (const side of emptied) {
    output.line(
      `${side} shows no records at all, and nothing is concluded from it. If it was emptied on purpose:`,
    );
    output.line(`  trueup holds emptied ${side}`);
  }
  const isNothing = open.length + floods.length + emptied.length === 0;
  if (isNothing) output.line('Nothing is held.');
  return isNothing ? EXIT.ok : EXIT.attention;
}

function sideNames({ definition }: SyncRow): readonly string[] {
  return definition.sides.map(({ name }) => name);
}

/** What is missing at the side counts as deleted then. The deletes that this means elsewhere wait at the guard as any flood. */
async function sayEmptied(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
): Promise<number> {
  const [, side = ''] = wordsOf(context, ['', 'SIDE']);
  await installation.transaction(async (tx) => {
    const syncTx = syncTransaction(tx, sync, installation.ids);
    const emptied = await emptiedSides(syncTx, sideNames(sync));
    if (!emptied.includes(side))
      throw new CommandFailed(`no sweep has found ${side} emptied`, {
        exitCode: EXIT.wrongInput,
        advice: emptied.length === 0 ? 'See: trueup holds list' : `Emptied: ${emptied.join(', ')}`,
      });
    await syncTx.sayEmptied(side);
    await noteCommand(tx, installation, 'side.emptied', side, { sync: sync.name });
  });
  tellEmptied(context.output, side);
  return EXIT.ok;
}

/** The rule that the held value breaks, as the dictionary has it now; null for a hold of another kind. */
function whyHeld(rules: RuleModel, { reason, field, side, seen }: HoldRow): string | null {
  if (reason !== 'violation' || field === null) return null;
  const values = (seen as unknown as Readonly<Record<string, Values>>)[side] ?? {};
  return violationOf(rules, field, values)?.says ?? 'see the journey of the record, with: trueup trace';
}

async function release(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const [, side = '', kind = '', hash = ''] = wordsOf(context, ['', 'SIDE', 'KIND', 'HASH']);
  const released = await installation.transaction(async (tx) => {
    const writes = await releaseHeld(tx, sync.syncKey, side, kind, hash);
    if (writes === null) return null;
    await noteCommand(tx, installation, 'heldWrites.released', hash, { sync: sync.name, side, kind, writes });
    const reason = kind === 'delete' ? 'massDelete' : 'massChange';
    await noteDeedOnHold(tx, sync.syncKey, { side, reason, field: null }, actor());
    return writes;
  });
  if (released === null) {
    throw new CommandFailed('the held set is no longer the one with this hash', {
      advice: 'Look again: trueup holds list',
    });
  }
  tellReleased(context.output, released);
  return EXIT.ok;
}

type ChoiceOf = (sync: SyncRow, hold: HoldRow, context: CommandContext) => HoldChoice;

/** What a person may say of a hold, each as the word of the command. */
const CHOICES = {
  take: deciding((_sync, _hold, context) => {
    const [, , side = ''] = wordsOf(context, ['', 'HOLD', 'SIDE']);
    return { kind: 'take', side };
  }),
  keep: deciding(() => ({ kind: 'keep' })),
  value: deciding((sync, hold, context) => {
    const [, , given = ''] = wordsOf(context, ['', 'HOLD', 'VALUE']);
    return { kind: 'value', value: valueFor(sync, hold, given) };
  }),
  delete: deciding(() => ({ kind: 'delete' })),
  revive: deciding(() => ({ kind: 'revive' })),
  belongs: deciding((_sync, _hold, context) => {
    const [, , side = '', recordId = ''] = wordsOf(context, ['', 'HOLD', 'SIDE', 'ID']);
    return { kind: 'belongs', side, recordId };
  }),
};

function deciding(choiceOf: ChoiceOf): typeof list {
  return (context, installation, sync) => decide(context, installation, sync, choiceOf);
}

async function decide(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
  choiceOf: ChoiceOf,
): Promise<number> {
  const [, prefix = ''] = wordsOf(context, ['', 'HOLD']);
  const open = await installation.transaction((tx) => openHolds(tx, sync.syncKey, null, HOLDS_SHOWN_MAX));
  const matching = open.filter((one) => one.holdId.startsWith(prefix));
  const hold = oneMeant(matching, 'open hold', prefix);
  const choice = choiceOf(sync, hold, context);
  try {
    await withSync(installation, sync, (runtime) => resolveHold(runtime, hold, choice, actor()));
  } catch (error) {
    if (error instanceof ChoiceRefused) throw new CommandFailed(error.message, { exitCode: EXIT.wrongInput });
    throw error;
  }
  await installation.transaction(async (tx) => {
    const { reason, field } = hold;
    const detail = { sync: sync.name, reason, field, choice: choice.kind };
    await noteCommand(tx, installation, 'hold.decided', hold.holdId, detail);
    await noteDeedOnHold(tx, sync.syncKey, hold, actor());
  });
  context.output.json({ decided: hold.holdId, choice: choice.kind });
  context.output.line('Decided. A running worker delivers what follows; or run: trueup apply');
  return EXIT.ok;
}

function valueFor(sync: SyncRow, { field }: HoldRow, argument: string): Value {
  if (field !== null) return fieldValue(sync, field, argument);
  throw new CommandFailed('this hold is about the record as a whole: choose delete or revive', {
    exitCode: EXIT.wrongInput,
  });
}
