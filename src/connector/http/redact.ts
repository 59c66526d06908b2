/** The one place that turns requests, answers and foreign texts into something that may be shown. */
import type { AnswerHeaders, Body } from './request.ts';

const HIDDEN = '[secret]';
/** A shorter secret would be found in ordinary words, and hiding it everywhere would make every message unreadable. */
const SECRET_CHARACTERS_MIN = 4;
const TEXT_CHARACTERS_MAX = 500;

const NAME = String.raw`[\w.-]*(?:token|secret|passw(?:or)?d|authorization|api[-_]?key|apikey|assertion|cookie|signature|credential|session[-_]?id|hmac)[\w.-]*`;
/** Credentials that nobody told us of, by the shapes they have in headers, queries and JSON. */
const SHAPES: readonly RegExp[] = [
  /\b(?:Bearer|Basic|Token|OAuth)\s+[^\s,;"']+(?:\s*,\s*[\w-]+="[^"]*")*/gi,
  new RegExp(String.raw`(?:\\?["'])${NAME}(?:\\?["'])\s*:\s*(?:\\?"(?:\\.|[^"\\])*\\?"|[^\s,}\]]+)`, 'gi'),
  new RegExp(String.raw`\b${NAME}\s*[=:]\s*[^\s&,;]+`, 'gi'),
  /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
];
/** Headers that say how it went and nothing about anybody. */
const SHOWN = /^(?:content-type|content-length|date|retry-after|x-request-id|[\w-]*ratelimit[\w-]*)$/;

/** Hides a connection's secrets. `secrets` is asked every time, because tokens change. */
export interface Redactor {
  /** A foreign text without secrets, in whatever encoding they stand there; one line of at most 500 characters. */
  text(text: string): string;
  /** Method, host, names of query parameters and size of the body: never their values, and never the path. */
  request(request: { readonly method: string; readonly url: URL; readonly body?: Body | undefined }): string;
  /** Status and harmless headers. */
  answer(answer: { readonly status: number; readonly headers: AnswerHeaders }): string;
}

/** One for each connection. Secrets of less than 4 characters cannot be hidden. */
export function createRedactor(secrets: () => readonly string[]): Redactor {
  const text = (foreign: string): string => {
    const spellings = secrets()
      .filter((secret) => secret.length >= SECRET_CHARACTERS_MIN)
      .flatMap(spellingsOf)
      .toSorted((left, right) => right.length - left.length);
    const known = spellings.reduce((rest, spelling) => rest.replaceAll(spelling, HIDDEN), foreign);
    return SHAPES.reduce((rest, shape) => rest.replaceAll(shape, HIDDEN), known)
      .replaceAll(/\p{Cc}+/gu, ' ')
      .slice(0, TEXT_CHARACTERS_MAX);
  };
  return {
    text,
    request: ({ method, url, body }) => {
      const names = [...new Set(url.searchParams.keys())];
      const parts = [...(names.length > 0 ? [`query ${names.join(', ')}`] : []), ...sizeOf(body)];
      return text(`${method} ${url.host}${parts.length > 0 ? ` (${parts.join('; ')})` : ''}`);
    },
    answer: ({ status, headers }) => {
      const shown = [...headers]
        .filter(([name]) => SHOWN.test(name))
        .map(([name, value]) => `${name}: ${value}`);
      return text(`${String(status)}${shown.length > 0 ? ` (${shown.join('; ')})` : ''}`);
    },
  };
}

/** As it is, and as queries, forms, JSON and Basic authentication spell it. */
function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inQuery = encodeURIComponent(secret);
  return [
    ...new Set([
      secret,
      inQuery,
      inQuery.replaceAll('%20', '+'),
      new URLSearchParams([['', secret]]).toString().slice(1),
      JSON.stringify(secret).slice(1, -1),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ]),
  ];
}

function sizeOf(body: Body | undefined): readonly string[] {
  switch (body?.kind) {
    case undefined:
      return [];
    case 'json':
      return [`json, ${String(Buffer.byteLength(JSON.stringify(body.value)))} bytes`];
    case 'form':
      return [`form of ${Object.keys(body.fields).join(', ')}`];
    case 'text':
      return [`text, ${String(Buffer.byteLength(body.text))} bytes`];
    case 'bytes':
      return [`${String(body.bytes.length)} bytes`];
    case 'stream':
      return ['a stream'];
  }
}
