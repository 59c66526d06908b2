/** Sends the metrics over OTLP, as JSON over HTTP; the same figures that Prometheus is given. */
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

import type { Failure } from '../../connector/failure.ts';
import { guardedAgent } from '../../connector/http/guarded-agent.ts';
import { ForbiddenAddressError } from '../../connector/http/guarded-connect.ts';
import type { NetworkPolicy } from '../../connector/http/network.ts';
import type { Secret } from '../../lib/secret.ts';
import type { MetricFamily } from './metrics.ts';

/** Tries again within it where the collector says that it is busy. */
const SEND_TIMEOUT_MS = 10_000;
const HEADERS_MAX = 32;
const MESSAGE_LENGTH_MAX = 200;

export interface OtlpTarget {
  readonly url: string;
  /** `Name=value` with commas between them, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS has them. */
  readonly headers: Secret | null;
  readonly network: NetworkPolicy;
}

/** Why an address or headers will not do; null when they will. */
export function otlpComplaint(url: string, headers: Secret | null): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return 'the address must begin with https:// or http://, such as https://otlp.example.com/v1/metrics';
  if (parsed.username !== '' || parsed.password !== '')
    return 'the address must hold no password: give it as a header, with --secret-from';
  return headersOf(headers) === null
    ? 'the headers must be Name=value, with commas between them and values percent-encoded'
    : null;
}

function headersOf(secret: Secret | null): Readonly<Record<string, string>> | null {
  if (secret === null) return {};
  const pairs = secret.reveal().split(',');
  if (pairs.length > HEADERS_MAX) return null;
  const headers: [string, string][] = [];
  for (const pair of pairs) {
    const [, name = '', value = ''] = /^\s*([\w-]+)\s*=(.*)$/.exec(pair) ?? [];
    const plain = decoded(value.trim());
    // What may not stand in a header would end as a second one.
    if (name === '' || plain === null || !/^[\t\x20-\x7E]*$/.test(plain)) return null;
    headers.push([name, plain]);
  }
  return Object.fromEntries(headers);
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** Null when the collector took them; otherwise why not. */
export async function sendMetrics(
  { url, headers, network }: OtlpTarget,
  families: readonly MetricFamily[],
  about: { readonly workspace: string; readonly atMs: number },
): Promise<Failure | null> {
  const complaint = otlpComplaint(url, headers);
  if (complaint !== null) return { kind: 'config', code: 'otlp.settings', message: complaint };
  const exporter = new OTLPMetricExporter({
    url,
    headers: { ...headersOf(headers) },
    timeoutMillis: SEND_TIMEOUT_MS,
    httpAgentOptions: (protocol: string) => guardedAgent(network, protocol, new URL(url).hostname),
  });
  try {
    const error = await new Promise<Error | null>((resolve) => {
      exporter.export(metricsOf(families, about), ({ error: why }) => resolve(why ?? null));
    });
    return error === null ? null : failureOf(error);
  } finally {
    await exporter.shutdown();
  }
}

function metricsOf(
  families: readonly MetricFamily[],
  { workspace, atMs }: Parameters<typeof sendMetrics>[2],
): ResourceMetrics {
  const time: [number, number] = [Math.floor(atMs / 1_000), Math.floor(atMs % 1_000) * 1_000_000];
  const metrics = families.map(({ name, help, values }): MetricData => ({
    descriptor: { name, description: help, unit: '', valueType: 1 },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: values.map(({ labels, value }) => ({
      startTime: time,
      endTime: time,
      attributes: { ...labels },
      value,
    })),
  }));
  return {
    resource: resourceFromAttributes({
      'service.name': 'trueup',
      'trueup.workspace': workspace,
    }),
    scopeMetrics: [{ scope: { name: 'trueup' }, metrics }],
  };
}

function failureOf(error: Error): Failure {
  const status = 'code' in error && typeof error.code === 'number' ? error.code : null;
  if (error instanceof ForbiddenAddressError || error.cause instanceof ForbiddenAddressError)
    return {
      kind: 'config',
      code: 'otlp.address',
      message: 'the address leads where this installation lets no connection go',
      advice:
        'Use a public address over TLS, or allow more where Trueup is started: TRUEUP_NETWORK=private,plain.',
    };
  if (status !== null && status >= 400 && status < 500 && status !== 429)
    return {
      kind: status === 401 || status === 403 ? 'auth' : 'config',
      code: 'otlp.refused',
      message: `the collector answered with ${String(status)}`,
      advice:
        'Check the address and the headers: trueup collectors add NAME --url URL --secret-from VARIABLE',
    };
  const why = status === null ? error.message.slice(0, MESSAGE_LENGTH_MAX) : `status ${String(status)}`;
  return {
    kind: 'transient',
    code: 'otlp.not_sent',
    message: `the collector could not be reached or was busy: ${why}`,
  };
}
