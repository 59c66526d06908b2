/** What must hold of every `TokenStore`, as cases that any of them can be put through. */
import { assert } from '../../lib/assert.ts';
import { Secret } from '../../lib/secret.ts';
import { casesOn, type StagedCase } from '../staged-case.ts';
import { sameTokens, type SaveTokens, type StoredTokens, type TokenStore } from './token-store.ts';

/** One connection without tokens, as two workers see it. */
export interface TokenStage {
  readonly one: TokenStore;
  readonly other: TokenStore;
  close(): Promise<void>;
}

const TURNS = 6;
/** Time enough for another one to begin, if it were let. */
const LOOKS = 20;

/** The cases, each on a stage of its own. */
export function tokenStoreSuite(openStage: () => Promise<TokenStage>): readonly StagedCase[] {
  const on = casesOn(openStage);
  return [
    on('a connection begins without tokens', nothing),
    on('what is saved is there for every worker, as it was', saved),
    on('what is saved is durable before the turn is over', durable),
    on('one renews at a time, and finds what the one before saved', inTurn),
    on('of many who renew at once each stands on the one before', inARow),
    on('a renewal that fails changes nothing and holds nobody up', failed),
    on('whoever saves late overwrites nothing, and is given what stands', late),
    on('whoever saves twice in a turn has the last word', twice),
  ];
}

function tokens(number: number, change: Partial<StoredTokens> = {}): StoredTokens {
  return {
    accessToken: new Secret(`access-${String(number)}`),
    refreshToken: new Secret(`refresh-${String(number)}`),
    obtainedAtMs: 1_800_000_000_000 + number,
    expiresAtMs: 1_800_003_600_000.5 + number,
    extra: { instance_url: 'https://acme.example', nested: { list: [1, null, 'é'] } },
    ...change,
  };
}

const put = (store: TokenStore, next: StoredTokens): Promise<StoredTokens> =>
  store.renewing((_, save) => save(next));

/** With the secrets, which do not show otherwise. */
function spelled(stored: StoredTokens | null): string {
  const { accessToken, refreshToken, ...rest } = stored ?? tokens(0);
  return JSON.stringify([stored === null, accessToken.reveal(), refreshToken?.reveal() ?? null, rest]);
}

async function nothing({ one, other }: TokenStage): Promise<void> {
  assert((await one.load()) === null, 'nothing is stored');
  await other.renewing(async (stored) => assert(stored === null, 'a renewal finds nothing'));
  assert((await one.load()) === null, 'and leaves nothing');
}

async function saved({ one, other }: TokenStage): Promise<void> {
  const bare = tokens(1, { refreshToken: null, expiresAtMs: null, extra: {} });
  for (const next of [tokens(2), bare]) {
    assert(spelled(await put(one, next)) === spelled(next), 'what is saved stands');
    assert(spelled(await other.load()) === spelled(next), 'the other worker loads it');
    await other.renewing(async (stored) =>
      assert(spelled(stored) === spelled(next), 'and finds it when it renews'),
    );
  }
}

async function durable({ one, other }: TokenStage): Promise<void> {
  await one.renewing(async (_, save) => {
    await save(tokens(1));
    assert(sameTokens(await other.load(), tokens(1)), 'the other worker has it already');
  });
}

async function inTurn({ one, other }: TokenStage): Promise<void> {
  let began = false;
  const next = await one.renewing(async (_, save) => {
    const waiting = other.renewing(async (stored) => {
      began = true;
      return stored;
    });
    for (let look = 0; look < LOOKS; look += 1) await one.load();
    assert(!began, 'nobody else renews meanwhile');
    await save(tokens(1));
    return { waiting };
  });
  assert(sameTokens(await next.waiting, tokens(1)), 'the next one finds what was saved');
}

async function inARow({ one, other }: TokenStage): Promise<void> {
  const first = tokens(0).obtainedAtMs;
  const renew = (store: TokenStore): Promise<StoredTokens> =>
    store.renewing((stored, save) => save(tokens((stored?.obtainedAtMs ?? first) - first + 1)));
  await Promise.all(Array.from({ length: TURNS }, (_, index) => renew(index % 2 === 0 ? one : other)));
  assert(sameTokens(await one.load(), tokens(TURNS)), 'each renewal stands on the one before');
}

async function failed({ one, other }: TokenStage): Promise<void> {
  await put(one, tokens(1));
  const thrown = await one
    .renewing(async () => {
      throw new Error('refused');
    })
    .catch((error: unknown) => error);
  assert(thrown instanceof Error && thrown.message === 'refused', 'the error is told as it was');
  assert(sameTokens(await put(other, tokens(2)), tokens(2)), 'the next one renews');
}

async function late({ one, other }: TokenStage): Promise<void> {
  await put(one, tokens(1));
  const { promise, resolve } = Promise.withResolvers<SaveTokens>();
  await one.renewing(async (_, save) => resolve(save));
  const saveLate = await promise;
  await put(other, tokens(2));
  assert(sameTokens(await saveLate(tokens(3)), tokens(2)), 'the late one is given the newer tokens');
  assert(sameTokens(await other.load(), tokens(2)), 'which are still stored');
}

async function twice({ one, other }: TokenStage): Promise<void> {
  await one.renewing(async (_, save) => {
    await save(tokens(1));
    assert(sameTokens(await save(tokens(2)), tokens(2)), 'the second save stands');
  });
  assert(sameTokens(await other.load(), tokens(2)), 'and is stored');
}
