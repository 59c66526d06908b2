/** The dictionary as one HTML file that needs nothing else: for a wiki, or to be sent. */
import type { EntityPage, FieldPage } from '../../engine/entity-page.ts';
import { escapedHtml, htmlPage, htmlTable } from '../../lib/html-page.ts';

export function dictionaryPage(entities: readonly EntityPage[]): string {
  return htmlPage('Data dictionary', entities.map(entityPart).join('\n'));
}

function entityPart({ name, meaning, fields, rules, sides }: EntityPage): string {
  const parts = [`<section><h2>${escapedHtml(name)}</h2>`];
  if (meaning !== '') parts.push(`<p>${escapedHtml(meaning)}</p>`);
  parts.push(
    htmlTable(
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
  if (rules.length > 0) parts.push(`<p>Of every record: ${escapedHtml(rules.join('; '))}.</p>`);
  parts.push(
    htmlTable(
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
  return [htmlTable(`Values of ${name}`, ['Value', 'Means', 'Spelled elsewhere'], rows)];
}
