/** What a compiled config holds for `jwt`: keys from files, and the key sets that the supervisor has to fetch. */
import type { JwtOptions, KeySetOptions } from '../decision/policies/jwt/jwt-options.ts';
import { type KeySource, keysInFile, readKey } from '../decision/policies/jwt/verification-key.ts';
import type { CompiledPolicy } from './compiled.ts';
import type { ConfigPath } from './diagnostics.ts';
import type { Draft } from './draft.ts';
import type { Report } from './report.ts';
import { jwtOptions } from './schema/policies/jwt.ts';
import { besideSource } from './source/beside-source.ts';
import { describeReadError, readRegularFile } from './source/read-source.ts';
import { isRecord, type Source, valueAt } from './source/source.ts';

type KeyFile = Extract<KeySource, { kind: 'file' }>;

/**
 * Puts what files hold in their place.
 *
 * @throws when a file that was there for the checks is gone
 */
export function compileJwt(options: JwtOptions, path: ConfigPath, source: Source): JwtOptions {
  const keys = options.keys.flatMap((key, index): readonly KeySource[] => {
    if (key.kind !== 'file') return [key];
    const found = readKeyFile(key, [...path, 'keys', index, 'file'], source);
    if (typeof found === 'string') throw new Error(`${key.file} ${found}`);
    return found;
  });
  return { ...options, keys };
}

/** @throws as `readRegularFile` */
function readKeyFile(key: KeyFile, path: ConfigPath, source: Source): readonly KeySource[] | string {
  return keysInFile(readRegularFile(besideSource(source, path, key.file)).toString('utf8'), key);
}

/** Every key set in use, once each; where two policies want it differently, the stricter setting of each kind holds. */
export function keySetsOf(policies: readonly CompiledPolicy[]): readonly KeySetOptions[] {
  const sets = new Map<string, KeySetOptions>();
  for (const { policy, options } of policies) {
    const set = policy === 'jwt' ? (options as JwtOptions).keySet : null;
    if (set === null) continue;
    const known = sets.get(set.url);
    sets.set(set.url, known === undefined ? set : stricter(known, set));
  }
  return [...sets.values()];
}

function stricter(a: KeySetOptions, b: KeySetOptions): KeySetOptions {
  const least = <T extends number>(one: T, other: T): T => (one < other ? one : other);
  return {
    url: a.url,
    timeout: least(a.timeout, b.timeout),
    refreshMin: least(a.refreshMin, b.refreshMin),
    refreshMax: least(a.refreshMax, b.refreshMax),
    cooldown: least(a.cooldown, b.cooldown),
    // 0 is no limit.
    maxStale: a.maxStale === 0 || (b.maxStale !== 0 && b.maxStale < a.maxStale) ? b.maxStale : a.maxStale,
  };
}

/** Reads the key files of every `jwt` that could be parsed. */
export function checkKeyFiles(draft: Draft, source: Source, report: Report): void {
  for (const path of placesOfJwt(draft)) {
    const options = jwtOptions.safeParse(valueAt(draft.value, path)).data;
    if (options === undefined) continue;
    for (const [index, key] of options.keys.entries()) {
      if (key.kind === 'file') checkKeyFile(key, options, [...path, 'keys', index, 'file'], source, report);
    }
  }
}

function placesOfJwt({ value, routesWithPolicies }: Draft): ConfigPath[] {
  const lists = valueAt(value, ['policies']);
  const paths: ConfigPath[] = [
    ...Object.keys(isRecord(lists) ? lists : {}).map((name) => ['policies', name]),
    ...routesWithPolicies.map((index) => ['routes', index, 'policies']),
  ];
  return paths.flatMap((path) => {
    const entries = valueAt(value, path);
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((entry, at) => (isRecord(entry) && 'jwt' in entry ? [[...path, at, 'jwt']] : []));
  });
}

function checkKeyFile(key: KeyFile, options: JwtOptions, path: ConfigPath, source: Source, report: Report): void {
  let found: readonly KeySource[] | string;
  report.files.add(besideSource(source, path, key.file));
  try {
    found = readKeyFile(key, path, source);
  } catch (error) {
    report.error(path, `{value}: ${describeReadError(error)}`);
    return;
  }
  if (typeof found === 'string') {
    report.error(path, `{value} ${found}, expected PEM, a JSON Web Key or a set of them`);
    return;
  }
  for (const [index, one] of found.entries()) {
    const problem = readKey(one, options.algorithms);
    if (typeof problem !== 'string') continue;
    const which = found.length === 1 ? '{value}' : `key ${index + 1} in {value}`;
    report.error(
      path,
      `${which} ${problem}${problem.includes(', expected ') ? '' : ', expected a key that can be used'}`,
    );
  }
}
