/** The policies of one acceptor, with all that they share and all that outlives a snapshot. */
import type { AcceptorSlot } from '../../brand.ts';
import type { CompiledConsumer, CompiledGlobals } from '../../config/compiled.ts';
import { ConsumerTable } from '../../decision/consumers.ts';
import type { Purge } from '../../decision/policies/cache/purge.ts';
import { ResponseStore } from '../../decision/policies/cache/response-store.ts';
import type { SideRequests } from '../../decision/policies/host.ts';
import { FlightTable } from '../../shared-memory/flight-table.ts';
import { SharedRateLimits } from '../../shared-memory/rate-limiter.ts';
import type { SharedMemory } from '../../shared-memory/shared-memory.ts';
import { FlightGates } from './flight-gates.ts';
import { KeySetShelf } from './key-set-shelf.ts';
import { PasswordChecks } from './password-checks.ts';
import { PolicyShelf } from './policy-shelf.ts';
import { QuotaStore } from './quota-store.ts';
import { SYSTEM_CLOCK, SYSTEM_TIMERS } from './system-host.ts';
import { userCodeGuard } from './user-code.ts';

export class AcceptorPolicies {
  readonly keySets = new KeySetShelf();
  readonly shelf: PolicyShelf;
  readonly #responses: ResponseStore;
  readonly #quotas = new QuotaStore();
  #consumersKey = '';

  /** @param cacheBytes room for stored responses: fixed, as all sizes of memory are */
  constructor(memory: SharedMemory, slot: AcceptorSlot, cacheBytes: number, sideRequests: SideRequests) {
    this.#responses = new ResponseStore(cacheBytes);
    const host = {
      clock: SYSTEM_CLOCK,
      timers: SYSTEM_TIMERS,
      random: Math.random,
      rateLimits: new SharedRateLimits(memory.buckets),
      flights: new FlightGates(new FlightTable(memory.flights, memory.plan.slots, slot)),
      keySets: this.keySets,
      sideRequests,
      responses: this.#responses,
      passwords: new PasswordChecks(),
      quotas: this.#quotas,
    };
    this.shelf = new PolicyShelf(host, new ConsumerTable([]), () => userCodeGuard());
  }

  /** Takes over what a snapshot says of policies as a whole. */
  use({ consumers, modules, quotaStore }: CompiledGlobals): void {
    this.#useConsumers(consumers);
    this.shelf.useModules(modules);
    this.#quotas.use(quotaStore);
  }

  /** Policies look identities up when they are made: other identities are other policies. */
  #useConsumers(consumers: readonly CompiledConsumer[]): void {
    const key = JSON.stringify(consumers);
    if (key === this.#consumersKey) return;
    this.#consumersKey = key;
    this.shelf.changeConsumers(new ConsumerTable(consumers));
  }

  /** @returns how many stored responses were dropped */
  purgeCache(purge: Purge): number {
    return this.#responses.purge(purge);
  }

  /** Gives back what other acceptors may use. */
  close(): void {
    this.#quotas.close();
  }
}
