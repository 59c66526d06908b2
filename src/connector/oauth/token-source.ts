import type { JsonObject } from '../../lib/json.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Health } from './health.ts';

/** What a token endpoint granted. */
export interface AccessToken {
  readonly value: Secret;
  /** The rest of the token answer, without its tokens: `instance_url`, `scope`. */
  readonly extra: JsonObject;
}

/** Gives a connection's access token, fresh enough to use. Any number of callers share one. */
export interface TokenSource {
  /**
   * Renews where needed, once for all who ask meanwhile. Throws `ConnectorFailure`: `auth` while a person must connect
   * again, `config` while the client's registration is refused, `transient` while the token endpoint cannot be reached.
   */
  accessToken(signal: AbortSignal): Promise<AccessToken>;
  /** The system refused this token: the next call gets another one. False when there is no hope of a better one yet. */
  refused(token: AccessToken): Promise<boolean>;
  health(): Health;
  /** Somebody connected again or mended the registration: the next call tries. */
  resume(): void;
}
