import type { Status } from '../../supervisor/admin/status.ts';
import type { CanaryStatus } from '../../supervisor/canary/canary.ts';
import type { Cause } from '../../supervisor/history/history-entry.ts';
import type { PulledLever } from '../../supervisor/levers/pulled-lever.ts';

/** A certificate in use, as far as the page tells of it. */
export interface SeenCertificate {
  readonly listener: string | null;
  readonly upstream: string | null;
  readonly subject: string;
  readonly file: string;
  readonly daysLeft: number;
  readonly expiresSoon: boolean;
  readonly lastError: { readonly at: string; readonly message: string } | null;
}

type Needed = 'config' | 'acceptors';

/** A status as gateways of other versions send it, too: the members that came later may be missing. */
export interface SeenStatus extends Pick<Status, 'acceptors'>, Partial<Omit<Status, Needed | Later>> {
  readonly config: Pick<Status['config'], 'generation'> &
    Partial<Status['config']> & {
      readonly drift?: readonly string[];
      readonly publishedBy?: Cause | null;
    };
  readonly levers?: readonly PulledLever[];
  readonly canary?: Omit<CanaryStatus, 'routes'> | null;
  readonly certificates?: readonly SeenCertificate[];
}

type Later = 'levers' | 'canary' | 'certificates';
