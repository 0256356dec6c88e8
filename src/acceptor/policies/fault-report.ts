import type { ChainListener, Step } from '../../decision/chain.ts';
import { gatewayLog } from '../../telemetry/gateway-log.ts';

/** A policy that throws for every request must not fill a disk. */
const REPORT_EVERY_MS = 1000;

/** Says on stderr which policy threw what, once a second at most. */
export class FaultReport implements ChainListener {
  #reportedAt = Number.NEGATIVE_INFINITY;
  #unreported = 0;

  onStep(): void {}

  onFault(step: Step, error: unknown): void {
    const now = performance.now();
    this.#unreported++;
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    const times = this.#unreported === 1 ? '' : ` (${this.#unreported} faults since the last report)`;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const fields = { policy: step.name, source: step.source };
    gatewayLog.error(`policy ${step.name} at ${step.source} failed${times}: ${what}`, fields);
    this.#reportedAt = now;
    this.#unreported = 0;
  }
}
