import type { EndpointReading } from '../../telemetry/endpoint-reading.ts';

/** Whether requests are sent to it. */
export function isFit({ healthy, ejected, circuit }: EndpointReading): boolean {
  return healthy && !ejected && circuit !== 'open';
}

export function endpointsByUpstream(endpoints: readonly EndpointReading[]): ReadonlyMap<string, EndpointReading[]> {
  const found = new Map<string, EndpointReading[]>();
  for (const endpoint of endpoints) {
    const others = found.get(endpoint.upstream);
    if (others === undefined) found.set(endpoint.upstream, [endpoint]);
    else others.push(endpoint);
  }
  return found;
}
