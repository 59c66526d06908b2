/**
 * A system with an HTTP API for tests: people in memory, every kind of paging, writes with and without versions, and the
 * troubles that real APIs give. It shares no code with the connector.
 */
import { must } from '../../src/lib/assert.ts';
import { sendJson, startWebServer, type Arrived, type WebServer } from './web-server.ts';

/** A person as this system keeps them. */
interface Person {
  readonly id: string;
  readonly number: number;
  readonly revision: number;
  readonly changed: string;
  readonly sequence: number;
  readonly values: Values;
}

type Values = Readonly<Record<string, unknown>>;

/** What is answered. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the next requests meet. */
export interface Faults {
  /** Answers in place of the system, oldest first. */
  readonly replies: Reply[];
  loseAnswer: boolean;
  loseRequest: boolean;
  down: boolean;
}

interface Batched {
  readonly id?: string;
  readonly properties: Values;
}

const PAGE_MAX = 5;
const DELTA_PAGE = 2;

/** Starts one on a free port of this machine. */
export async function startRestSystem(): Promise<RestSystem> {
  const faults: Faults = { replies: [], loseAnswer: false, loseRequest: false, down: false };
  let system: RestSystem | null = null;
  const server = await startWebServer((request, response) => {
    const running = must(system, 'requests come when the system runs');
    const isWrite = request.method !== 'GET' && !request.url.startsWith('/token');
    if (faults.down || (isWrite && faults.loseRequest)) {
      faults.loseRequest = false;
      response.destroy();
      return;
    }
    const reply = faults.replies.shift() ?? running.reply(request);
    if (isWrite && faults.loseAnswer) {
      faults.loseAnswer = false;
      response.destroy();
    } else if (reply.body === undefined) response.writeHead(reply.status, reply.headers).end();
    else sendJson(response, reply.status, reply.body, reply.headers);
  });
  system = new RestSystem(server, faults);
  return system;
}

export class RestSystem implements AsyncDisposable {
  readonly faults: Faults;
  readonly origin: string;
  /** Tokens that the token endpoint gave and that still count; requests need one when `guarded`. */
  readonly tokens = new Set<string>();
  guarded = false;
  readonly #server: WebServer;
  readonly #people = new Map<string, Person>();
  readonly #gone: { readonly id: string; readonly at: string; readonly sequence: number }[] = [];
  #number = 0;
  #sequence = 0;

  constructor(server: WebServer, faults: Faults) {
    this.#server = server;
    this.origin = server.origin;
    this.faults = faults;
  }

  get requests(): readonly Arrived[] {
    return this.#server.arrived;
  }

  get people(): readonly Person[] {
    return [...this.#people.values()];
  }

  create(values: Values): Person {
    this.#number += 1;
    const id = `p${String(this.#number)}`;
    return this.#keep({ id, number: this.#number, revision: 0, changed: '', sequence: 0, values });
  }

  edit(id: string, values: Values): Person {
    const before = must(this.#people.get(id), 'an edited person exists');
    return this.#keep({ ...before, values: { ...before.values, ...values } });
  }

  remove(id: string): void {
    this.#people.delete(id);
    this.#gone.push({ id, at: new Date().toISOString(), sequence: this.#next() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  /** What the system does and says. */
  reply(request: Arrived): Reply {
    const url = new URL(request.url, this.origin);
    const [, first = '', id] = url.pathname.split('/').map(decodeURIComponent);
    if (first === 'token') return this.#token(request);
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    if (this.guarded && !this.tokens.has(token)) return error(401, 'expired', 'the token has expired');
    switch (first) {
      case 'people':
        if (id !== undefined) return this.#one(request, id);
        return request.method === 'POST' ? this.#make(request) : this.#list(url);
      case 'delta':
        return this.#delta(url);
      case 'deleted': {
        const since = url.searchParams.get('since') ?? '';
        return { status: 200, body: { results: this.#gone.filter(({ at }) => at >= since) } };
      }
      case 'batch':
        return this.#batch(request);
      default:
        return error(404, 'no_such_path', 'nothing here');
    }
  }

  #keep(person: Person): Person {
    const { revision } = person;
    const changed = new Date().toISOString();
    const kept = { ...person, revision: revision + 1, changed, sequence: this.#next() };
    this.#people.set(kept.id, kept);
    return kept;
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #list({ pathname, searchParams: query }: URL): Reply {
    const since = query.get('since') ?? '';
    const email = query.get('email')?.toLowerCase() ?? '';
    const rows = this.people
      .filter(({ changed }) => changed >= since)
      .filter(({ values }) => email === '' || String(values['email']).toLowerCase().startsWith(email))
      .toSorted((left, right) => left.number - right.number);
    const limit = Math.min(Number(query.get('limit') ?? PAGE_MAX), PAGE_MAX);
    const after = Number(query.get('after') ?? 0);
    const offset = Number(query.get('offset') ?? (Number(query.get('page') ?? 1) - 1) * limit);
    const rest = rows.slice(offset).filter(({ number }) => number > after);
    const part = rest.slice(0, limit);
    const results = part.map(shown);
    const last = part.at(-1);
    if (last === undefined || rest.length === part.length)
      return { status: 200, body: { results, total: rows.length, paging: {} } };
    const next = new URL(pathname, this.origin);
    for (const [name, value] of query) next.searchParams.set(name, value);
    next.searchParams.set('after', String(last.number));
    const paging = { next: { after: String(last.number), link: next.href } };
    const headers = { link: `<${next.href}>; rel="next"` };
    return { status: 200, body: { results, total: rows.length, paging }, headers };
  }

  #delta({ searchParams }: URL): Reply {
    const token = searchParams.get('token');
    if (token === 'old') return error(410, 'gone', 'too old');
    const from = token === 'latest' ? this.#sequence : Number(token ?? 0);
    const all = [
      ...this.people.map((person) => ({ sequence: person.sequence, body: shown(person) })),
      ...this.#gone.map(({ id, sequence }) => ({ sequence, body: { id, removed: true } })),
    ]
      .filter(({ sequence }) => sequence > from)
      .toSorted((left, right) => left.sequence - right.sequence);
    const part = all.slice(0, DELTA_PAGE);
    const link = `${this.origin}/delta?token=${String(part.at(-1)?.sequence ?? from)}`;
    const where = part.length < all.length ? { nextLink: link } : { deltaLink: link };
    return { status: 200, body: { results: part.map(({ body }) => body), ...where } };
  }

  #one(request: Arrived, id: string): Reply {
    const person = this.#people.get(id);
    if (person === undefined) return error(404, 'not_there', 'no such person');
    const etag = `"${String(person.revision)}"`;
    if (request.method === 'GET') return { status: 200, body: shown(person), headers: { etag } };
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== etag && wanted !== String(person.revision))
      return error(412, 'stale', 'the person was changed');
    if (request.method === 'DELETE') {
      this.remove(id);
      return { status: 204 };
    }
    const values = propertiesOf(request);
    return refusal(values) ?? { status: 200, body: shown(this.edit(id, values)) };
  }

  #make(request: Arrived): Reply {
    const values = propertiesOf(request);
    const refused = refusal(values);
    if (refused !== null) return refused;
    if (this.people.some((person) => person.values['email'] === values['email']))
      return error(409, 'taken', 'there is one already', 'email');
    const location = `${this.origin}/people/${this.create(values).id}`;
    return { status: 201, body: {}, headers: { location } };
  }

  #batch(request: Arrived): Reply {
    const { inputs } = JSON.parse(request.body.toString('utf8')) as { readonly inputs: readonly Batched[] };
    const results = inputs.map(({ id, properties }) => {
      const refused = refusal(properties) ?? (id === undefined ? null : this.#missing(id));
      if (refused !== null) return { ok: false, ...(refused.body as object) };
      const { id: made } = id === undefined ? this.create(properties) : this.edit(id, properties);
      return { ok: true, id: made };
    });
    return { status: 207, body: { results } };
  }

  #missing(id: string): Reply | null {
    return this.#people.has(id) ? null : error(404, 'not_there', 'no such person');
  }

  #token(request: Arrived): Reply {
    const grant = new URLSearchParams(request.body.toString()).get('grant_type') ?? '';
    const access = `token-${String(this.#next())}-${grant}`;
    this.tokens.add(access);
    const refreshToken = `refresh-${access}`;
    const body = {
      access_token: access,
      token_type: 'Bearer',
      expires_in: 3_600,
      refresh_token: refreshToken,
    };
    return { status: 200, body };
  }
}

function shown({ id, revision, changed, values }: Person): Values {
  return { id, meta: { revision, changed }, properties: values };
}

function refusal({ email }: Values): Reply | null {
  if (typeof email !== 'string' || email.includes('@')) return null;
  return error(422, 'bad_value', 'email must hold an @', 'email');
}

function error(status: number, code: string, message: string, field?: string): Reply {
  return { status, body: { error: { code, message, ...(field === undefined ? {} : { field }) } } };
}

function propertiesOf(request: Arrived): Values {
  const body = JSON.parse(request.body.toString('utf8')) as { readonly properties?: Values };
  return body.properties ?? {};
}
