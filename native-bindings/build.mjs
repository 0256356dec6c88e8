/**
 * Builds the native addon when the package is installed. Quiet when all goes well; one clear sentence when it cannot work.
 *
 *   npm ci -> npm's "install" script -> this -> node-gyp -> build/Release/{penstock,glibc_compat}.node
 *
 * Skipped when what stands in build/ was made from these sources for this Node.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const release = join(here, 'build', 'Release');
const stampFile = join(release, 'stamp');
const outputs = ['penstock.node', 'glibc_compat.node'].map((name) => join(release, name));
const require = createRequire(import.meta.url);

function fail(sentence) {
  console.error(`penstock: ${sentence}`);
  process.exit(1);
}

/** What a build depends on: the sources, and the Node and processor it is for. */
function currentStamp() {
  const hash = createHash('sha256').update(`${process.versions.modules} ${process.version} ${process.arch}`);
  const sources = readdirSync(join(here, 'src'))
    .sort()
    .map((name) => join('src', name));
  for (const name of ['binding.gyp', ...sources]) hash.update(name).update(readFileSync(join(here, name)));
  return hash.digest('hex');
}

function isUpToDate(stamp) {
  return (
    existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp && outputs.every((path) => existsSync(path))
  );
}

function runs(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function checkPlatform() {
  if (process.platform !== 'linux') {
    fail(`Penstock runs on Linux only (this is ${process.platform}).`);
  }
  const binary = `uws_linux_${process.arch}_${process.versions.modules}.node`;
  const uws = dirname(require.resolve('uWebSockets.js'));
  if (process.arch !== 'x64' && !existsSync(join(uws, binary))) {
    fail(`there is no uWebSockets.js binary for the ${process.arch} processor; Penstock runs on x64.`);
  }
  if (!existsSync(join(uws, binary))) {
    fail(
      `there is no uWebSockets.js binary for Node ${process.version} (ABI ${process.versions.modules}); use Node 20, 22 or 24.`,
    );
  }
}

function checkTools() {
  const compiler = process.env.CXX?.split(' ')[0] || 'g++';
  if (!runs(compiler)) {
    fail(
      'no C++ compiler was found; install one (Debian and Ubuntu: apt-get install g++ make) and run `npm ci` again.',
    );
  }
  if (!runs('make')) {
    fail('`make` was not found; install it (Debian and Ubuntu: apt-get install make) and run `npm ci` again.');
  }
  if (![process.env.PYTHON, 'python3', 'python'].some((name) => name && runs(name))) {
    fail(
      '`python3` was not found, which node-gyp needs; install it (Debian and Ubuntu: apt-get install python3) and run `npm ci` again.',
    );
  }
}

/** Headers that ship beside this Node, so that none need to be fetched; a distribution without them lets node-gyp fetch. */
function headerArguments() {
  const prefix = resolve(dirname(process.execPath), '..');
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
}

function build() {
  const args = [require.resolve('node-gyp/bin/node-gyp.js'), 'rebuild', ...headerArguments()];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: here,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  fail('the native addon could not be built; the output of node-gyp above says why.');
}

checkPlatform();
const stamp = currentStamp();
if (isUpToDate(stamp)) {
  console.log('penstock: the native addon is up to date.');
} else {
  checkTools();
  build();
  writeFileSync(stampFile, stamp);
  console.log(`penstock: built the native addon for Node ${process.version}.`);
}
