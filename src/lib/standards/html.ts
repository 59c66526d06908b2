/** When two pieces of HTML are the same to a reader: attributes in any order, tags in any case, comments left out. */
import { createRequire } from 'node:module';

import type * as Library from 'htmlparser2';

const VOID = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'wbr',
]);
/** Inside these, blanks are content. */
const VERBATIM = new Set(['pre', 'textarea', 'script', 'style']);
/** Around these, blanks show nowhere. */
const BLOCKS = new Set(
  'address article aside blockquote body br dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 head header hr html li main nav ol p pre section table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);

/** One spelling for all pieces that mean the same. It is for comparing only: it is never written anywhere. */
export function canonicalHtml(html: string): string {
  const require = createRequire(import.meta.url);
  const { Parser } = require('htmlparser2') as typeof Library;
  const writer = new CanonicalWriter();
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        writer.open(name, attributes);
      },
      ontext: (text) => {
        writer.text(text);
      },
      onclosetag: (name) => {
        writer.close(name);
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  parser.end(html);
  return writer.end();
}

/** Writes the one spelling as the parser goes. Lives for one piece. */
class CanonicalWriter {
  readonly #parts: string[] = [];
  #text = '';
  #verbatim = 0;
  #afterBlock = true;

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#flush(BLOCKS.has(name));
    const spelled = Object.entries(attributes)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, value]) => ` ${key}=${JSON.stringify(attributeValue(key, value))}`);
    this.#parts.push(`<${name}${spelled.join('')}>`);
    if (VERBATIM.has(name)) this.#verbatim += 1;
    this.#afterBlock = BLOCKS.has(name);
  }

  text(text: string): void {
    this.#text += text;
  }

  close(name: string): void {
    if (VOID.has(name)) return;
    this.#flush(BLOCKS.has(name));
    if (VERBATIM.has(name)) this.#verbatim -= 1;
    this.#parts.push(`</${name}>`);
    this.#afterBlock = BLOCKS.has(name);
  }

  end(): string {
    this.#flush(true);
    return this.#parts.join('');
  }

  /** Text ends where a tag stands; next to a block its outer blanks show nowhere. */
  #flush(beforeBlock: boolean): void {
    let text = this.#text;
    this.#text = '';
    if (this.#verbatim === 0) {
      // Only what a browser folds: a no-break space is content.
      text = text.replaceAll(/[ \t\n\r\f]+/g, ' ');
      if (this.#afterBlock) text = text.replace(/^ /, '');
      if (beforeBlock) text = text.replace(/ $/, '');
    }
    if (text === '') return;
    this.#parts.push(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
    this.#afterBlock = false;
  }
}

/** Classes have no order; declarations of a style have one, and only their blanks are free. */
function attributeValue(name: string, value: string): string {
  if (name === 'class') return value.split(/\s+/).filter(Boolean).toSorted().join(' ');
  if (name !== 'style') return value;
  return value
    .split(';')
    .map((declaration) => declaration.replace(/\s*:\s*/, ':').trim())
    .filter((declaration) => declaration !== '')
    .join(';');
}
