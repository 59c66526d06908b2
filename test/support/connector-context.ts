import type { ConnectorContext } from '../../src/connector/contract.ts';
import { createMemoryBudgets } from '../../src/connector/http/memory-budgets.ts';
import { createMemoryTokens } from '../../src/connector/oauth/token-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemRandom } from '../../src/lib/random.ts';

/** What a host gives a connector, all of it in this process; this machine may be reached. */
export function connectorContext(given: Partial<ConnectorContext> = {}): ConnectorContext {
  const { clock = systemClock } = given;
  return {
    clock,
    random: systemRandom,
    baseDirectory: '.',
    connectionKey: 'test',
    budgets: createMemoryBudgets(clock),
    tokens: createMemoryTokens(),
    network: { allowPlain: true, allowLoopback: true },
    ...given,
  };
}
