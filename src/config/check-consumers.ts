/** Checks of consumers: who can be told apart, and by what. Never quotes a value, which may be a secret. */

import { certificateName } from '../decision/client-certificate.ts';
import { parsePasswordHash } from '../decision/passwords.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import type { Report } from './report.ts';
import { isRecord, valueAt } from './source/source.ts';

export function checkConsumers({ value }: Draft, report: Report): void {
  const consumers = valueAt(value, ['consumers']);
  if (!isRecord(consumers)) return;
  const keys = new Map<string, ConfigPath>();
  const subjects = new Map<string, ConfigPath>();
  const certificates = new Map<string, ConfigPath>();
  for (const name of Object.keys(consumers)) {
    checkOnce(consumers, name, 'keys', keys, report);
    checkOnce(consumers, name, 'subjects', subjects, report);
    checkOnce(consumers, name, 'certificates', certificates, report);
    checkPasswords(consumers, name, report);
  }
}

function listOf(consumers: unknown, name: string, field: string): readonly unknown[] {
  const list = valueAt(consumers, [name, field]);
  return Array.isArray(list) ? list : [];
}

const WHAT = { keys: 'this key', subjects: 'this subject', certificates: 'this certificate' } as const;

/** What stands twice would say of a request that two had sent it. */
function checkOnce(
  consumers: unknown,
  name: string,
  field: keyof typeof WHAT,
  first: Map<string, ConfigPath>,
  report: Report,
): void {
  for (const [index, item] of listOf(consumers, name, field).entries()) {
    if (typeof item !== 'string') continue;
    const path = ['consumers', name, field, index];
    const spelling = field === 'certificates' ? certificateName(item) : item;
    const earlier = first.get(spelling);
    if (earlier === undefined) first.set(spelling, path);
    else {
      report.error(path, `${WHAT[field]} stands twice, expected each once (first at ${report.placeOf(earlier)})`);
    }
  }
}

function checkPasswords(consumers: unknown, name: string, report: Report): void {
  const passwords = listOf(consumers, name, 'passwords');
  if (passwords.length > 0 && name.includes(':')) {
    const message = `${JSON.stringify(name)} has passwords and holds a colon, which no user name may (RFC 7617)`;
    report.error(['consumers', name], `${message}, expected a name without`, 'key');
  }
  for (const [index, item] of passwords.entries()) {
    if (typeof item !== 'string' || item === '' || parsePasswordHash(item) !== null) continue;
    const problem = '{path} is no password hash, or one that is too weak or too costly to check';
    report.error(['consumers', name, 'passwords', index], `${problem}, expected what penstock hash-password prints`);
  }
}
