/** Salesforce's own client of the Pub/Sub API, as it comes from npm. */
import { registerHooks } from 'node:module';

// avro-js 1.12.2, which the client reads events with, requires `underscore` for a deprecated validator that nobody
// calls, and does not declare it. Where it is not installed, an empty module stands in for it.
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier !== 'underscore') return next(specifier, context);
    return { url: 'data:text/javascript,module.exports={}', format: 'commonjs', shortCircuit: true };
  },
  load: (url, context, next) =>
    url.startsWith('data:text/javascript,module.exports')
      ? { format: 'commonjs', source: 'module.exports = {};', shortCircuit: true }
      : next(url, context),
});
const { default: PubSubApiClient } = await import('salesforce-pubsub-api-client');

export type Client = InstanceType<typeof PubSubApiClient>;

const silent = { debug: String, info: String, warn: String, error: String };

type SignIn =
  | { readonly clientId: string; readonly clientSecret: string }
  | { readonly username: string; readonly password: string };

/** A client that is signed in at the simulator, by client credentials or by SOAP; whoever asked for it closes it. */
export async function connectClient(
  { httpUrl, grpcAddress }: { readonly httpUrl: string; readonly grpcAddress: string },
  signIn: SignIn,
): Promise<Client> {
  const place = { loginUrl: httpUrl, pubSubEndpoint: grpcAddress, rejectUnauthorizedSsl: false };
  const client = new PubSubApiClient(
    'clientId' in signIn
      ? { authType: 'oauth-client-credentials', ...place, ...signIn }
      : { authType: 'username-password', ...place, ...signIn },
    silent,
  );
  await client.connect();
  return client;
}
