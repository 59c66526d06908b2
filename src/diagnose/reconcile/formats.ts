/** The report as a table for a spreadsheet, and as one page that needs nothing else. */
import { runsAsFormula } from '../../connectors/files/formula.ts';
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

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{border:1px solid #767676;padding:.4rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}thead th{background:#f0f0f0}`;

export function htmlReport(report: Report): string {
  const { sync, startedAtMs, endedAtMs, sides, findings, driftLeftOut } = report;
  const title = `Reconciliation of ${sync}`;
  const span = `${new Date(startedAtMs).toISOString()} to ${new Date(endedAtMs).toISOString()}`;
  const counts = sides.map(({ side, seen, same, drift }) => [side, ...[seen, same, drift].map(String)]);
  const classes = sides.flatMap(({ side, classes: own }) =>
    own.map((one) => [side, ...classText(one), String(one.count)]),
  );
  const rows = findings.flatMap(rowsOf).map((row) => COLUMNS.map(([name]) => row[name]));
  const leftOut = driftLeftOut === 0 ? '' : `<p>${String(driftLeftOut)} more are counted and not listed.</p>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>
<p>${escaped(span)}</p>
<p><strong>${escaped(verdictOf(report))}</strong></p>
${table('Sides', ['side', 'records', 'the same', 'drift'], counts)}
${table('Differences', ['side', 'difference', 'why', 'count'], classes)}
${table(
  'Records',
  COLUMNS.map(([, head]) => head),
  rows,
)}
${leftOut}</main></body>
</html>
`;
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('');
  const lines = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`);
  return `<table><caption>${escaped(caption)}</caption><thead><tr>${titles}</tr></thead>\n<tbody>${lines.join('\n')}</tbody></table>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
