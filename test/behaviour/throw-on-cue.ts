/**
 * A bug in the gateway, on cue. Loaded ahead of it (`node --import`), this makes built-in functions that it calls on the
 * request path throw when they meet a certain value, so that no test hook is needed in the product.
 */
const CUES = {
  /** In the handler of a request head: the method, when it is looked up among the usual ones. */
  head: 'FAULT-HEAD',
  /** In the handler of a body chunk: its copy. */
  body: 'FAULT-BODY',
  /** In the handler of an abort: the error code, when its number is looked up for the metrics. */
  abort: 'client_aborted',
} as const;

const fault = (where: string): never => {
  throw new Error(`fault on cue: ${where}`);
};

const cue = process.env['FAULT_ON_CUE'] as keyof typeof CUES;

if (cue === 'head') {
  const has = Set.prototype.has;
  Set.prototype.has = function (this: Set<unknown>, value: unknown) {
    return value === CUES.head ? fault(cue) : has.call(this, value);
  };
} else if (cue === 'body') {
  const from = Buffer.from as (...args: unknown[]) => Buffer;
  Buffer.from = ((...args: unknown[]) => {
    const made = from.apply(Buffer, args);
    return made.includes(CUES.body) ? fault(cue) : made;
  }) as typeof Buffer.from;
} else if (cue === 'abort') {
  const get = Map.prototype.get;
  Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown) {
    return key === CUES.abort ? fault(cue) : get.call(this, key);
  };
}
