import type { Client } from './client.ts';

/** What has to be known about a server before anything is written to it. */
export interface WriteLimits {
  /** The largest statement that it takes, and that we make. */
  readonly packetBytesMax: number;
  /** The step between the numbers that it gives out. */
  readonly autoIncrementStep: number;
  readonly serverIsUtc: boolean;
}

const STATEMENT_BYTES_MAX = 8 * 1024 * 1024;

export async function readLimits(client: Client): Promise<WriteLimits> {
  const [[packetBytes, step, zone, systemZone] = []] = await client.read(
    'select @@max_allowed_packet, @@auto_increment_increment, @@global.time_zone, @@system_time_zone',
  );
  const serverZone = zone === 'SYSTEM' ? String(systemZone) : String(zone);
  return {
    packetBytesMax: Math.min(STATEMENT_BYTES_MAX, Number(packetBytes)),
    autoIncrementStep: Number(step),
    serverIsUtc: /^(\+00:00|UTC|GMT|Etc\/UTC|Zulu)$/i.test(serverZone),
  };
}
