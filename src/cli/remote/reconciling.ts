/** Reconciliation by a server elsewhere: it reads the sides, and keeps the report; here it is shown or put into a file. */
import { counted } from '../../lib/counted.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { text } from '../open.ts';
import { count, instant } from '../output.ts';
import { giveReport } from '../report-file.ts';
import { bodyOf, syncMeant, textOf, type Client } from './asking.ts';
import { newestPlan, showPlan } from './planning.ts';
import { taskDone } from './tasks.ts';

const ROWS_SHOWN_MAX = 20;

type Answer = Awaited<ReturnType<typeof kept>>;
type Report = NonNullable<Answer['report']>;

const kept = (client: Client, name: string) =>
  bodyOf(client.api.v1.syncs[':name'].reconciliation.$get({ param: { name } }));

/**
 * Compares every side there, or the one that is named, and plans the repair where that is asked for. Shown is what the server
 * keeps: the newest report of every side.
 */
export async function reconcileThere(context: CommandContext, client: Client): Promise<number> {
  const { flags, output, words } = context;
  const format = formatOf(context);
  const name = words[0] ?? (await syncMeant(context, client));
  const only = text(flags['side']);
  const query = { side: only, sample: text(flags['sample']) };
  const compared = client.api.v1.syncs[':name'].reconciliation.$post({ param: { name }, query });
  await taskDone(context, client, await bodyOf(compared));
  const answer = await kept(client, name);
  const { report } = answer;
  if (report === null) throw new CommandFailed('the server has kept no report', { advice: 'Try again.' });
  const repair = flags['repair'] === true ? await repairThere(context, client, name) : null;
  output.json({ sync: name, ...answer, repair });
  await giveReport(context, await pageOf(client, name, format, answer, report), report.verdict);
  if (format === 'text') output.line(scheduleLine(answer));
  // A report for programs stands alone.
  const isAlone = format !== 'text' && text(flags['out']) === undefined;
  if (repair !== null && !isAlone) {
    output.line('To mend the drift:');
    showPlan(context, repair);
  }
  // The server keeps the newest report of every side: only what was asked for is judged.
  const judged = report.sides.filter(({ side }) => only === undefined || side === only);
  return judged.every(({ drift }) => drift === 0) ? EXIT.ok : EXIT.failed;
}

const FORMATS = ['text', 'json', 'csv', 'html'] as const;
type Format = (typeof FORMATS)[number];

function formatOf({ flags }: CommandContext): Format {
  const format = text(flags['format']) ?? 'text';
  const known = FORMATS.find((one) => one === format);
  if (known !== undefined) return known;
  throw new CommandFailed(`there is no format ${format}`, {
    exitCode: EXIT.wrongInput,
    advice: `Choose ${FORMATS.join(', ')}.`,
  });
}

async function pageOf(
  client: Client,
  name: string,
  format: Format,
  answer: Answer,
  report: Report,
): Promise<string> {
  switch (format) {
    case 'text':
      return `${[`${name}:`, ...reportLines(report)].join('\n')}\n${report.verdict}\n`;
    case 'json':
      return `${JSON.stringify({ sync: name, ...answer }, null, 2)}\n`;
    case 'csv':
    case 'html':
      return textOf(
        client.api.v1.syncs[':name'].reconciliation.file.$get({ param: { name }, query: { format } }),
      );
  }
}

function reportLines({ sides, rows, rowsLeftOut }: Report): readonly string[] {
  const lines: string[] = [];
  for (const { side, seen, same, drift, classes } of sides) {
    lines.push(`  ${side}: ${counted(seen, 'record')}, ${count(same)} the same, ${count(drift)} drift`);
    for (const { count: many, says, why } of classes) lines.push(`    ${count(many)} ${says}; ${why}`);
  }
  const drift = rows.filter(({ isDrift }) => isDrift);
  for (const { side, recordId, identityId, difference, field, holds, golden } of drift.slice(
    0,
    ROWS_SHOWN_MAX,
  )) {
    const what = field === '' ? difference : `${field} holds ${holds} and should hold ${golden}`;
    lines.push(`  ${side} ${recordId === '' ? `(identity ${identityId})` : recordId}: ${what}`);
  }
  const more = drift.length + rowsLeftOut - Math.min(drift.length, ROWS_SHOWN_MAX);
  if (more > 0) lines.push(`  and ${count(more)} more; see all with --format csv --out FILE`);
  return lines;
}

function scheduleLine({ schedule }: Answer): string {
  return schedule === null
    ? 'It runs by itself with `reconcile: {every: week}` in the sync file.'
    : `It runs by itself ${schedule.says}; next at ${instant(Date.parse(schedule.nextAt))}.`;
}

/** Seals what mends the drift as a plan. Nothing is written before it is let go. */
async function repairThere(context: CommandContext, client: Client, name: string) {
  const planned = client.api.v1.syncs[':name'].reconciliation.repair.$post({ param: { name } });
  await taskDone(context, client, await bodyOf(planned));
  return await newestPlan(client, name);
}
