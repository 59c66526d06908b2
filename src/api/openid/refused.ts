/** Why somebody who came back from a provider was not let in: a code for the sign-in page, and words for the log. */

/** What the sign-in page is told; its words are in the console. */
export const REFUSALS = [
  /** Nobody set out from this browser, or too long ago, or it was used already. */
  'expired',
  /** The provider itself said no, or the person did. */
  'denied',
  /** What came from the provider is not what it would have sent. */
  'untrusted',
  /** The provider cannot be reached, or cannot answer. */
  'unreachable',
  /** The provider refuses our registration. */
  'misconfigured',
  /** No group of the person has a role here. */
  'noRole',
  /** The provider gives no address, or one that it has not checked. */
  'noAddress',
  /** The address belongs to an account that is not linked to this identity. */
  'addressTaken',
  'disabled',
  /** The identity is linked to another account. */
  'linkedElsewhere',
  /** There is no account yet; the first is made with the set-up token. */
  'notSetUp',
] as const;

export type RefusalCode = (typeof REFUSALS)[number];

/** Ends a sign-in. The message is for the log and holds nothing personal. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
