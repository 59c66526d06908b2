import { type Failure, ConnectorFailure } from '../failure.ts';
import { kindFor } from './classify.ts';
import type { Effect } from './request.ts';
import type { TransportError, TransportReason } from './transport-error.ts';

/** Whose request failed on the wire. */
export interface Errand {
  readonly system: string;
  readonly title: string;
  readonly operation: string;
  readonly effect: Effect;
  readonly host: string;
}

interface Reading {
  readonly name: string;
  readonly text: string;
  readonly advice?: string;
  /** For a request that certainly did nothing. */
  readonly unsent: 'config' | 'transient' | 'permanent';
  /** For a read whose answer cannot be had by asking again. */
  readonly read?: 'permanent';
}

/** What each way of failing on the wire is called, and means. */
export const READINGS: Readonly<Record<TransportReason, Reading>> = {
  forbidden: {
    name: 'forbidden_address',
    text: 'this address is not one that connections may reach',
    advice:
      'Check the address. If the system is in your own network, start Trueup with TRUEUP_NETWORK=private.',
    unsent: 'config',
  },
  malformed: {
    name: 'malformed_request',
    text: 'a header or address of it cannot be sent',
    unsent: 'permanent',
  },
  certificate: {
    name: 'untrusted_certificate',
    text: 'no trusted TLS connection could be made',
    advice:
      "Check the address, and that the system's certificate is valid and its authority is trusted here.",
    unsent: 'config',
  },
  unreachable: {
    name: 'unreachable',
    text: 'no connection could be made',
    advice: 'Check that the system is up and that this machine can reach it.',
    unsent: 'transient',
  },
  timeout: { name: 'timeout', text: 'no answer came in time', unsent: 'transient' },
  interrupted: { name: 'interrupted', text: 'it was interrupted', unsent: 'transient' },
  broken: { name: 'connection_broken', text: 'the connection broke', unsent: 'transient' },
  tooLarge: {
    name: 'answer_too_large',
    text: 'the answer is larger than allowed',
    advice: 'Ask for smaller pages.',
    unsent: 'transient',
    read: 'permanent',
  },
  encoding: { name: 'answer_unreadable', text: 'the answer could not be decompressed', unsent: 'transient' },
};

/** The failure that stands for a transport error: nothing happened unless something was sent. */
export function failureOfTransport(error: TransportError, errand: Errand): ConnectorFailure {
  const reading = READINGS[error.reason];
  const text = `${reading.text} (${error.code})`;
  if (error.sent) return lostAnswer(errand, reading.name, text, { cause: error, ...reading });
  return new ConnectorFailure(
    {
      kind: reading.unsent,
      code: `${errand.system}.${reading.name}`,
      message: `${errand.title}, ${errand.operation} at ${errand.host}: ${text}; nothing was sent`,
      ...(reading.advice === undefined ? {} : { advice: reading.advice }),
    },
    { cause: error },
  );
}

/** A request was sent, and what came back does not say what became of it. */
export function lostAnswer(
  errand: Errand,
  name: string,
  text: string,
  more: { readonly cause?: unknown; readonly advice?: string; readonly read?: 'permanent' } = {},
): ConnectorFailure {
  const kind = errand.effect === 'read' ? (more.read ?? 'transient') : kindFor('lost', 'write');
  const doubt = kind === 'unknownOutcome' ? '; whether the write happened is not known' : '';
  const failure: Failure = {
    kind,
    code: `${errand.system}.${kind === 'unknownOutcome' ? 'outcome_unknown' : name}`,
    message: `${errand.title}, ${errand.operation} at ${errand.host}: ${text}${doubt}`,
    ...(more.advice === undefined ? {} : { advice: more.advice }),
  };
  return new ConnectorFailure(failure, { cause: more.cause });
}
