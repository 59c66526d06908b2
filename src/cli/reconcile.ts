import {
  SAMPLE_RECORDS_MAX,
  SAMPLE_RECORDS_MIN,
  sampleBudget,
  type SideBudget,
} from '../diagnose/reconcile/budget.ts';
import { csvReport, htmlReport } from '../diagnose/reconcile/formats.ts';
import type { Reconciled } from '../diagnose/reconcile/look.ts';
import { planRepair, type Repair, type RepairGroup } from '../diagnose/reconcile/repair.ts';
import {
  classText,
  driftOf,
  reportOf,
  rowsOf,
  verdictOf,
  type Report,
} from '../diagnose/reconcile/report.ts';
import { reconcileSides } from '../diagnose/reconcile/sides.ts';
import { standingOf } from '../diagnose/reconcile/standing.ts';
import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import type { SyncRow } from '../store/control.ts';
import { pastReconciliations, type PastReconciliation } from '../store/reconciliations.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import type { SyncRuntime } from '../worker/runtime.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { noteCommand } from './deed.ts';
import { chooseSync, text, withInstallation, withSync } from './open.ts';
import { count, instant, type Output } from './output.ts';
import { valuesText } from './plan.ts';
import { giveReport } from './report-file.ts';

const SAMPLES_SHOWN_MAX = 20;
const PAST_MAX = 12;

export const reconcile: Command = {
  name: 'reconcile',
  usage: '[SYNC]',
  summary:
    'Reads whole sides and says what differs from what should stand there, and why; writes to no system',
  example: 'trueup reconcile customers --format json --out report.json',
  options: {
    side: { type: 'string' },
    format: { type: 'string' },
    out: { type: 'string' },
    sample: { type: 'string' },
    repair: { type: 'boolean' },
  },
  optionHelp: {
    side: 'only this side',
    format: 'text, json, csv or html (default: text)',
    out: 'the file to write the report to; it must not exist',
    sample: 'look at so many records drawn by lot, where a side cannot digest them itself',
    repair: 'plan what mends the drift, to be approved as a whole; writes nothing before that',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const write = writerOf(context);
      const sync = await chooseSync(installation, context.words[0]);
      const past = await installation.transaction((tx) => pastReconciliations(tx, sync.syncKey, PAST_MAX));
      const isRepair = context.flags['repair'] === true;
      const { report, repair } = await withSync(installation, sync, async (runtime) => {
        const found = await reconcileSync(context, installation, sync, runtime);
        const planned = isRepair ? await repairOf(context, installation, sync, runtime, found) : null;
        return { report: found, repair: planned };
      });
      context.output.json({ ...report, verdict: verdictOf(report), repair, past });
      await giveReport(context, write(report), verdictOf(report));
      if (write === reportText) context.output.line(await scheduleLine(installation, sync));
      if (write === reportText && past.length > 0) showPast(context.output, past);
      // A report for programs stands alone.
      const isAlone = write !== reportText && text(context.flags['out']) === undefined;
      if (repair !== null && !isAlone) for (const line of repairLines(repair)) context.output.line(line);
      return driftOf(report) === 0 ? EXIT.ok : EXIT.failed;
    }),
};

/** The report as a file holds it. */
const FORMATS: Readonly<Record<string, (report: Report) => string>> = {
  text: reportText,
  json: (report) => `${JSON.stringify({ ...report, verdict: verdictOf(report) }, null, 2)}\n`,
  csv: csvReport,
  html: htmlReport,
};

type Write = (report: Report) => string;

function writerOf(context: CommandContext): Write {
  const format = text(context.flags['format']) ?? 'text';
  const write = FORMATS[format];
  if (write !== undefined) return write;
  throw new CommandFailed(`there is no format ${format}`, {
    exitCode: EXIT.wrongInput,
    advice: `Choose ${Object.keys(FORMATS).join(', ')}.`,
  });
}

async function reconcileSync(
  { flags, signal, output }: CommandContext,
  installation: Installation,
  sync: SyncRow,
  runtime: SyncRuntime,
): Promise<Report> {
  const { sides } = runtime;
  const only = text(flags['side']);
  const chosen = [...sides.values()].filter((side) => only === undefined || side.model.name === only);
  if (chosen.length === 0)
    throw new CommandFailed(`${sync.name} has no side ${only ?? ''}`, {
      exitCode: EXIT.wrongInput,
      advice: `Its sides: ${[...sides.keys()].join(', ')}`,
    });
  const sample = sampleOf(flags);
  const startedAtMs = await installation.database.nowMs();
  const results = await reconcileSides(reconciledOf(installation, sync, runtime), chosen, {
    clock: installation.clock,
    ids: installation.ids,
    random: installation.random,
    signal,
    ...(sample === null ? {} : { budgetOf: () => sample }),
    onProgress: (side, seen) => {
      output.progress(`reading ${side}`, seen, null);
    },
  });
  output.progressDone();
  return reportOf({
    sync: sync.name,
    startedAtMs,
    endedAtMs: await installation.database.nowMs(),
    sides: results.map(({ tally }) => tally),
    findings: results.flatMap(({ findings }) => findings),
  });
}

function reconciledOf(installation: Installation, sync: SyncRow, { model }: SyncRuntime): Reconciled {
  return {
    syncKey: sync.syncKey,
    model,
    transaction: (action) =>
      installation.transaction((tx) => action(tx, syncTransaction(tx, sync, installation.ids))),
  };
}

const BECAUSE: Readonly<Record<RepairGroup['because'], string>> = {
  missing: 'because records are missing',
  extra: 'because records were linked to nothing',
  duplicate: 'because records have one match key',
  differs: 'because records hold other values',
};
const HASH_SHOWN = 12;

function sampleOf(flags: CommandContext['flags']): SideBudget | null {
  const given = text(flags['sample']);
  if (given === undefined) return null;
  const records = Number(given);
  if (!Number.isInteger(records) || records < SAMPLE_RECORDS_MIN || records > SAMPLE_RECORDS_MAX)
    throw new CommandFailed(
      `--sample takes a number from ${count(SAMPLE_RECORDS_MIN)} to ${count(SAMPLE_RECORDS_MAX)}`,
      { exitCode: EXIT.wrongInput },
    );
  return sampleBudget(records);
}

async function scheduleLine(installation: Installation, sync: SyncRow): Promise<string> {
  const { schedule } = await installation.transaction((tx) => standingOf(tx, sync));
  return schedule === null
    ? 'It runs by itself with `reconcile: {every: week}` in the sync file.'
    : `It runs by itself ${schedule.says}; next at ${instant(schedule.nextMs)}.`;
}

async function repairOf(
  { signal, output }: CommandContext,
  installation: Installation,
  sync: SyncRow,
  runtime: SyncRuntime,
  { findings }: Report,
): Promise<Repair> {
  const repair = await planRepair(reconciledOf(installation, sync, runtime), runtime, findings, {
    revision: sync.revision,
    signal,
    onProgress: (looked) => {
      output.progress('looking at drift', looked, null);
    },
  });
  output.progressDone();
  const { hash, writes } = repair.plan;
  await installation.transaction((tx) =>
    noteCommand(tx, installation, 'drift.planned', hash, { sync: sync.name, writes }),
  );
  return repair;
}

function repairLines({ plan, groups, questions, takenIn }: Repair): readonly string[] {
  const lines = ['', 'To mend the drift:'];
  for (const { side, kind, because, count: writes, samples } of groups) {
    lines.push(`  ${counted(writes, kind)} at ${side}, ${BECAUSE[because]}, for example:`);
    for (const { values } of samples) lines.push(`    ${valuesText(values)}`);
  }
  if (questions > 0) lines.push(`  ${counted(questions, 'difference')} a person must decide: trueup holds`);
  if (takenIn > 0) lines.push(`  ${counted(takenIn, 'difference')} needed nothing but to be taken in`);
  const others = plan.writes - groups.reduce((sum, group) => sum + group.count, 0);
  if (others > 0) lines.push(`  The plan holds ${counted(others, 'other write')} besides: trueup plan`);
  lines.push(
    plan.writes === 0
      ? '  Nothing is to be written.'
      : `\n  Nothing was written. To do exactly this: trueup apply --plan ${plan.hash.slice(0, HASH_SHOWN)}`,
  );
  return lines;
}

function reportText(report: Report): string {
  return `${reportLines(report).join('\n')}\n${verdictOf(report)}\n`;
}

function reportLines({ sync, sides, findings, driftLeftOut }: Report): readonly string[] {
  const lines = [`${sync}:`];
  for (const { side, seen, same, drift, classes } of sides) {
    lines.push(`  ${side}: ${counted(seen, 'record')}, ${count(same)} the same, ${count(drift)} drift`);
    for (const one of classes) lines.push(`    ${count(one.count)} ${classText(one).join('; ')}`);
  }
  const drift = findings.filter(({ difference }) => difference.explanation === null);
  for (const finding of drift.slice(0, SAMPLES_SHOWN_MAX))
    for (const { side, recordId, identityId, difference, field, holds, golden } of rowsOf(finding)) {
      const what = field === '' ? difference : `${field} holds ${holds} and should hold ${golden}`;
      lines.push(`  ${side} ${recordId === '' ? `(identity ${identityId})` : recordId}: ${what}`);
    }
  const more = drift.length + driftLeftOut - Math.min(drift.length, SAMPLES_SHOWN_MAX);
  if (more > 0) lines.push(`  and ${count(more)} more; see all with --format csv --out FILE`);
  return lines;
}

function showPast(output: Output, past: readonly PastReconciliation[]): void {
  output.table(
    ['  earlier', 'side', 'records', 'drift'],
    past.map(({ side, startedMs, seen, drift }) => [
      `  ${instant(startedMs)}`,
      side,
      count(seen),
      count(drift),
    ]),
  );
}
