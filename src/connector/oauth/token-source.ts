import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';

/** A token that the system let itself be addressed with when it was granted. */
export interface AccessToken {
  readonly value: Secret;
  /** The rest of the token answer without its tokens: `instance_url`, `scope`. */
  readonly extra: JsonObject;
}

/** Gives a connection's access token, fresh enough to use. Any number of callers share one. */
export interface TokenSource {
  /**
   * Refreshes where needed, once for all who ask meanwhile. Throws `ConnectorFailure`: `auth` while a person must connect
   * again, `config` when the client's registration is refused, `transient` when the token endpoint cannot be reached.
   */
  accessToken(signal: AbortSignal): Promise<AccessToken>;
  /** The system refused this token: the next call gets another one. True when there is hope of one. */
  refused(token: AccessToken): Promise<boolean>;
}
