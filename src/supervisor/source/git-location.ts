/** Where a config lies in a Git repository, checked before anything of it reaches the command `git`. */
import type { GitCredential } from './run-git.ts';

export interface GitLocation {
  /** For `git`: without a credential. */
  readonly url: string;
  /** Of an https URL; null: it has none. */
  readonly credential: GitCredential | null;
  /** A branch or a tag, or its full name beginning with `refs/`. */
  readonly ref: string;
  /** Of the config file, or a directory of them, in the repository; without a slash at either end. */
  readonly path: string;
}

const EXPECTED_URL =
  'expected https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH, file:///PATH or the absolute path of a repository';
/** As ssh and scp take it. A host cannot begin with a dash: ssh would take it for an option. */
const SCP_LIKE = /^(?:\w[\w.-]*@)?\w[\w.-]*:(?![:/]{2})[\w./~-]+$/;
const HOST = /^\w[\w.-]*$|^\[[0-9a-f:.]+\]$/i;
/** Narrower than what git allows, see git-check-ref-format(1). */
const REF = /^\w[\w./+-]*$/;

/** @returns one sentence about what is wrong when it is no such place; holds no credential */
export function gitLocation(written: { url: string; ref: string; path: string }): GitLocation | string {
  const { ref } = written;
  if (!REF.test(ref) || /\.\.|\/\/|\.lock(\/|$)|[/.]$|\/\./.test(ref))
    return `the ref ${JSON.stringify(ref)} cannot be used, expected the name of a branch or a tag`;
  const path = written.path.replace(/\/+$/, '');
  if (!isInside(path))
    return `the path ${JSON.stringify(written.path)} cannot be used, expected one inside the repository, such as gateway/penstock.yaml`;
  const found = splitUrl(written.url);
  return typeof found === 'string' ? found : { ...found, ref, path };
}

/** Whether a path names something below the folder it is taken in: no empty, `.` or `..` step. */
export function isInside(path: string): boolean {
  return !path.includes('\0') && path.split('/').every((step) => step !== '' && step !== '.' && step !== '..');
}

function splitUrl(text: string): Pick<GitLocation, 'url' | 'credential'> | string {
  if (!/^[\x21-\x7e]+$/.test(text) || text.startsWith('-'))
    return `the repository's URL cannot be used, ${EXPECTED_URL}`;
  if (text.startsWith('/') || SCP_LIKE.test(text)) return { url: text, credential: null };
  if (!URL.canParse(text)) return `the repository's URL cannot be used, ${EXPECTED_URL}`;
  const url = new URL(text);
  const { protocol, username, password } = url;
  if (!['https:', 'ssh:', 'file:'].includes(protocol))
    return `the repository's URL is one of ${protocol.slice(0, -1)}, ${EXPECTED_URL}`;
  if (url.search !== '' || url.hash !== '') return `the repository's URL has a query or a fragment, expected none`;
  if (protocol === 'file:')
    return url.host === '' ? { url: text, credential: null } : 'a file URL has a host, expected none';
  if (!HOST.test(url.hostname)) return `the repository's URL has no host that can be used, ${EXPECTED_URL}`;
  if (protocol === 'ssh:')
    return password === '' && /^[\w.-]*$/.test(username) && !username.startsWith('-')
      ? { url: text, credential: null }
      : 'the ssh URL holds a password or an odd user, expected a key and a plain user name';
  url.username = '';
  url.password = '';
  const credential = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { url: url.href, credential: username === '' && password === '' ? null : credential };
}
