import type { Session } from '../../src/connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import { createMemoryTokens, type TokenStore } from '../../src/connector/oauth/token-store.ts';
import type { Deployment } from '../../src/connectors/salesforce/account.ts';
import { createSalesforce } from '../../src/connectors/salesforce/index.ts';
import { seededRandom } from '../../src/lib/random.ts';
import {
  createSalesforceSimulator,
  type SalesforceSimulator,
  type SimulatorAddresses,
} from '../../src/simulators/salesforce/simulator.ts';
import { connectorContext } from './connector-context.ts';
import { ShiftedClock } from './shifted-clock.ts';

type Settings = Readonly<Record<string, string>>;

/** A simulated org, and sessions of the connector in it. */
export interface SalesforceWorkbench {
  readonly simulator: SalesforceSimulator;
  readonly clock: ShiftedClock;
  readonly addresses: SimulatorAddresses;
  /** The settings that reach the org, by client credentials. */
  readonly settings: Settings;
  /** What lets the connector reach this machine. */
  readonly deployment: Deployment;
  open(more?: Settings, deployment?: Deployment, tokens?: TokenStore): Promise<Session>;
  /** To be given to all sessions of one connection. */
  readonly tokens: TokenStore;
  /** Requests that the org has counted. */
  requests(): number;
  close(): Promise<void>;
}

/** Starts an org. Sessions that it opened are closed with it. */
export async function salesforceWorkbench(seed = 1): Promise<SalesforceWorkbench> {
  const clock = new ShiftedClock();
  const simulator = createSalesforceSimulator({ clock, random: seededRandom(seed) });
  const addresses = await simulator.start();
  const { httpUrl, grpcAddress, ca } = addresses;
  const { clientId, clientSecret } = simulator.credentials;
  const settings: Settings = {
    login_url: httpUrl,
    client_id: clientId,
    client_secret: clientSecret,
    pubsub_endpoint: grpcAddress,
    poll_seconds: '1',
    overlap_seconds: '5',
  };
  const deployment: Deployment = { network: { allowPlain: true, allowLoopback: true, authorities: ca } };
  const random = seededRandom(seed);
  const sessions: Session[] = [];
  return {
    simulator,
    clock,
    addresses,
    settings,
    deployment,
    open: async (more = {}, own = {}, tokens = createMemoryTokens()) => {
      const connector = createSalesforce({ ...deployment, ...own });
      const context = connectorContext({ clock, random, tokens });
      const session = await connector.open({ ...settings, ...more }, context);
      sessions.push(session);
      return session;
    },
    tokens: createMemoryTokens(),
    requests: () => simulator.limits.used(),
    close: async () => {
      await Promise.all(sessions.map((session) => session.close()));
      await simulator.stop();
    },
  };
}

/** The failure that a promise ends with; it must end with one. */
export async function failureOf(action: Promise<unknown>): Promise<Failure> {
  const error: unknown = await action.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}
