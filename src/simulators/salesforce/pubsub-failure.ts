/** Errors of the Pub/Sub API: a gRPC status, and in the trailers the code that says what to do about it. */
import { Metadata, type ServiceError, type status } from '@grpc/grpc-js';

const PREFIX = 'sfdc.platform.eventbus.grpc.';

/** `code` without the prefix that all have in common. */
export function pubSubError(
  grpcStatus: status,
  code: string,
  message: string,
  rpc: { readonly id: string; readonly method: string },
): ServiceError {
  const metadata = new Metadata();
  metadata.set('error-code', `${PREFIX}${code}`);
  metadata.set('rpc-id', rpc.id);
  metadata.set('type', rpc.method);
  const details = `${message} rpcId: ${rpc.id}`;
  return Object.assign(new Error(details), { code: grpcStatus, details, metadata });
}
