import type { Effect } from '../../decision/policies/effect.ts';
import { OFFLOAD_FAILED } from '../../decision/policies/effect.ts';
import type { AcceptorContext } from '../acceptor-context.ts';

/** Everything but bodies, which the exchange itself collects. */
type Performable = Exclude<Effect, { readonly kind: 'requestBody' | 'responseBody' }>;

/**
 * Performs an effect. One of `then` and `fail` is called once, in a later turn of the loop, unless it is cancelled before.
 *
 * @returns what gives the effect up
 */
export function performEffect(
  effect: Performable,
  acceptor: AcceptorContext,
  then: (result: unknown) => void,
  fail: (error: unknown) => void,
): () => void {
  switch (effect.kind) {
    case 'delay': {
      const timer = setTimeout(then, effect.ms, undefined);
      return () => clearTimeout(timer);
    }
    case 'offload': {
      acceptor.offload.run(effect.task, effect.input).then(then, () => then(OFFLOAD_FAILED));
      return () => {};
    }
    case 'promise': {
      const abort = new AbortController();
      // Inside a promise, so that what throws at once fails like what rejects.
      Promise.resolve(abort.signal)
        .then((signal) => effect.run(signal))
        .then(then, fail);
      return () => abort.abort();
    }
    default:
      return effect satisfies never;
  }
}
