/** Pages that need nothing else and load nothing: to be saved, sent, or opened without a network. */

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{border:1px solid #767676;padding:.4rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}thead th{background:#f0f0f0}
pre{white-space:pre-wrap;background:#f4f4f4;padding:1em}summary{font-weight:600;cursor:pointer}`;

/** `body` is markup: every text in it has been through `escapedHtml`. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escapedHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapedHtml(title)}</h1>
${body}
</main></body>
</html>
`;
}

/** Texts in, markup out. The first cell of a row is its heading. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const titles = head.map((title) => `<th scope="col">${escapedHtml(title)}</th>`).join('');
  const lines = rows.map(([first = '', ...others]) => {
    const cells = others.map((cell) => `<td>${escapedHtml(cell)}</td>`).join('');
    return `<tr><th scope="row">${escapedHtml(first)}</th>${cells}</tr>`;
  });
  return `<table><caption>${escapedHtml(caption)}</caption><thead><tr>${titles}</tr></thead>\n<tbody>${lines.join('\n')}</tbody></table>`;
}

/** Text as it may stand between tags and in attributes with double quotes. */
export function escapedHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
