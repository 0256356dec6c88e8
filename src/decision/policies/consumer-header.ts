import type { Decision } from '../decision.ts';
import { toHeaderValue } from '../header-changes.ts';

/** Says to the upstream who asks, in a header that nobody else can: what the client sent under that name is taken away. */
export function tellConsumer(decision: Decision, header: string | null): void {
  if (header === null) return;
  if (decision.consumer === null) decision.requestHeaders.remove(header);
  else decision.requestHeaders.set(header, toHeaderValue(decision.consumer.name));
}
