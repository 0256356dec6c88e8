/**
 * How a request target must arrive at the origin, said a second time and in another way than the gateway does it: by
 * replacing text, and with the dot segments left to the URL class of Node. For a listener with the default path rules.
 *
 * @returns path and query as forwarded, or null when the gateway must refuse the request (`path_invalid`)
 */
export function expectedTarget(target: string): string | null {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const isRefused = !/^\/[\x21-\x7e]*$/.test(target) || target.includes('#') || path.includes('\\');
  if (isRefused || /%(?![0-9a-f]{2})|%2f|%5c|%00/i.test(path)) return null;
  const spelled = path
    .replace(/%../g, (triplet) => {
      const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
      return /[A-Za-z0-9._~-]/.test(character) ? character : triplet.toUpperCase();
    })
    .replace(/["<>^`{|}]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/\/+/g, '/');
  if (climbsAboveRoot(spelled)) return null;
  return new URL(`http://origin${spelled}`).pathname + (mark === -1 ? '' : target.slice(mark));
}

/** The URL class stops at the root; the gateway refuses such a path instead. */
function climbsAboveRoot(path: string): boolean {
  let depth = 0;
  for (const segment of path.slice(1).split('/')) {
    if (segment !== '.') depth += segment === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}
