/** From the text of a description to what the connector works by, or to everything that is wrong with it. */
import { complain } from '../../../lib/yaml/complaints.ts';
import { readDocument } from '../../../lib/yaml/document.ts';
import { Findings } from '../../../lib/yaml/findings.ts';
import type { FileError } from '../../../lib/yaml/places.ts';
import { checkErrors } from './check-errors.ts';
import { checkCollection } from './check.ts';
import { descriptionShape, type Description } from './shape.ts';
import { checkWebhooks } from './webhooks.ts';

export type ReadDescription =
  | { readonly kind: 'ok'; readonly description: Description }
  /** In the order of the file, and as many as there are. */
  | { readonly kind: 'errors'; readonly errors: readonly FileError[] };

/** Never throws, whatever the text. */
export function readDescription(text: string, fileName: string): ReadDescription {
  const reading = readDocument(text, fileName);
  if (reading.kind === 'errors') return reading;
  const findings = new Findings(reading.places, reading.errors);
  const parsed = descriptionShape.safeParse(reading.tree);
  if (!parsed.success) {
    complain(findings, parsed.error.issues, reading.tree, []);
    return { kind: 'errors', errors: findings.errors };
  }
  const description = parsed.data;
  if (Object.keys(description.collections).length === 0)
    findings.atKey(['collections'], 'there is no collection', 'Describe at least one.');
  checkErrors(description, findings);
  for (const [name, collection] of Object.entries(description.collections))
    checkCollection(name, collection, findings);
  const { webhooks, collections } = description;
  if (webhooks !== undefined) checkWebhooks(webhooks, Object.keys(collections), findings);
  const { errors } = findings;
  return errors.length > 0 ? { kind: 'errors', errors } : { kind: 'ok', description };
}

/** An error as one line: `hubspot.yaml:12:5 message. Fix`. */
export function errorText({ file, line, column, message, fix }: FileError): string {
  return `${file}:${String(line)}:${String(column)} ${message}${fix === undefined ? '' : `. ${fix}`}`;
}
