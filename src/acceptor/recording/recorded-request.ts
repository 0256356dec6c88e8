import type { MonotonicMs } from '../../brand.ts';
import type { RecordedBody } from '../../recording/recorded-exchange.ts';
import type { ExchangeState } from '../exchange-state.ts';
import { BodySample } from './body-sample.ts';

/** Who is told when a recorded exchange has ended. */
interface Records {
  ended(request: RecordedRequest): void;
}

/** An exchange that is being recorded. It is read when its line is made, and never changed. */
export class RecordedRequest {
  readonly exchange: ExchangeState;
  readonly startedAt: MonotonicMs;
  /** Null: it has no body. */
  readonly body: BodySample | null;
  readonly #records: Records;

  /** @param keptBytes a body up to this size is kept whole */
  constructor(exchange: ExchangeState, keptBytes: number, records: Records) {
    this.exchange = exchange;
    this.startedAt = exchange.startedAt;
    this.body = exchange.body === null ? null : new BodySample(keptBytes);
    this.#records = records;
    if (this.body !== null) exchange.body!.tap([this.body]);
  }

  end(): void {
    this.#records.ended(this);
  }

  /** Size and digest; of a body that was not received whole only its size, as far as that is known. */
  bodyFacts(): RecordedBody | null {
    if (this.body === null) return null;
    const declared = this.exchange.downstream.head.contentLength;
    return { bytes: Math.max(declared, this.body.bytes), sha256: this.body.digest };
  }
}
