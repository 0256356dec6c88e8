import type { ConfigPath } from '../diagnostics.ts';
import { isRecord, valueAt } from '../source/source.ts';
import type { Finding, Lint } from './lint.ts';

/** Options of policies that hold secrets, whatever the policy. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['secret', 'secrets', 'password', 'token', 'apiKey', 'privateKey']);

/** A secret that stands in the file itself, where everybody who may read the config may read it. */
export const secretInFile: Lint = {
  id: 'secret-in-file',
  *find({ source: { value } }) {
    yield* literal(value, ['admin', 'token'], 'the admin token');
    const tokens = valueAt(value, ['admin', 'tokens']);
    for (const index of Array.isArray(tokens) ? tokens.keys() : [])
      yield* literal(value, ['admin', 'tokens', index, 'token'], 'an admin token');
    const consumers = valueAt(value, ['consumers']);
    for (const name of isRecord(consumers) ? Object.keys(consumers) : []) {
      yield* each(value, ['consumers', name, 'keys'], 'an API key');
      yield* each(value, ['consumers', name, 'passwords'], 'a password', isHash);
    }
    const lists = valueAt(value, ['policies']);
    for (const name of isRecord(lists) ? Object.keys(lists) : []) yield* within(value, ['policies', name]);
    const routes = valueAt(value, ['routes']);
    for (const index of Array.isArray(routes) ? routes.keys() : []) yield* within(value, ['routes', index, 'policies']);
  },
};

/** `$scrypt$...`: what a password hash looks like. It is meant to be read by those who may read the file. */
function isHash(text: string): boolean {
  return /^\$?[a-z0-9-]+\$.+/i.test(text);
}

function* literal(
  value: unknown,
  path: ConfigPath,
  what: string,
  isHarmless: (text: string) => boolean = () => false,
): Generator<Finding> {
  const text = valueAt(value, path);
  if (typeof text !== 'string' || text === '' || /(?<!\$)\$\{(?:env|file):/.test(text) || isHarmless(text)) return;
  yield { path, message: `${what} stands in the file, expected a reference such as \${env:NAME} or \${file:/path}` };
}

function* each(
  value: unknown,
  path: ConfigPath,
  what: string,
  isHarmless?: (text: string) => boolean,
): Generator<Finding> {
  const list = valueAt(value, path);
  if (!Array.isArray(list)) return;
  for (const index of list.keys()) yield* literal(value, [...path, index], what, isHarmless);
}

/** Secrets among the options of policies, by the names of their keys. */
function* within(root: unknown, path: ConfigPath): Generator<Finding> {
  const at = valueAt(root, path);
  if (Array.isArray(at)) {
    for (const index of at.keys()) yield* within(root, [...path, index]);
  } else if (isRecord(at)) {
    for (const key of Object.keys(at)) {
      const inner = [...path, key];
      if (!SECRET_KEYS.has(key)) yield* within(root, inner);
      else if (Array.isArray(at[key])) yield* each(root, inner, `a ${key}`);
      else yield* literal(root, inner, `a ${key}`);
    }
  }
}
