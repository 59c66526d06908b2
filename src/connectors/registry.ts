import type { Connector } from '../connector/contract.ts';
import { files } from './files/index.ts';
import { mysql } from './mysql/index.ts';
import { postgres } from './postgres/index.ts';
import { rest } from './rest/index.ts';
import { salesforce } from './salesforce/index.ts';
import { tryton } from './tryton/index.ts';

/** Every system Trueup can talk to. Adding one is its folder and its line here. */
const CONNECTORS: readonly Connector[] = [files, mysql, postgres, rest, salesforce, tryton];

export const connectors: ReadonlyMap<string, Connector> = new Map(
  CONNECTORS.map((connector) => [connector.system, connector]),
);
