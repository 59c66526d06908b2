/** What the parts of a checked sync look up in each other, and how they say that something is not there. */
import type { Findings } from '../lib/yaml/findings.ts';
import type { Path } from '../lib/yaml/places.ts';
import { suggest } from '../lib/yaml/suggest.ts';
import type { FieldDraft, SyncDraft } from './draft.ts';

/** The field, or null when it cannot be used; an unknown name is reported. */
export function fieldNamed(
  sync: SyncDraft,
  name: string,
  path: Path,
  part: 'key' | 'value',
  findings: Findings,
): FieldDraft | null {
  const field = sync.fields.get(name);
  // Without any field that can be read, every name would be unknown, and the reason is reported already.
  if (field !== undefined || sync.fields.size === 0) return field ?? null;
  const [message, fix] = [`there is no field \`${name}\``, suggest(name, sync.fields.keys())];
  if (part === 'key') findings.atKey(path, message, fix);
  else findings.atValue(path, message, fix);
  return null;
}

/** Whether the sync has the side; if not, it is reported. */
export function hasSide(sync: SyncDraft, name: string, path: Path, findings: Findings): boolean {
  if (sync.sideNames.includes(name) || sync.sideNames.length === 0) return true;
  findings.atValue(path, `there is no side \`${name}\``, suggest(name, sync.sideNames));
  return false;
}

/** What to write instead of a value that the field cannot have. */
export function valueFix({ shape }: FieldDraft, written: string | number | boolean | null): string {
  return shape.type === 'choice'
    ? suggest(String(written), shape.options)
    : `Write a value that a field of type ${shape.type} can have.`;
}
