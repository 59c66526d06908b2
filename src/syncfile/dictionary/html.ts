/** The dictionary as one HTML file that needs nothing else: for a wiki, or to be sent. */
import type { EntityPage, FieldPage } from './page.ts';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{border:1px solid #767676;padding:.4rem .6rem;text-align:left;vertical-align:top}thead th{background:#f0f0f0}`;

export function htmlPage(entities: readonly EntityPage[]): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Data dictionary</title><style>${STYLE}</style></head>
<body><main><h1>Data dictionary</h1>
${entities.map(entityPart).join('\n')}
</main></body>
</html>
`;
}

function entityPart({ name, meaning, fields, rules, sides }: EntityPage): string {
  const parts = [`<section><h2>${escaped(name)}</h2>`];
  if (meaning !== '') parts.push(`<p>${escaped(meaning)}</p>`);
  parts.push(
    table(
      'Fields',
      ['Field', 'Meaning', 'Type', 'Values must be', 'If not', 'Sensitivity'],
      fields.map((field) => [
        field.title === '' ? field.name : `${field.name} (${field.title})`,
        field.meaning,
        field.type,
        field.rules.join('; '),
        field.rules.length === 0 ? '' : field.onViolation,
        field.sensitivity,
      ]),
    ),
  );
  if (rules.length > 0) parts.push(`<p>Of every record: ${escaped(rules.join('; '))}.</p>`);
  parts.push(
    table(
      'Who owns what, and where it lives',
      ['Field', 'Owner', ...sides],
      fields.map(({ name: field, owner, at }) => [
        field,
        owner === '' ? 'nobody: every side may change it' : owner,
        ...sides.map((side) => at.get(side) ?? ''),
      ]),
    ),
    ...fields.flatMap(valuesPart),
  );
  return `${parts.join('\n')}</section>`;
}

function valuesPart({ name, values }: FieldPage): readonly string[] {
  if (values.length === 0) return [];
  const rows = values.map(({ value, meaning, at }) => [value, meaning, at]);
  return [table(`Values of ${name}`, ['Value', 'Means', 'Spelled elsewhere'], rows)];
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = head.map((title) => `<th scope="col">${escaped(title)}</th>`).join('');
  const lines = rows.map(([first = '', ...others]) => {
    const cells = others.map((cell) => `<td>${escaped(cell)}</td>`).join('');
    return `<tr><th scope="row">${escaped(first)}</th>${cells}</tr>`;
  });
  return `<table><caption>${escaped(caption)}</caption><thead><tr>${titles}</tr></thead>\n<tbody>${lines.join('\n')}</tbody></table>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
