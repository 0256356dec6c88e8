import type { ConfigSource } from '../config-source.ts';
import type { Sides, Trouble } from '../drift.ts';
import type { Publication } from '../publication.ts';

type Published = Pick<Publication, 'live' | 'said' | 'lastRefusal' | 'canary' | 'abortedId'>;

/** What runs and what the source says, as they are told of. */
export function sidesOf(
  { live, said, lastRefusal, canary, abortedId }: Published,
  { description, state }: Pick<ConfigSource, 'description' | 'state'>,
): Omit<Sides, 'levers'> {
  const isAborted = said !== null && said.id === abortedId;
  return {
    live: { id: live.id, label: live.label },
    source: {
      description,
      snapshot: said === null ? null : { id: said.id, label: said.label },
      refusal: lastRefusal === null ? null : { ...troubleOf(lastRefusal), label: lastRefusal.label },
      label: state.label,
      answeredAt: state.answeredAt?.toISOString() ?? null,
      unreachable: state.unreachable === null ? null : troubleOf(state.unreachable),
      trial: canary !== null ? 'watching' : isAborted ? 'aborted' : null,
    },
  };
}

function troubleOf({ at, message }: { readonly at: Date; readonly message: string }): Trouble {
  return { at: at.toISOString(), message };
}
