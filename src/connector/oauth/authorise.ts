/** A person authorises us in a browser on this machine, which comes back to a port of our own (RFC 8252). */
import type { Random } from '../../lib/random.ts';
import { Deadline } from '../http/deadline.ts';
import { type CallbackHost, listenForCallback } from './callback.ts';
import { type Asked, questionFor, redeemCode } from './code-grant.ts';
import type { GrantOutcome, TokenEndpoint } from './token-endpoint.ts';

const PATIENCE_MS = 10 * 60_000;

/** What to ask consent for, and how to show the question. */
export interface Authorisation extends Omit<Asked, 'clientId'> {
  readonly endpoint: TokenEndpoint;
  /** A certain port, where the registered redirect names one. */
  readonly port?: number;
  /** 127.0.0.1 when not said. */
  readonly callbackHost?: CallbackHost;
  /** Shows the address to the person, or opens it. */
  readonly show: (url: string) => void;
  readonly random: Random;
  /** How long the person may take; 10 minutes if not said. */
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
}

/** Null when nobody answered in time. Throws only what is a bug. */
export async function authorise(authorisation: Authorisation): Promise<GrantOutcome | null> {
  const { endpoint, random, signal, patienceMs = PATIENCE_MS, port, callbackHost } = authorisation;
  const callback = await listenForCallback(port, callbackHost);
  const patience = new Deadline(endpoint.clock, patienceMs, [signal]);
  try {
    const asked = { ...authorisation, clientId: endpoint.clientId };
    const question = await questionFor(asked, callback.redirectUri, random);
    const arrived = callback.expect(question.state);
    authorisation.show(question.url);
    const url = await Promise.race([arrived, aborted(patience.signal)]);
    return url === null ? null : await redeemCode(endpoint, question, url, authorisation.issuer);
  } finally {
    await patience.end();
    await callback.close();
  }
}

async function aborted(signal: AbortSignal): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  if (signal.aborted) resolve(null);
  signal.addEventListener('abort', () => resolve(null), { once: true });
  return await promise;
}
