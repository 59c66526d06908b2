/** The report as a table for a spreadsheet, and as one page that needs nothing else. */
import { runsAsFormula } from '../../connectors/files/formula.ts';
import { escapedHtml, htmlPage, htmlTable } from '../../lib/html-page.ts';
import { classText, rowsOf, verdictOf, type FindingRow, type Report } from './report.ts';

const COLUMNS: readonly (readonly [keyof FindingRow, string])[] = [
  ['side', 'side'],
  ['recordId', 'record'],
  ['identityId', 'identity'],
  ['difference', 'difference'],
  ['why', 'why'],
  ['field', 'field'],
  ['holds', 'holds'],
  ['golden', 'should hold'],
];

/** One row for every field that differs. RFC 4180; a cell that a spreadsheet would run begins with an apostrophe. */
export function csvReport({ findings }: Report): string {
  const head = COLUMNS.map(([, title]) => title);
  const rows = findings.flatMap(rowsOf).map((row) => COLUMNS.map(([name]) => row[name]));
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** Stricter than for files that are synced: here a harmless `-5` may get an apostrophe too. */
function csvCell(text: string): string {
  const isRun = /^[=+\-@\t\r]/.test(text) || runsAsFormula(text);
  const guarded = isRun ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function htmlReport(report: Report): string {
  const { sync, startedAtMs, endedAtMs, sides, findings, driftLeftOut } = report;
  const span = `${new Date(startedAtMs).toISOString()} to ${new Date(endedAtMs).toISOString()}`;
  const counts = sides.map(({ side, seen, same, drift }) => [side, ...[seen, same, drift].map(String)]);
  const classes = sides.flatMap(({ side, classes: own }) =>
    own.map((one) => [side, ...classText(one), String(one.count)]),
  );
  const rows = findings.flatMap(rowsOf).map((row) => COLUMNS.map(([name]) => row[name]));
  const leftOut = driftLeftOut === 0 ? '' : `<p>${String(driftLeftOut)} more are counted and not listed.</p>`;
  const body = [
    `<p>${escapedHtml(span)}</p>`,
    `<p><strong>${escapedHtml(verdictOf(report))}</strong></p>`,
    htmlTable('Sides', ['side', 'records', 'the same', 'drift'], counts),
    htmlTable('Differences', ['side', 'difference', 'why', 'count'], classes),
    htmlTable(
      'Records',
      COLUMNS.map(([, head]) => head),
      rows,
    ),
    leftOut,
  ];
  return htmlPage(`Reconciliation of ${sync}`, body.join('\n'));
}
