import { unreachable } from '../../lib/assert.ts';
import { openCsv } from './csv.ts';
import { openJsonl } from './jsonl.ts';
import type { FilesSettings } from './settings.ts';
import type { Content, Format } from './source.ts';
import type { Table } from './table.ts';
import { openXlsx } from './xlsx.ts';

export async function openTable(
  file: string,
  format: Format,
  content: Content,
  settings: FilesSettings,
): Promise<Table> {
  switch (format) {
    case 'csv':
      return openCsv(file, content.bytes, settings);
    case 'tsv':
      return openCsv(file, content.bytes, settings, '\t');
    case 'jsonl':
      return openJsonl(file, content.bytes);
    case 'xlsx':
      return openXlsx(file, content.bytes, settings.idColumn);
    default:
      return unreachable(format);
  }
}
