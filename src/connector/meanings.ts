/** What errors on the way to a database server mean: the part that is the same for every server. */
import type { FailureKind } from './failure.ts';

/** What an error means for what happens next. */
export interface Meaning {
  readonly kind: FailureKind;
  /** The failure's code without the system in front. */
  readonly name: string;
  readonly advice?: string;
}

/** The connection broke; whether what was sent has happened is for the caller to judge. */
export const CONNECTION_LOST: Meaning = { kind: 'transient', name: 'connection_lost' };

/** Nothing answers at that address. */
export const UNREACHABLE: Meaning = {
  kind: 'transient',
  name: 'unreachable',
  advice: 'Check `host` and `port`, and that no firewall stands between this machine and the server.',
};

/** Somebody answers, and cannot prove to be the server. */
export const UNTRUSTED_CERTIFICATE: Meaning = {
  kind: 'config',
  name: 'certificate',
  advice:
    'Let Node trust the server’s authority (NODE_EXTRA_CA_CERTS), or set `ssl: require` to encrypt without checking who answers.',
};

/** The server answers without the encryption that was asked for. */
export const NO_ENCRYPTION: Meaning = {
  kind: 'config',
  name: 'no_encryption',
  advice: 'The server does not encrypt: switch it on there, or set `ssl: disable`.',
};

const HOST_NOT_FOUND: Meaning = {
  kind: 'transient',
  name: 'host_not_found',
  advice: 'Check the setting `host`, and that this machine can look the name up.',
};

/** By the code of Node's own network errors; `server` names what should be listening. */
export function networkMeanings(server: string): Readonly<Record<string, Meaning>> {
  return {
    ECONNREFUSED: {
      kind: 'transient',
      name: 'connection_refused',
      advice: `Check \`host\` and \`port\`, and that ${server} runs there and listens for connections from this machine.`,
    },
    ENOTFOUND: HOST_NOT_FOUND,
    EAI_AGAIN: HOST_NOT_FOUND,
    ETIMEDOUT: UNREACHABLE,
    EHOSTUNREACH: UNREACHABLE,
    ENETUNREACH: UNREACHABLE,
    ECONNRESET: CONNECTION_LOST,
    EPIPE: CONNECTION_LOST,
  };
}
