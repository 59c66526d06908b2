import type { SideDefinition } from '../engine/model.ts';
import { changesBetween } from '../schemas.ts';
import type { Installation } from '../server.ts';
import type { SyncRow } from '../store/control.ts';
import { approveSchemas, schemaHistory } from '../store/schemas.ts';
import { effectsOn, gravest, type Gravity, type SchemaEffect } from '../syncfile/schema/effect.ts';
import { presentSchemas } from '../syncs.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommand } from './deed.ts';
import {
  chooseSync,
  SYNC_OPTION,
  SYNC_OPTION_HELP,
  text,
  verbOf,
  withInstallation,
  wordsOf,
} from './open.ts';
import { count, instant } from './output.ts';

const HISTORY_SHOWN_MAX = 50;

export const schema: Command = {
  name: 'schema',
  usage: '[changes | history SIDE | accept]',
  summary:
    'What the systems have changed about their fields since the sync was approved, and what that does to it',
  example: 'trueup schema',
  options: SYNC_OPTION,
  optionHelp: SYNC_OPTION_HELP,
  run: (context) =>
    withInstallation(context, async (installation) => {
      const sync = await chooseSync(installation, text(context.flags['sync']));
      const run = verbOf(context, 'schema', { changes, history, accept }, 'changes');
      return run(context, installation, sync);
    }),
};

async function changes(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const sides = await presentSchemas(installation, sync);
  const effects = sides.flatMap((side) => side.effects);
  context.output.json({
    sync: sync.name,
    gravity: gravest(effects),
    sides: sides.map(({ side, base, effects: own }) => ({
      side: side.name,
      collection: side.collection,
      sinceMs: base.approvedAtMs ?? base.seenAtMs,
      effects: own,
    })),
  });
  for (const { side, base, effects: own } of sides) {
    const since =
      base.approvedAtMs === null
        ? `first seen ${instant(base.seenAtMs)}`
        : `approved ${instant(base.approvedAtMs)}`;
    const what = own.length === 0 ? 'nothing has changed' : `${count(own.length)} changed`;
    context.output.line(`${side.name} ${side.collection}: ${what} since it was ${since}`);
    for (const effect of own) showEffect(context, effect);
  }
  return gravest(effects) === 'harmless' ? EXIT.ok : EXIT.attention;
}

const GRAVITY_WORDS: Readonly<Record<Gravity, string>> = {
  harmless: 'harmless',
  attention: 'needs attention',
  stopsField: 'stops a field',
  stopsCreates: 'stops creates',
  stopsSync: 'stops the sync',
};

/** A change in words: how grave, what it means, what to do. */
function showEffect({ output }: CommandContext, { gravity, says, fix }: SchemaEffect): void {
  output.line(`  ${GRAVITY_WORDS[gravity]}: ${says}`);
  if (fix !== null) output.line(`    ${fix}`);
}

async function history(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const [, name = ''] = wordsOf(context, ['history', 'SIDE']);
  const side = sideNamed(sync, name);
  const rows = await installation.transaction((tx) =>
    schemaHistory(tx, sync.syncKey, name, HISTORY_SHOWN_MAX),
  );
  const versions = rows.map((row, index) => {
    const older = rows[index + 1];
    const effects = older === undefined ? [] : effectsOn(sync.definition, side, changesBetween(older, row));
    const { schemaNo, seenAtMs, approvedAtMs, approvedBy } = row;
    return { schemaNo, seenAtMs, approvedAtMs, approvedBy, effects };
  });
  context.output.json({ sync: sync.name, side: name, versions });
  for (const { schemaNo, seenAtMs, approvedAtMs, approvedBy, effects } of versions) {
    const approved =
      approvedAtMs === null ? '' : `, approved ${instant(approvedAtMs)} by ${approvedBy ?? ''}`;
    context.output.line(`version ${String(schemaNo)}, seen ${instant(seenAtMs)}${approved}`);
    for (const effect of effects) showEffect(context, effect);
  }
  if (versions.length === 0) context.output.line(`The schema of ${name} has not been looked at yet.`);
  return EXIT.ok;
}

function sideNamed({ definition }: SyncRow, name: string): SideDefinition {
  const side = definition.sides.find((known) => known.name === name);
  if (side !== undefined) return side;
  throw new CommandFailed(`there is no side ${name}`, {
    exitCode: EXIT.wrongInput,
    advice: `It has: ${definition.sides.map((known) => known.name).join(', ')}`,
  });
}

/** Changes that stop something cannot be accepted away: the mapping must follow them. */
async function accept(context: CommandContext, installation: Installation, sync: SyncRow): Promise<number> {
  const effects = (await presentSchemas(installation, sync)).flatMap((side) => side.effects);
  const grave = effects.filter(({ gravity }) => gravity !== 'harmless' && gravity !== 'attention');
  if (grave.length > 0) {
    for (const effect of grave) showEffect(context, effect);
    throw new CommandFailed(
      `${count(grave.length)} of the changes stop something; the sync file must follow them`,
      {
        exitCode: EXIT.wrongInput,
      },
    );
  }
  const accepted = await installation.transaction(async (tx) => {
    const schemas = await approveSchemas(tx, sync.syncKey, actor());
    if (schemas > 0) await noteCommand(tx, installation, 'schemas.accepted', sync.name, { schemas });
    return schemas;
  });
  context.output.json({ sync: sync.name, accepted });
  context.output.line(
    accepted === 0
      ? 'There was nothing to accept.'
      : 'What the systems say now is what the mappings are for.',
  );
  return EXIT.ok;
}
