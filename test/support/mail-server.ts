import type { AddressInfo } from 'node:net';

import { SMTPServer } from 'smtp-server';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Whether it came encrypted. */
  readonly secure: boolean;
  /** The message as it came: headers, an empty line, the body. */
  readonly source: string;
}

export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly Mail[];
}

/** A real SMTP server on 127.0.0.1 and a free port. */
export async function startMailServer(
  options: { readonly password?: string; readonly refuse?: string } = {},
): Promise<MailServer> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: options.password === undefined,
    disabledCommands: options.password === undefined ? ['AUTH', 'STARTTLS'] : ['STARTTLS'],
    onAuth: ({ username = '', password }, _session, callback) => {
      if (password === options.password) callback(null, { user: username });
      else callback(new Error('wrong password'));
    },
    onRcptTo: ({ address }, _session, callback) => {
      callback(address === options.refuse ? new Error('no such mailbox') : null);
    },
    onData: (stream, { envelope, secure }, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const source = Buffer.concat(chunks).toString('utf8');
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), secure, source });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(resolve);
      }),
  };
}
