/** Takes PostgreSQL's array literals apart: `{1,NULL,"a \"b\"",{2}}`, also with bounds before them (`[0:1]={1,2}`). */
import type { NativeValue } from '../../engine/value.ts';
import type { Parse } from './database.ts';

/** `parse` reads one element's text. */
export function parseArray(literal: string, parse: Parse): readonly NativeValue[] {
  return new ArrayLiteral(literal, parse).list();
}

class ArrayLiteral {
  readonly #text: string;
  readonly #parse: Parse;
  #at: number;

  constructor(text: string, parse: Parse) {
    this.#text = text;
    this.#parse = parse;
    this.#at = text.indexOf('{');
  }

  list(): readonly NativeValue[] {
    const elements: NativeValue[] = [];
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '}') {
      elements.push(this.#element());
      if (this.#text[this.#at] === ',') this.#at += 1;
    }
    this.#at += 1;
    return elements;
  }

  #element(): NativeValue {
    const first = this.#text[this.#at];
    if (first === '{') return this.list();
    if (first === '"') return this.#parse(this.#quoted());
    const start = this.#at;
    while (this.#at < this.#text.length && this.#text[this.#at] !== ',' && this.#text[this.#at] !== '}')
      this.#at += 1;
    const text = this.#text.slice(start, this.#at);
    return text === 'NULL' ? null : this.#parse(text);
  }

  #quoted(): string {
    let text = '';
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === '\\') this.#at += 1;
      text += this.#text[this.#at] ?? '';
      this.#at += 1;
    }
    this.#at += 1;
    return text;
  }
}
