/** The dictionary as a page in Markdown. */
import type { EntityPage, FieldPage } from '../../engine/entity-page.ts';

export function markdownPage(entities: readonly EntityPage[]): string {
  const parts = ['# Data dictionary', ...entities.map(entityPart)];
  return `${parts.join('\n\n')}\n`;
}

function entityPart({ name, meaning, fields, rules, sides }: EntityPage): string {
  const parts = [`## ${escaped(name)}`];
  if (meaning !== '') parts.push(escaped(meaning));
  parts.push(
    table(
      ['field', 'meaning', 'type', 'values must be', 'if not', 'sensitivity'],
      fields.map((field) => [
        `**${field.name}**${field.title === '' ? '' : `<br>${escaped(field.title)}`}`,
        escaped(field.meaning),
        field.type,
        field.rules.map(escaped).join('<br>'),
        field.rules.length === 0 ? '' : field.onViolation,
        field.sensitivity,
      ]),
    ),
  );
  if (rules.length > 0) parts.push(`Of every record: ${rules.map(escaped).join('; ')}.`);
  parts.push('### Who owns what, and where it lives', ownersTable(fields, sides));
  for (const field of fields) if (field.values.length > 0) parts.push(...valuesPart(field));
  const shown = fields.filter(({ examples }) => examples.length > 0);
  if (shown.length > 0)
    parts.push(
      '### Examples',
      table(
        ['field', 'examples'],
        shown.map(({ name: field, examples }) => [field, examples.map(escaped).join('<br>')]),
      ),
    );
  return parts.join('\n\n');
}

function ownersTable(fields: readonly FieldPage[], sides: readonly string[]): string {
  return table(
    ['field', 'owner', ...sides],
    fields.map(({ name, owner, at }) => [
      name,
      owner === '' ? 'nobody: every side may change it' : owner,
      ...sides.map((side) => escaped(at.get(side) ?? '')),
    ]),
  );
}

function valuesPart({ name, values }: FieldPage): readonly string[] {
  const rows = values.map(({ value, meaning, at }) => [escaped(value), escaped(meaning), escaped(at)]);
  return [`### Values of ${name}`, table(['value', 'means', 'spelled elsewhere'], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Nothing in a text can end a cell or become markup. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_|[\]]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, ' ')
    .trim();
}
