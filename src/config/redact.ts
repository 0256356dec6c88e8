/** A config that may be shown: in `/status`, in logs, in a bug report. */
import { isReference } from './references.ts';
import { isRecord, type Source } from './source/source.ts';

const MASK = '***';

/**
 * The config as written, without defaults: references stand for themselves, and a secret that was written out is masked.
 * Made from the source and not from the parsed config, which holds what references stand for.
 */
export function printableConfig({ value }: Source): unknown {
  if (!isRecord(value) || !isRecord(value['admin'])) return value;
  const { token } = value['admin'];
  if (typeof token !== 'string' || isReference(token)) return value;
  return { ...value, admin: { ...value['admin'], token: MASK } };
}
