import type { Status } from '../../supervisor/admin/status.ts';
import type { CanaryStatus } from '../../supervisor/canary/canary.ts';
import type { PulledLever } from '../../supervisor/levers/pulled-lever.ts';

type Needed = 'config' | 'acceptors';
type Later = 'levers' | 'canary';

/** A status as gateways of other versions send it, too: the members that came later may be missing. */
export interface SeenStatus extends Pick<Status, 'acceptors'>, Partial<Omit<Status, Needed | Later>> {
  readonly config: Pick<Status['config'], 'generation'> &
    Partial<Status['config']> & { readonly drift?: readonly string[] };
  readonly levers?: readonly PulledLever[];
  readonly canary?: Omit<CanaryStatus, 'routes'> | null;
}
