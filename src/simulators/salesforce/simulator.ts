/** A Salesforce org on this machine that the vendor's own client libraries can talk to. */
import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { createCertificates } from '../certificate.ts';
import { Faults, type FaultPlan, type PlannedFault } from '../faults.ts';
import { startHttpServer, type HttpAnswer, type HttpRequest, type HttpServer } from '../http-server.ts';
import { errorAnswer, jsonAnswer } from './answer.ts';
import { BulkJobs } from './bulk-jobs.ts';
import type { Route } from './call.ts';
import { Cursors } from './cursors.ts';
import { Events } from './events.ts';
import { notFound } from './failure.ts';
import { RecordIds } from './ids.ts';
import { Limits } from './limits.ts';
import { OAuth } from './oauth.ts';
import { Org } from './org.ts';
import { PubSubServer } from './pubsub-server.ts';
import { bulkQueryRoutes } from './rest-bulk-query.ts';
import { ingestRoutes } from './rest-bulk.ts';
import { collectionRoutes } from './rest-collections.ts';
import { compositeRoutes } from './rest-composite.ts';
import { eventRoutes } from './rest-events.ts';
import { queryRoutes } from './rest-query.ts';
import { recordRoutes } from './rest-records.ts';
import { setupRoutes } from './rest-setup.ts';
import { answerRest } from './rest.ts';
import { Sessions, type ConnectedApp } from './sessions.ts';
import { answerSoap } from './soap-login.ts';

/** More than the largest upload that the Bulk API takes. */
const BODY_BYTES_MAX = 160 * 1024 * 1024;

export interface SimulatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Ports to listen on; 0, the default of each, takes any free one. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  readonly grpcPort?: number;
  /** Called with the new org before anything listens. */
  readonly seed?: (org: Org) => void;
}

export interface SimulatorAddresses {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  /** Host and port of the Pub/Sub API, which speaks TLS only. */
  readonly grpcAddress: string;
  /** The certificate to trust for `httpsUrl` and `grpcAddress`, as PEM. */
  readonly ca: string;
}

/** What a client needs to log in, by any of the flows. */
export interface SimulatorCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
}

export interface SalesforceSimulator {
  readonly org: Org;
  readonly sessions: Sessions;
  readonly oauth: OAuth;
  readonly limits: Limits;
  readonly cursors: Cursors;
  readonly bulk: BulkJobs;
  readonly events: Events;
  readonly pubSub: PubSubServer;
  readonly credentials: SimulatorCredentials;
  /** Orders a fault for requests to come. */
  fault(plan: FaultPlan): PlannedFault;
  start(): Promise<SimulatorAddresses>;
  /** Ends all connections. Everything that was in the org is still there to be looked at. */
  stop(): Promise<void>;
}

export function createSalesforceSimulator(options: SimulatorOptions): SalesforceSimulator {
  const { clock, random } = options;
  const org = new Org(clock, random);
  const sessions = new Sessions(org.id, clock, random);
  const limits = new Limits(clock);
  const cursors = new Cursors(clock, random);
  const credentials = prepared(org, sessions);
  const oauth = new OAuth(org.id, sessions, clock, random, credentials.username);
  const faults = new Faults();
  const servers: HttpServer[] = [];
  const bulk = new BulkJobs(org, clock);
  const events = new Events(org);
  const routes = routesOf(bulk, events, random);
  const isUp = (): boolean => !limits.maintenance;
  const pubSub = new PubSubServer({ org, events, sessions, faults, clock, isUp });
  options.seed?.(org);
  const answer = (request: HttpRequest): HttpAnswer => {
    if (limits.maintenance) return unavailable();
    const signedIn = oauth.answer(request) ?? answerSoap(request, sessions, org.id, credentials.clientId);
    const answered = signedIn ?? answerRest({ org, limits, cursors, oauth, routes }, request);
    return answered ?? errorAnswer(notFound());
  };
  return {
    org,
    sessions,
    oauth,
    limits,
    cursors,
    bulk,
    events,
    pubSub,
    credentials,
    fault: (plan) => faults.order(plan),
    start: async () => {
      const certificates = createCertificates(clock.nowMs(), random);
      const listen = { answer, faults, clock, bodyBytesMax: BODY_BYTES_MAX, onDelay: () => limits.run() };
      const http = await startHttpServer({ ...listen, port: options.httpPort ?? 0 });
      servers.push(http);
      const https = await startHttpServer({ ...listen, port: options.httpsPort ?? 0, tls: certificates });
      servers.push(https);
      const grpcAddress = await pubSub.start(certificates, options.grpcPort ?? 0);
      return { httpUrl: http.url, httpsUrl: https.url, grpcAddress, ca: certificates.ca };
    },
    stop: async () => {
      await bulk.stop();
      await pubSub.stop();
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  };
}

function routesOf(bulk: BulkJobs, events: Events, random: Random): readonly Route[] {
  return [
    ...setupRoutes,
    ...queryRoutes,
    ...collectionRoutes,
    ...compositeRoutes,
    ...ingestRoutes(bulk, random),
    ...bulkQueryRoutes(bulk),
    ...eventRoutes(events, new RecordIds()),
    ...recordRoutes,
  ];
}

function prepared(org: Org, sessions: Sessions): SimulatorCredentials {
  const credentials = {
    clientId: '3MVG9trueupSimulatedApp',
    clientSecret: 'simulated-secret',
    username: 'integration@trueup.example',
    password: 'simulated-password',
  };
  const app: ConnectedApp = {
    clientId: credentials.clientId,
    clientSecret: credentials.clientSecret,
    redirectUris: ['http://localhost:1717/OauthRedirect', 'http://127.0.0.1:1717/OauthRedirect'],
    scopes: ['api', 'refresh_token', 'id'],
    certificate: null,
    rotatesRefreshTokens: false,
    runAs: credentials.username,
  };
  sessions.register(app);
  sessions.addLogin({
    username: credentials.username,
    password: credentials.password,
    actor: org.integrationUser,
  });
  return credentials;
}

function unavailable(): HttpAnswer {
  const message = 'The server is temporarily unavailable. Please retry later.';
  return jsonAnswer(503, [{ errorCode: 'SERVER_UNAVAILABLE', message }]);
}
