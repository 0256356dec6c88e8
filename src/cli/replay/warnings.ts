import type { CompiledConfig } from '../../config/compile.ts';
import type { CompiledConsumer } from '../../config/compiled.ts';
import type { RecordingHead } from '../../recording/recorded-exchange.ts';
import type { BackTest } from './limit-watch.ts';

/** What is known of a replay once it is over. */
export interface ReplayCircumstances {
  readonly head: RecordingHead;
  readonly dropped: number | null;
  /** With another config; else with what happened. */
  readonly isCompared: boolean;
  readonly knowsRoutes: boolean;
  readonly old: CompiledConfig | null;
  readonly now: CompiledConfig;
  readonly limits: readonly BackTest[];
  /** Requests that met something unknown. */
  readonly unknown: number;
  /** Requests that stand in for a recorded consumer without as much as a pseudonym. */
  readonly withoutCredential: number;
  /** Requests that are forwarded without the recording saying for how long. */
  readonly withoutDuration: number;
  /** Keys that lost their bucket. */
  readonly evictions: number;
}

/** What a reader should know before believing a replay, and what was assumed for it. */
export function replayWarnings(of: ReplayCircumstances): { warnings: string[]; assumptions: string[] } {
  return { warnings: warningsOf(of), assumptions: assumptionsOf(of) };
}

function warningsOf({ dropped, isCompared, knowsRoutes, old, now, evictions }: ReplayCircumstances): string[] {
  const warnings: string[] = [];
  if (dropped !== null && dropped > 0)
    warnings.push(`${dropped} exchanges are missing from the recording: limits met more requests than it shows`);
  if (!isCompared && !knowsRoutes)
    warnings.push('the recording names no routes: only statuses are compared; --against OLD compares all of it');
  if (evictions > 0)
    warnings.push(`${evictions} keys lost their rate-limit bucket to others: runtime.memory.buckets is too small`);
  if (old !== null) warnings.push(...lostCredentials(old.globals.consumers, now.globals.consumers));
  return warnings;
}

/** A consumer that still has another key counts as itself: which key a request had, its pseudonym does not say. */
function lostCredentials(before: readonly CompiledConsumer[], after: readonly CompiledConsumer[]): string[] {
  const byName = new Map(after.map((consumer) => [consumer.name, consumer]));
  return before.flatMap((was) => {
    const is = byName.get(was.name);
    if (is === undefined) return [];
    return (['keyDigests', 'passwords', 'subjects'] as const).flatMap((kind) => {
      const lost = was[kind].filter((one) => !is[kind].includes(one)).length;
      if (lost === 0 || is[kind].length === 0) return [];
      const word = { keyDigests: 'keys', passwords: 'passwords', subjects: 'subjects' }[kind];
      return [
        `consumer ${was.name} loses ${lost} of its ${was[kind].length} ${word}: which of its requests had them is not recorded`,
      ];
    });
  });
}

function assumptionsOf({
  head,
  now,
  limits,
  unknown,
  withoutCredential,
  withoutDuration,
}: ReplayCircumstances): string[] {
  const uses = (...names: string[]): boolean => now.policies.some(({ policy }) => names.includes(policy));
  const assumptions: string[] = [];
  if (withoutCredential > 0)
    assumptions.push(`${withoutCredential} requests with a recorded consumer and no credential had the right one`);
  if (limits.length > 0) assumptions.push('counters of limits begin empty, and all requests meet the same ones');
  if (limits.length > 0 && unknown > 0) assumptions.push('limits count requests that met something unknown, too');
  if (uses('quota') && head.began === null)
    assumptions.push('when the recording began is not known: quotas count as if on 1 January 2025, 00:00 UTC');
  if (uses('cache')) assumptions.push('caches are empty: every request goes on to its upstream');
  if (uses('concurrency') && withoutDuration > 0)
    assumptions.push(`${withoutDuration} forwarded requests have no recorded duration: they hold no place`);
  if (now.routes.some(({ forward }) => forward.split !== null))
    assumptions.push('upstreams that share requests by weight get them by chance, the same in both configs');
  return assumptions;
}
