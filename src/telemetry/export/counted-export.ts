/** What the official exporters have in common. */
interface Exporter<Item> {
  export(items: Item[], onResult: (result: { readonly code: number; error?: Error }) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0;

export interface CountedExportOptions {
  /** An export that has said nothing for this long has failed: the exporter's own limit is one of silence on the socket. */
  readonly limitMs: number;
  /** Every item is counted once. */
  onDone(items: number, isExported: boolean): void;
  /** When exporting begins to fail, and (null) when it works again. */
  onTrouble(reason: string | null): void;
}

const LONGEST_REASON = 200;

/** An exporter that keeps account of what became of everything it was given. */
export class CountedExport<Item> implements Exporter<Item> {
  readonly #inner: Exporter<Item>;
  readonly #options: CountedExportOptions;
  #isFailing = false;

  constructor(inner: Exporter<Item>, options: CountedExportOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  export(items: Item[], onResult: (result: { readonly code: number; error?: Error }) => void): void {
    let isSettled = false;
    const settle = (result: { readonly code: number; error?: Error }): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(limit);
      this.#options.onDone(items.length, result.code === SUCCESS);
      this.#noteOutcome(result.code === SUCCESS ? null : reasonOf(result.error));
      onResult(result);
    };
    const limit = setTimeout(
      () => settle({ code: SUCCESS + 1, error: new Error('the collector takes too long') }),
      this.#options.limitMs,
    );
    this.#inner.export(items, settle);
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }

  #noteOutcome(reason: string | null): void {
    if ((reason !== null) === this.#isFailing) return;
    this.#isFailing = reason !== null;
    this.#options.onTrouble(reason);
  }
}

/** Of a connection that is refused on every address of a name, Node says nothing but the code. */
function reasonOf(error: (Error & { code?: unknown }) | undefined): string {
  if (error === undefined) return 'no reason given';
  const code = error.code === undefined || error.message.includes(String(error.code)) ? '' : ` (${error.code})`;
  return `${error.message}${code}`.trim().slice(0, LONGEST_REASON);
}
