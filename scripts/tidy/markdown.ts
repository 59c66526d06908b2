/** A table row of a Markdown page. */
export interface Row {
  /** One-based line on the page. */
  readonly line: number;
  /** The cells, trimmed; emphasis is kept. */
  readonly cells: readonly string[];
}

/** The page with the content of code blocks and code spans blanked out; every offset and line stays where it was. */
export function withoutCode(page: string): string {
  return page.replaceAll(/^(```|~~~)[\s\S]*?^\1.*$/gm, blank).replaceAll(/`[^`\n]+`/g, blank);
}

function blank(code: string): string {
  return code.replaceAll(/[^\n]/g, ' ');
}

/** Every body row of every table on the page; head and separator rows left out. */
export function tableRows(page: string): readonly Row[] {
  const lines = page.split('\n').map((text, index) => ({ text, line: index + 1 }));
  return lines.flatMap(({ text, line }, index) => {
    const isHead = isSeparator(lines[index + 1]?.text ?? '');
    if (!text.startsWith('|') || isHead || isSeparator(text)) return [];
    const inner = text.trim().replace(/^\|/, '').replace(/\|$/, '');
    return [{ line, cells: inner.split(/(?<!\\)\|/).map((cell) => cell.trim()) }];
  });
}

function isSeparator(text: string): boolean {
  return /^\|[\s:|-]+\|$/.test(text.trim());
}
