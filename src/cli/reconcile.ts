import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { SideBudget } from '../diagnose/reconcile/budget.ts';
import { csvReport, htmlReport } from '../diagnose/reconcile/formats.ts';
import { noteRepair } from '../diagnose/reconcile/kept.ts';
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
import type { SyncTx } from '../store/contract.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { pastReconciliations, type PastReconciliation } from '../store/reconciliations.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import type { SyncRuntime } from '../worker/runtime.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { noteCommand } from './deed.ts';
import { chooseSync, text, withInstallation, withSync } from './open.ts';
import { count, instant, type Output } from './output.ts';

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
    repair: 'have what nothing explains looked at again, from which the usual plan follows',
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const write = writerOf(context);
      const sync = await chooseSync(installation, context.words[0]);
      const past = await installation.transaction((tx) => pastReconciliations(tx, sync.syncKey, PAST_MAX));
      const report = await withSync(installation, sync, (runtime) =>
        reconcileSync(context, installation, sync, runtime),
      );
      const repaired = context.flags['repair'] === true ? await repair(installation, sync, report) : null;
      context.output.json({ ...report, verdict: verdictOf(report), repaired, past });
      await give(context, write(report), verdictOf(report));
      if (write === reportText) context.output.line(await scheduleLine(installation, sync));
      if (write === reportText && past.length > 0) showPast(context.output, past);
      // A report for programs stands alone.
      const isAlone = write !== reportText && text(context.flags['out']) === undefined;
      if (repaired !== null && !isAlone) context.output.line(repairText(repaired));
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

/** To the file that was named, otherwise to the terminal. */
async function give(
  { flags, directory, output }: CommandContext,
  page: string,
  verdict: string,
): Promise<void> {
  const target = text(flags['out']);
  if (target === undefined) {
    output.line(page.trimEnd());
    return;
  }
  const path = resolve(directory, target);
  // The values of records are in it.
  await writeFile(path, page, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    const isThere = (error as { readonly code?: unknown }).code === 'EEXIST';
    throw new CommandFailed(isThere ? `${path} is already there` : `${path} could not be written`, {
      exitCode: EXIT.wrongInput,
      advice: isThere
        ? 'Move it away first, or give another name.'
        : 'Look whether the folder is there and may be written.',
    });
  });
  output.line(`Wrote ${path}.`);
  output.line(verdict);
}

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
  { model, sides }: SyncRuntime,
): Promise<Report> {
  const only = text(flags['side']);
  const chosen = [...sides.values()].filter((side) => only === undefined || side.model.name === only);
  if (chosen.length === 0)
    throw new CommandFailed(`${sync.name} has no side ${only ?? ''}`, {
      exitCode: EXIT.wrongInput,
      advice: `Its sides: ${[...sides.keys()].join(', ')}`,
    });
  const { syncKey } = sync;
  const reconciled = {
    syncKey,
    model,
    transaction: <T>(action: (tx: Tx, bound: SyncTx) => Promise<T>) =>
      installation.transaction((tx) => action(tx, syncTransaction(tx, sync, installation.ids))),
  };
  const sample = sampleOf(flags);
  const startedAtMs = await installation.database.nowMs();
  const results = await reconcileSides(reconciled, chosen, {
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

const SAMPLE_RECORDS_MIN = 100;
const SAMPLE_RECORDS_MAX = 100_000;

function sampleOf(flags: CommandContext['flags']): SideBudget | null {
  const given = text(flags['sample']);
  if (given === undefined) return null;
  const records = Number(given);
  if (!Number.isInteger(records) || records < SAMPLE_RECORDS_MIN || records > SAMPLE_RECORDS_MAX)
    throw new CommandFailed(
      `--sample takes a number from ${count(SAMPLE_RECORDS_MIN)} to ${count(SAMPLE_RECORDS_MAX)}`,
      { exitCode: EXIT.wrongInput },
    );
  return { beyond: 'sample', recordsMax: records, sampleRecords: records, spent: () => 0 };
}

/** Has every record of listed drift looked at again, as any other hint would. What has no record cannot be looked at. */
async function repair(
  installation: Installation,
  { syncKey, name }: SyncRow,
  report: Report,
): Promise<number> {
  return installation.transaction(async (tx) => {
    const records = await noteRepair(tx, syncKey, report);
    if (records > 0) await noteCommand(tx, installation, 'drift.lookedAgain', name, { records });
    return records;
  });
}

async function scheduleLine(installation: Installation, sync: SyncRow): Promise<string> {
  const { schedule } = await installation.transaction((tx) => standingOf(tx, sync));
  return schedule === null
    ? 'It runs by itself with `reconcile: {every: week}` in the sync file.'
    : `It runs by itself ${schedule.says}; next at ${instant(schedule.nextMs)}.`;
}

function repairText(repaired: number): string {
  return repaired === 0
    ? 'Nothing has to be looked at again.'
    : `${counted(repaired, 'record')} will be looked at again: by a running worker within seconds, or now with: trueup plan`;
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
