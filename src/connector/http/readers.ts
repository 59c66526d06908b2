import type { Json } from '../../lib/json.ts';
import { isOk, type Reader } from './attempt.ts';
import { collected, parsedJson } from './content.ts';
import { lostAnswer } from './transport-failure.ts';

/** Reads a whole JSON document; an error page in its place is a lost answer. */
export function jsonReader(parseJson: ((text: string) => Json) | undefined): Reader<Json> {
  return {
    streams: false,
    read: async (received, errand) => {
      const parsed = parsedJson((await collected(received.chunks)).toString('utf8'), parseJson);
      if (parsed.kind === 'json') return { content: parsed.value, json: parsed.value };
      if (!isOk(received.status)) return { content: null, json: null };
      const advice = 'Check the address of the connection: something else may answer there.';
      throw lostAnswer(errand, 'answer_not_json', parsed.why, { advice });
    },
  };
}

/** Reads a whole text, as UTF-8. */
export const TEXT_READER: Reader<string> = {
  streams: false,
  read: async ({ chunks }) => ({ content: (await collected(chunks)).toString('utf8'), json: null }),
};

/** Reads everything as it is. */
export const BYTES_READER: Reader<Uint8Array> = {
  streams: false,
  read: async ({ chunks }) => ({ content: await collected(chunks), json: null }),
};

/** Leaves the reading to the caller. */
export const STREAM_READER: Reader<AsyncIterable<Uint8Array>> = {
  streams: true,
  read: async ({ chunks }) => ({ content: chunks, json: null }),
};
