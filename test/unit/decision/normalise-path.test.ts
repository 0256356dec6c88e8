import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PathRules } from '../../../src/config/compiled.ts';
import { normalisePath } from '../../../src/decision/normalise-path.ts';

const STRICT: PathRules = { encodedSlash: 'reject', emptySegments: 'reject' };
const DEFAULT: PathRules = { encodedSlash: 'reject', emptySegments: 'merge' };
const KEEP: PathRules = { encodedSlash: 'keep', emptySegments: 'keep' };
const DECODE: PathRules = { encodedSlash: 'decode', emptySegments: 'merge' };

const rules: fc.Arbitrary<PathRules> = fc.record({
  encodedSlash: fc.constantFrom('reject', 'keep', 'decode'),
  emptySegments: fc.constantFrom('merge', 'reject', 'keep'),
});

/** Pieces that a path attack is made of. */
const piece = fc.constantFrom(
  ...[
    '/',
    '//',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2f',
    '%5C',
    ';',
    '%3b',
    'a',
    'admin',
    '%61',
    '%41',
    '%c3%a9',
    '%252e',
    '|',
    '%7c',
  ],
);
const hostilePath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

test('a path in normal form comes back as it is', () => {
  for (const path of ['/', '/a', '/a/', '/users/42', "/a-._~!$&'()*+,;=:@b/c", '/v1/users:batch', '/a.b/c..d/...']) {
    assert.equal(normalisePath(path, STRICT), path);
  }
});

test('spellings of one path have one form', () => {
  const cases: [string, string][] = [
    ['/%41%7a%30%2D%2e%5f%7E', '/Az0-._~'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b%3bc', '/a%20b%3Bc'],
    ['/a|b"<>^`{}', '/a%7Cb%22%3C%3E%5E%60%7B%7D'],
    ['/%252e%252e/a', '/%252e%252e/a'],
    ['/a/./b', '/a/b'],
    ['/a/b/.', '/a/b/'],
    ['/a/b/..', '/a/'],
    ['/a/b/../c', '/a/c'],
    ['/a/%2e%2E/b', '/b'],
    ['/a/.%2e', '/'],
    ['/a//b///c', '/a/b/c'],
    ['//', '/'],
    ['/a//../b', '/b'],
    ['/.hidden/..x/x..', '/.hidden/..x/x..'],
  ];
  for (const [raw, normal] of cases) assert.equal(normalisePath(raw, DEFAULT), normal, raw);
});

test('what has no safe reading is refused under every rule', () => {
  const refused = [
    ...[
      '',
      'a',
      '*',
      'http://h/',
      '/a\\b',
      '/a#b',
      '/a?b',
      '/a b',
      '/a\0',
      '/a\x1f',
      '/a\x7f',
      '/caf\u00e9',
      '/\ufffd',
      '/\u012fa',
    ],
    ...['/%', '/%2', '/%zz', '/%2x', '/a%', '/%u002e', '/%00', '/a%00.html', '/%-1', '/%+1', '/% 1'],
    ...['/..', '/../a', '/a/../..', '/a/../../b', '/%2e%2e/a', '/./..'],
    ...['/..;x/a', '/a/.;/b', '/a/%2e%2e;/b', '/a/.%2E%3bx=1/b', '/a/..;', '/a/.%3B'],
    ...['/%c0%ae%c0%ae/a', '/a%c0%afb', '/%C1%9C', '/%e0%80%af', '/%F0%80%80%AF'],
  ];
  for (const path of refused) {
    for (const rule of [STRICT, DEFAULT, KEEP, DECODE])
      assert.equal(normalisePath(path, rule), null, JSON.stringify(path));
  }
});

test('the listener decides about encoded separators', () => {
  for (const path of ['/a%2fb', '/a%5Cb']) assert.equal(normalisePath(path, DEFAULT), null);
  assert.equal(normalisePath('/a%2fb%5cc', KEEP), '/a%2Fb%5Cc');
  assert.equal(normalisePath('/a%2fb%5cc', DECODE), '/a/b/c');
  assert.equal(normalisePath('/a/b%2f..%2Fc', DECODE), '/a/c');
  for (const path of ['/a/..%2fb', '/a%2f..', '/a%5c%2e%2e%5cb', '/a%2F.%2Fb', '/a%2f..;x%2fb']) {
    assert.equal(normalisePath(path, KEEP), null, 'could become a dot segment further on');
  }
});

test('the listener decides about empty segments', () => {
  assert.equal(normalisePath('/a//b', STRICT), null);
  assert.equal(normalisePath('/a/', STRICT), '/a/');
  assert.equal(normalisePath('/a//', STRICT), null);
  assert.equal(normalisePath('//a//b//', KEEP), '//a//b//');
  assert.equal(normalisePath('/a//../b', KEEP), null, 'upstreams do not agree on what this climbs to');
});

test('the normal form is a fixed point and holds no dot segment, however the path was made', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        hostilePath,
        fc.string({ unit: 'binary' }).map((s) => `/${s}`),
      ),
      rules,
      (raw, rule) => {
        const normal = normalisePath(raw, rule);
        if (normal === null) return;
        assert.equal(normalisePath(normal, rule), normal);
        assert.match(normal, /^\/[\x21-\x7e]*$/);
        assert.doesNotMatch(normal, /(^|\/|%2F|%5C)(\.|%2E){1,2}(;|%3B|\/|%2F|%5C|$)/i);
        if (rule.emptySegments !== 'keep') assert.doesNotMatch(normal, /\/\//);
        if (rule.encodedSlash !== 'keep') assert.doesNotMatch(normal, /%2f|%5c/i);
      },
    ),
    { numRuns: 3000 },
  );
});

/** One character of a path as a client may spell it: plain, or escaped in either case. */
function spellings(character: string): fc.Arbitrary<string> {
  const hex = character.charCodeAt(0).toString(16);
  return character === '/' ? fc.constant('/') : fc.constantFrom(character, `%${hex}`, `%${hex.toUpperCase()}`);
}

/** Detours that lead back to where they began. */
const detour = fc
  .constantFrom('', '', '', '/.', '/%2e', '//', '/x/..', '/x/%2E.', '/x/y/../.%2e')
  .map((text) => text.replace(/\/\/$/, '/'));

test('every spelling of a path has the normal form of the path', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/);
  const spelled = fc
    .array(word, { minLength: 1, maxLength: 4 })
    .chain((words) =>
      fc.tuple(
        fc.constant(`/${words.join('/')}`),
        fc.tuple(...words.map((text) => fc.tuple(detour, fc.tuple(...[...text].map(spellings))))),
      ),
    );
  fc.assert(
    fc.property(spelled, ([plain, parts]) => {
      const raw = parts.map(([way, characters]) => `${way}/${characters.join('')}`).join('');
      assert.equal(normalisePath(raw, DEFAULT), plain, raw);
    }),
    { numRuns: 1000 },
  );
});

/** How a lenient upstream might read a path: decoded until nothing changes, backslashes and repeated slashes as one slash. */
function readLeniently(path: string): string {
  let text = path;
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  const kept: string[] = [];
  for (const segment of text
    .replace(/[\\/]+/g, '/')
    .split('/')
    .slice(1)) {
    const name = segment.replace(/;.*/, '');
    if (name === '..') kept.pop();
    else if (name !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

test('a path outside /admin is not read as one inside by an upstream that decodes once more or merges slashes', () => {
  const single = hostilePath.filter((path) => !path.includes('%25'));
  fc.assert(
    fc.property(single, fc.constantFrom(STRICT, DEFAULT, DECODE), (raw, rule) => {
      const normal = normalisePath(raw, rule);
      if (normal === null) return;
      assert.equal(/^\/admin(\/|$)/.test(readLeniently(normal)), /^\/admin(\/|$)/.test(normal), `${raw} -> ${normal}`);
    }),
    { numRuns: 3000 },
  );
});
