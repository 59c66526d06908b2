/** The option of workers to answer Prometheus. */
import { listenForMetrics } from '../diagnose/metrics/listener.ts';
import { createMetrics } from '../diagnose/metrics/metrics.ts';
import type { Installation } from '../server.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { text } from './open.ts';

export const METRICS_OPTION = { metrics: { type: 'string' } } as const;
export const METRICS_OPTION_HELP = {
  metrics: 'answer Prometheus at this port of this machine, or at an address such as 0.0.0.0:9464',
} as const;

/** Without a host, this machine alone: there is no login, and the figures are not everybody's business. */
const HOSTNAME = '127.0.0.1';
const PORT_MAX = 65_535;

/** Runs `work` with the metrics served beside it, if that was asked for. */
export async function withMetrics(
  { flags }: CommandContext,
  installation: Installation,
  work: () => Promise<void>,
): Promise<void> {
  const given = text(flags['metrics']);
  if (given === undefined) return work();
  const { host, port } = addressOf(given);
  const { log } = installation;
  const listener = await listenForMetrics(host, port, createMetrics(installation), log);
  log.info({ host, port: listener.port }, 'Prometheus is answered at /metrics');
  try {
    await work();
  } finally {
    await listener.close();
  }
}

function addressOf(given: string): { readonly host: string; readonly port: number } {
  const [, host = HOSTNAME, digits = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(given) ?? [];
  const port = Number(digits);
  if (digits !== '' && port <= PORT_MAX) return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
  throw new CommandFailed('--metrics takes a port, or an address such as 0.0.0.0:9464', {
    exitCode: EXIT.wrongInput,
  });
}
