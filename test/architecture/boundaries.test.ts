/** What may import what: ARCHITECTURE's boundaries, read off the import lines of every source file. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, it } from 'node:test';
import { repositoryRoot } from '../support/repository-root.ts';

interface Import {
  /** Path of the importing file from the repository's root. */
  readonly from: string;
  /** Path of the imported file likewise, or the name of a package or of a module of Node. */
  readonly to: string;
  /** Erased by the compiler: nothing is loaded for it. */
  readonly isType: boolean;
}

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;
/** Files that want nothing of node:http but the reason phrases of RFC 9110. */
const NAMES_ONLY = [/^src\/errors\//, /^src\/acceptor\//];
/** Modules of Node that read, write, wait or are not the same twice. */
const IO =
  /^node:(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|timers|crypto|process|os|cluster)(\/|$)/;

/** Of these the decision uses what computes and nothing else: see the rule. */
const PURE: ReadonlySet<string> = new Set(['node:net', 'node:crypto']);

function sourceFiles(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'build' || entry.name === 'node_modules' ? [] : sourceFiles(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(([, type, from, dynamic]) => {
    const specifier = (from ?? dynamic)!;
    const to = specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier;
    return { from: file, to, isType: type !== undefined };
  });
}

const files = [...sourceFiles('src'), ...sourceFiles('native-bindings')];
const textOf = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8');
const imports = files.flatMap((file) => importsOf(file, textOf(file)));

/** Asserts that what `isLimited` covers is imported only from files that `allowed` covers. */
function onlyFrom(isLimited: (found: Import) => boolean, allowed: readonly RegExp[]): void {
  const limited = imports.filter(isLimited);
  assert.ok(limited.length > 0, 'the rule covers nothing any more');
  const wrong = limited.filter(({ from }) => !allowed.some((pattern) => pattern.test(from)));
  assert.deepEqual(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    [],
  );
}

/** Asserts that no import of files under `from` leads to what `forbidden` covers. */
function never(from: RegExp, forbidden: RegExp): void {
  const covered = imports.filter((found) => from.test(found.from));
  assert.ok(covered.length > 0, 'the rule covers nothing any more');
  const wrong = covered.filter(({ to }) => forbidden.test(to));
  assert.deepEqual(
    wrong.map((found) => `${found.from} imports ${found.to}`),
    [],
  );
}

describe('boundaries between the folders of src', () => {
  it('supervisor and acceptor never import each other', () => {
    never(/^src\/supervisor\//, /^src\/acceptor\//);
    never(/^src\/acceptor\//, /^src\/supervisor\//);
  });

  it('an acceptor knows nothing of the command line, of compiling configs, or of offloading but its own pool', () => {
    const loaded = imports.filter(({ from, isType }) => from.startsWith('src/acceptor/') && !isType);
    const forbidden = /^src\/cli\/|^src\/config\/(?!compiled\.ts$)|^src\/offload\/(?!acceptor-pool\.ts$)|^(zod|yaml)$/;
    const wrong = loaded.filter(({ to }) => forbidden.test(to));
    assert.deepEqual(
      wrong.map(({ from, to }) => `${from} imports ${to}`),
      [],
    );
  });

  it('the native module is imported for memory, accepting, listening sockets, code of users, and beside uWS only', () => {
    onlyFrom(
      ({ from, to }) => to === 'native-bindings/native.ts' && from.startsWith('src/'),
      [
        /^src\/shared-memory\//,
        /^src\/acceptor\/acceptor\.ts$/,
        /^src\/acceptor\/listener\/uws\//,
        /^src\/acceptor\/policies\/user-code\.ts$/,
        /^src\/supervisor\/listening-sockets\.ts$/,
        /^src\/supervisor\/admin\/server\.ts$/,
      ],
    );
  });

  it('uWS is known to its listener alone, and to those who load it and hand it on', () => {
    onlyFrom(
      ({ from, to }) => /^native-bindings\/uws-|^uWebSockets/.test(to) && from.startsWith('src/'),
      [/^src\/acceptor\/listener\/uws\//, /^src\/acceptor\/(acceptor|main)\.ts$/],
    );
    never(/^src\/acceptor\/(?!listener\/uws\/|acceptor\.ts|main\.ts)/, /^src\/acceptor\/listener\/uws\//);
  });

  it('sockets for traffic are opened in acceptor/upstream alone', () => {
    onlyFrom(({ to }) => to === 'node:tls', [/^src\/acceptor\/upstream\//]);
    const net = files.filter((file) => importsOf(file, textOf(file)).some(({ to }) => to === 'node:net'));
    const others = net.filter((file) => !file.startsWith('src/acceptor/upstream/'));
    for (const file of others) {
      const [, names] = /import (?:type )?\{([^}]*)\} from 'node:net'/.exec(textOf(file))!;
      const allowed = /^\s*(isIP|isIPv4|isIPv6|(type )?AddressInfo)\s*$/;
      assert.ok(
        names!.split(',').every((name) => allowed.test(name)),
        `${file} imports {${names}} from node:net`,
      );
    }
  });

  it('HTTP of Node serves and asks only what carries no traffic: admin, health checks, command line, tables of names', () => {
    onlyFrom(
      ({ to }) => /^node:https?$/.test(to),
      [/^src\/supervisor\/(admin|health)\//, /^src\/cli\//, ...NAMES_ONLY],
    );
    for (const file of files.filter((path) => NAMES_ONLY.some((pattern) => pattern.test(path)))) {
      for (const [, names] of textOf(file).matchAll(/import (.*) from 'node:http'/g))
        assert.equal(names, '{ STATUS_CODES }', file);
    }
  });

  it('piscina is known to offload alone', () => {
    onlyFrom(({ to }) => to === 'piscina', [/^src\/offload\//]);
  });

  it('the decision does no IO and knows no process', () => {
    for (const file of files.filter((path) => path.startsWith('src/decision/'))) {
      for (const { to } of importsOf(file, textOf(file))) {
        assert.ok(!IO.test(to) || PURE.has(to), `${file} imports ${to}`);
        if (to.startsWith('src/'))
          assert.match(to, /^src\/(decision|errors|shared-memory|config\/compiled|brand)/, file);
      }
      assert.doesNotMatch(textOf(file), /\bDate\.now\(|\bperformance\.now\(|\bMath\.random\(/, file);
    }
  });
});

describe('every source file', () => {
  it('has named exports of its own: no barrel files, no default exports', () => {
    for (const file of files) {
      const text = textOf(file);
      assert.doesNotMatch(text, /^export (\*|\{[^}]*\}) from /m, `${file} re-exports`);
      assert.doesNotMatch(text, /^export default /m, file);
      assert.doesNotMatch(file, /(^|\/)(index|utils?|helpers?|common)\.ts$/);
    }
  });

  it('has at most 300 lines', () => {
    const long = files.filter((file) => textOf(file).trimEnd().split('\n').length > 300);
    assert.deepEqual(
      long.map((file) => relative('', file)),
      [],
    );
  });
});

describe('the reader of imports', () => {
  it('sees every form of them', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b.ts';",
      "import {\n  c,\n  d,\n} from './c.ts';",
      "import 'node:fs';",
      "const e = await import('./e.ts');",
      "export { f } from './f.ts';",
      "import x, { type Y } from 'y';",
    ].join('\n');
    assert.deepEqual(
      importsOf('src/x/z.ts', text).map(({ to, isType }) => [to, isType]),
      [
        ['src/x/a.ts', false],
        ['src/b.ts', true],
        ['src/x/c.ts', false],
        ['node:fs', false],
        ['src/x/e.ts', false],
        ['src/x/f.ts', false],
        ['y', false],
      ],
    );
  });
});
