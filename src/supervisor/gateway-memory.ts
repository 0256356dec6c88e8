import { randomBytes } from 'node:crypto';
import type { Bytes } from '../brand.ts';
import { endpointTableBytes } from '../shared-memory/endpoint-table.ts';
import { flightBytes, seedFlights } from '../shared-memory/flight-table.ts';
import { slabBytes } from '../shared-memory/metrics-slab.ts';
import { createSharedMemory, type SharedMemory } from '../shared-memory/shared-memory.ts';
import { bucketBytes, seedBuckets } from '../shared-memory/token-buckets.ts';
import type { ConfigSnapshot } from './history/config-snapshot.ts';
import type { Numbering } from './publisher.ts';
import { StartError } from './start-error.ts';

/**
 * Makes the memory of a gateway, in the sizes that its first config asks for.
 *
 * @param slots twice the number of acceptors
 * @throws StartError when it cannot be had
 */
export function createGatewayMemory(
  { settings, series, endpointRows }: Pick<ConfigSnapshot, 'settings'> & Numbering,
  slots: number,
): SharedMemory {
  const { memory: sizes } = settings.runtime;
  try {
    const memory = createSharedMemory({
      slots,
      configHalfBytes: sizes.config,
      endpointBytes: endpointTableBytes(endpointRows.capacity, slots) as Bytes,
      flightBytes: flightBytes(sizes.flights, slots) as Bytes,
      bucketBytes: bucketBytes(sizes.buckets) as Bytes,
      slabBytes: slabBytes(series.capacity) as Bytes,
      series: series.capacity,
    });
    // So that nobody outside can work out which keys fall together.
    seedBuckets(memory.buckets, randomWords());
    seedFlights(memory.flights, randomWords());
    return memory;
  } catch (error) {
    throw new StartError(`The shared memory that runtime.memory asks for cannot be had: ${(error as Error).message}.`);
  }
}

function randomWords(): Int32Array {
  return new Int32Array(new Uint8Array(randomBytes(8)).buffer);
}
