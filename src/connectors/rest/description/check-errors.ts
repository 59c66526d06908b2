import type { Findings } from '../../../lib/yaml/findings.ts';
import { suggest } from '../../../lib/yaml/suggest.ts';
import type { Description } from './shape.ts';

/** That rows of the error table name limits there are, and that no limit is named twice. */
export function checkErrors({ limits, errors, auth }: Description, findings: Findings): void {
  const names = limits.map(({ name }) => name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) !== index)
      findings.atValue(
        ['limits', index, 'name'],
        `there are two limits \`${name}\``,
        'Give one another name.',
      );
  for (const [index, { limit }] of errors.table.entries())
    if (limit !== undefined && !names.includes(limit))
      findings.atValue(
        ['errors', 'table', index, 'limit'],
        `there is no limit \`${limit}\``,
        suggest(limit, names),
      );
  if (auth.kind === 'api_key' && (auth.header === undefined) === (auth.query === undefined))
    findings.atValue(
      ['auth'],
      'an API key goes into a header or a query parameter',
      'Say header or query, one of them.',
    );
}
