/** Asking a server elsewhere: its answers, its refusals, and what is named by the beginning of an id. */
import type { hc } from 'hono/client';

import type { Api } from '../../api/app.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { oneMeant } from '../meant.ts';
import { text } from '../open.ts';

export type Client = ReturnType<typeof hc<Api>>;
export type Remote = (context: CommandContext, client: Client) => Promise<number>;

interface Answer<Body> {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<Body>;
}

/** The answer's document; its problem, where it is one, as the command's failure. */
export async function bodyOf<Body>(asked: Promise<Answer<Body>>): Promise<Body> {
  const answer = await asked;
  if (answer.ok) return answer.json();
  throw await refusalOf(answer);
}

/** A file, as text. */
export async function textOf(asked: Promise<Answer<unknown> & { text(): Promise<string> }>): Promise<string> {
  const answer = await asked;
  if (answer.ok) return answer.text();
  throw await refusalOf(answer);
}

/** For what answers nothing when it is done. */
export async function done(asked: Promise<Answer<unknown>>): Promise<void> {
  const answer = await asked;
  if (!answer.ok) throw await refusalOf(answer);
}

async function refusalOf(answer: Answer<unknown>): Promise<CommandFailed> {
  const problem = (await answer.json().catch(() => null)) as {
    title?: string;
    detail?: string;
    advice?: string;
    errors?: readonly { readonly path: string; readonly message: string }[];
  } | null;
  const places = (problem?.errors ?? []).map(({ path, message: says }) => `${path}: ${says}`).join('; ');
  const whole = problem?.detail ?? problem?.title ?? `the server answered with ${String(answer.status)}`;
  const message = places === '' ? whole : places;
  return new CommandFailed(message, { advice: problem?.advice ?? null });
}

/** The sync that was named, or the only one there is. */
export async function syncMeant(context: CommandContext, client: Client): Promise<string> {
  const given = text(context.flags['sync']);
  if (given !== undefined) return given;
  const { items: known } = await bodyOf(client.api.v1.syncs.$get());
  const [only, another] = known;
  if (only !== undefined && another === undefined) return only.name;
  throw new CommandFailed('name the sync with --sync', {
    exitCode: EXIT.wrongInput,
    advice: `They are: ${known.map((sync) => sync.name).join(', ')}`,
  });
}

/** The one of these whose id begins so; none and several are refused. */
export function beginningWith<Entry>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  what: string,
  prefix: string,
): Entry {
  const found = entries.filter((entry) => idOf(entry).startsWith(prefix));
  return oneMeant(found, what, prefix);
}

/** A word of the command that must be there, such as HOLD. */
export function wordAt({ words }: CommandContext, index: number, name: string): string {
  const word = words[index];
  if (word !== undefined && word !== '') return word;
  throw new CommandFailed(`${name} is missing`, { exitCode: EXIT.wrongInput, advice: 'See --help.' });
}
