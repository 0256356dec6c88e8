/**
 * Runs the compiled tests: every `test/**\/*.test.ts` that has been built to `dist/test`.
 *
 *   npm test                        all of them
 *   npm test -- routes upstream     the files whose path holds one of these words
 *   npm test -- --name='HEAD'       the tests whose name matches this expression
 *
 * Files are listed from the sources, so that a stale file in `dist` is never run. They run two at a time, each in a process
 * of its own; a file that takes longer than FILE_TIMEOUT_MS is ended and fails. Finding no test is a failure too.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Transform } from 'node:stream';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const CONCURRENCY = 3;
const FILE_TIMEOUT_MS = 180_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function testSources(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testSources(path);
      return entry.name.endsWith('.test.ts') ? [path] : [];
    })
    .sort();
}

const compiled = (source) => join(root, 'dist', relative(root, source).replace(/\.ts$/, '.js'));

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function chosenFiles(words) {
  const sources = testSources(join(root, 'test')).filter(
    (source) => words.length === 0 || words.some((word) => relative(root, source).includes(word)),
  );
  if (sources.length === 0) fail(words.length > 0 ? `no test file matches: ${words.join(' ')}` : 'no test files found');
  const files = sources.map(compiled);
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) fail(`${relative(root, missing)} does not exist: run "npm run build" first`);
  return files;
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // It has ended, or this is not Linux.
  }
}

function killTree(pid) {
  for (const child of childrenOf(pid)) killTree(child);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Ends test files that run for too long, with everything they started. Node's own `timeout` is that of a file in some
 * versions and of a single test in others, so the children of this process, one a file, are watched instead.
 */
function watchFiles() {
  const startedAt = new Map();
  const timer = setInterval(() => {
    for (const pid of childrenOf(process.pid)) {
      if (!startedAt.has(pid)) startedAt.set(pid, performance.now());
      if (performance.now() - startedAt.get(pid) < FILE_TIMEOUT_MS) continue;
      process.stderr.write(`a test file took longer than ${FILE_TIMEOUT_MS} ms and was ended\n`);
      killTree(pid);
    }
  }, 1_000);
  timer.unref();
}

/** The closing lines read `# tests 3` wherever they are printed; on some consoles Node's own reporter has a symbol there. */
const plainSummary = new Transform({
  transform(chunk, _encoding, done) {
    done(null, String(chunk).replaceAll('\u2139 ', '# '));
  },
});

const args = process.argv.slice(2);
const names = args.filter((arg) => arg.startsWith('--name=')).map((arg) => arg.slice('--name='.length));
const files = chosenFiles(args.filter((arg) => !arg.startsWith('--')));
const unknown = args.find((arg) => arg.startsWith('--') && !arg.startsWith('--name='));
if (unknown !== undefined) fail(`unknown option ${unknown}; known: --name=EXPRESSION, and words of file paths`);

watchFiles();
let passed = 0;
const events = run({
  files,
  concurrency: CONCURRENCY,
  ...(names.length > 0 && { testNamePatterns: names }),
});
events.on('test:pass', (test) => {
  const isTest = test.details.type !== 'suite' && !test.name.endsWith('.test.js');
  if (isTest && test.skip === undefined) passed++;
});
events.on('test:fail', (test) => {
  if (test.todo === undefined) process.exitCode = 1;
});
events.on('end', () => {
  if (passed === 0) {
    process.stderr.write('no test was run\n');
    process.exitCode = 1;
  }
});
events.compose(new Spec()).pipe(plainSummary).pipe(process.stdout);
