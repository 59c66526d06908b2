/** The simulator as a program of its own: it starts, says where it is, and stays until it is told to stop. */
import { writeFile } from 'node:fs/promises';

import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { addSampleData } from './sample-data.ts';
import { createSalesforceSimulator } from './simulator.ts';

export interface RunOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Stops the simulator when it aborts. */
  readonly signal: AbortSignal;
  /** Takes each line that a person should read. */
  readonly say: (line: string) => void;
  /** For HTTP; HTTPS and gRPC take the two that follow. 0 takes three free ones. */
  readonly port: number;
  /** Where to write the certificate that HTTPS and gRPC clients must trust; nowhere unless given. */
  readonly caFile?: string;
  /** True starts without any records. */
  readonly empty?: boolean;
}

/** Resolves when the signal has aborted and everything is closed. */
export async function runSimulator(options: RunOptions): Promise<void> {
  const { clock, random, signal, say, port, caFile } = options;
  const simulator = createSalesforceSimulator({
    clock,
    random,
    httpPort: port,
    httpsPort: port === 0 ? 0 : port + 1,
    grpcPort: port === 0 ? 0 : port + 2,
    ...(options.empty === true ? {} : { seed: addSampleData }),
  });
  try {
    const { httpUrl, httpsUrl, grpcAddress, ca } = await simulator.start();
    if (caFile !== undefined) await writeFile(caFile, ca);
    const { clientId, clientSecret, username, password } = simulator.credentials;
    say(`login and API    ${httpUrl}`);
    say(`the same by TLS  ${httpsUrl}`);
    say(`Pub/Sub API      ${grpcAddress}`);
    say(`client id        ${clientId}`);
    say(`client secret    ${clientSecret}`);
    say(`user name        ${username}`);
    say(`password         ${password}`);
    if (caFile !== undefined) say(`CA certificate   ${caFile}`);
    await aborted(signal);
  } finally {
    await simulator.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
