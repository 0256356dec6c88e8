/** What `penstock reload --canary` asks the gateway for. What stands in the options is judged by the gateway, in the config's words. */
import { WrongUse } from './ask-gateway.ts';

export interface CanaryGiven {
  readonly canary?: string | undefined;
  readonly for?: string | undefined;
  readonly 'abort-on'?: string | undefined;
  readonly 'min-requests'?: string | undefined;
}

/** As the body of `POST /reload` has it. */
export interface CanaryWish {
  readonly acceptors?: number;
  readonly share?: number;
  readonly for?: string;
  readonly abortOn?: string;
  readonly minRequests?: number;
}

const COUNT = /^[1-9]\d{0,2}$/;
const PERCENTAGE = /^(\d{1,3}(?:\.\d{1,3})?)%$/;

/** Undefined: no canary is wanted. @throws WrongUse */
export function canaryWish(given: CanaryGiven): CanaryWish | undefined {
  const { canary, for: time, 'abort-on': abortOn, 'min-requests': fewest } = given;
  if (canary === undefined) {
    const [stray] = Object.entries({ for: time, 'abort-on': abortOn, 'min-requests': fewest }).filter(
      ([, value]) => value,
    );
    if (stray !== undefined) throw new WrongUse(`--${stray[0]} means nothing without --canary`);
    return undefined;
  }
  if (fewest !== undefined && !/^[1-9]\d{0,8}$/.test(fewest))
    throw new WrongUse(`--min-requests ${fewest} is not a number of requests, expected one such as 100`);
  return {
    ...sizeOf(canary),
    ...(time === undefined ? {} : { for: time }),
    ...(abortOn === undefined ? {} : { abortOn }),
    ...(fewest === undefined ? {} : { minRequests: Number(fewest) }),
  };
}

function sizeOf(text: string): Pick<CanaryWish, 'acceptors' | 'share'> {
  if (COUNT.test(text)) return { acceptors: Number(text) };
  const percent = Number(PERCENTAGE.exec(text)?.[1] ?? 0);
  if (percent > 0 && percent < 100) return { share: percent / 100 };
  throw new WrongUse(
    `--canary ${text} is no part of the acceptors, expected a number such as 1, or a share such as 25%`,
  );
}
