import { isRecord, valueAt } from '../source/source.ts';
import type { Lint } from './lint.ts';
import { isProtected, type WrittenPolicy } from './route-policies.ts';

const LIMITS: ReadonlySet<string> = new Set(['rateLimit', 'quota', 'concurrency']);

/** A limit that is counted by a header which each request may choose anew. */
export const limitByClientHeader: Lint = {
  id: 'limit-by-client-header',
  *find({ policies }) {
    const told = new Set<string>();
    for (const own of policies) {
      if (isProtected(own)) continue;
      for (const policy of own) {
        const header = LIMITS.has(policy.name) ? headerOf(policy) : null;
        const key = policy.path.join('\0');
        if (header === null || told.has(key)) continue;
        told.add(key);
        const message = `${policy.name} counts by header ${header}, which a client may send with any value: nothing on the route says who is asking`;
        yield { path: policy.path, message };
      }
    }
  },
};

function headerOf({ options }: WrittenPolicy): string | null {
  const by = valueAt(options, ['by']);
  const keys = Array.isArray(by) ? by : [by];
  for (const key of keys) if (isRecord(key) && typeof key['header'] === 'string') return key['header'];
  return null;
}
