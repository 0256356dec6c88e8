/**
 * Loads uWebSockets.js: checks that the binary is one that was examined, and makes it run on glibc before 2.38.
 *
 *   node_modules/uWebSockets.js
 *     |- official build ("uWebSockets.js") ---------------------------------------> its own entry
 *     `- fork's build ("@btc-vision/uwebsockets.js")
 *          sha256 pinned? -- no --> refused
 *            |- glibc >= 2.38 ----------------------------------------------------> dlopen the file
 *            `- older: three symbols loaded globally, GLIBC_2.38 need marked weak -> dlopen the copy in memory
 *
 * The fork's binary exists because the official project publishes none on the npm registry. What its authors changed cannot
 * be audited, hence the pinned hashes: only files whose behaviour was tested are ever loaded.
 */
import { createHash } from 'node:crypto';
import { readFileSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { weakenVersionNeed } from './elf-version-need.ts';
import { BUILD_DIRECTORY, closeFd, createMemory, glibcVersion } from './native.ts';
import type { Uws } from './uws-types.ts';

const OFFICIAL_PACKAGE = 'uWebSockets.js';
const FORK_PACKAGE = '@btc-vision/uwebsockets.js';

/** sha256 of the binaries of @btc-vision/uwebsockets.js 20.57.0, by file name. */
const EXAMINED_BINARIES: Readonly<Record<string, string>> = {
  'uws_linux_x64_115.node': '5b126ee00bf754b02e97e4c27090365a8562c5820c93f93918ac2212d4503e91',
  'uws_linux_x64_127.node': '4b55b1f2cb7a7913febbb65a89496412b96af77e838552980092ba6b33723aac',
  'uws_linux_x64_137.node': '98128405dba2fb608448e921a979530f70c946a2cc9889c15f2fa70c2d00ab05',
  'uws_linux_x64_141.node': '813d788b347c6fd76b779d8932311ec05a044e612b4b83af220f16e6ea789683',
};

/** The largest request head uWS may be told to take; it keeps such a buffer for every head that arrives in pieces. */
export const MAX_HEADER_BYTES = 1024 * 1024;
const MIN_HEADER_BYTES = 1024;

export interface UwsOptions {
  /** Total size of a request head, request line included, beyond which uWS answers 431. An integer, 1 KiB to 1 MiB. */
  readonly maxHeaderBytes: number;
  /** Folder of the uWS package; by default where `uWebSockets.js` resolves to. */
  readonly packageDirectory?: string;
}

let loaded: { readonly uws: Uws; readonly maxHeaderBytes: number } | null = null;

/**
 * Loads uWS into this process, once: uWS reads its header limit when it is loaded, so a later call has to ask for the same.
 * To be called on the main thread; uWS in a worker thread aborts the process when that thread ends.
 *
 * @throws an Error of one sentence: a bad limit, a limit other than the one loaded with, an unknown package or binary, or a
 *   platform that the binary does not run on.
 */
export function loadUws(options: UwsOptions): Uws {
  const { maxHeaderBytes } = options;
  // A value that uWS cannot read becomes 0, and every request then gets 431.
  if (!Number.isInteger(maxHeaderBytes) || maxHeaderBytes < MIN_HEADER_BYTES || maxHeaderBytes > MAX_HEADER_BYTES) {
    throw new RangeError(
      `The request head limit must be an integer of ${MIN_HEADER_BYTES} to ${MAX_HEADER_BYTES} bytes, not ${maxHeaderBytes}.`,
    );
  }
  if (loaded !== null) {
    if (loaded.maxHeaderBytes === maxHeaderBytes) return loaded.uws;
    throw new Error(
      `uWS runs with a request head limit of ${loaded.maxHeaderBytes} bytes; only a new process can change it.`,
    );
  }
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(maxHeaderBytes);
  const uws = loadPackage(options.packageDirectory ?? findPackage());
  silence(uws);
  loaded = { uws, maxHeaderBytes };
  return uws;
}

/** The folder of the installed package. Its entry is resolved but not run: running it loads the binary, unchecked. */
function findPackage(): string {
  return dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
}

function loadPackage(directory: string): Uws {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name?: string };
  if (manifest.name === OFFICIAL_PACKAGE) return createRequire(import.meta.url)(directory) as Uws;
  if (manifest.name !== FORK_PACKAGE) {
    throw new Error(
      `${directory} holds "${manifest.name}", which is not a build of uWebSockets.js known to this gateway.`,
    );
  }
  const file = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  const expected = EXAMINED_BINARIES[file];
  if (expected === undefined) {
    throw new Error(`There is no examined uWebSockets.js binary for this platform and Node version (${file}).`);
  }
  return loadExamined(join(directory, file), expected);
}

function loadExamined(path: string, expectedHash: string): Uws {
  const image = readFileSync(path);
  if (createHash('sha256').update(image).digest('hex') !== expectedHash) {
    throw new Error(
      `${path} is not the uWebSockets.js binary that was examined (its sha256 differs): reinstall it with \`npm ci\`.`,
    );
  }
  const glibc = glibcVersion();
  if (glibc === null) throw new Error('The uWebSockets.js binary needs glibc; this system has another C library.');
  if (isAtLeast(glibc, 2, 38)) return dlopen(path);
  dlopen(`${BUILD_DIRECTORY}glibc_compat.node`, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL);
  weakenVersionNeed(image, 'GLIBC_2.38');
  return dlopenImage(image);
}

/** Loads a library from memory, or from a file where the system does not let code be run from memory. */
function dlopenImage(image: Buffer): Uws {
  const fd = createMemory(image.length);
  try {
    for (let written = 0; written < image.length; ) written += writeSync(fd, image, written);
    return dlopen(`/proc/self/fd/${fd}`);
  } catch {
    return dlopenCopy(image);
  } finally {
    closeFd(fd);
  }
}

/** The file has a name of its own and is gone at once: another acceptor must not write over what this one has mapped. */
function dlopenCopy(image: Buffer): Uws {
  const copy = `${BUILD_DIRECTORY}uws-${process.pid}.node`;
  writeFileSync(copy, image);
  try {
    return dlopen(copy);
  } finally {
    unlinkSync(copy);
  }
}

function dlopen(path: string, flags: number = constants.dlopen.RTLD_NOW): Uws {
  const target = { exports: {} };
  process.dlopen(target, path, flags);
  return target.exports as Uws;
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ourMajor, ourMinor] = version.split('.').map(Number);
  return ourMajor > major || (ourMajor === major && ourMinor >= minor);
}

/** Takes the `uWebSockets` header off every response. `_cfg` is undocumented and throws for words it does not know. */
function silence(uws: Uws): void {
  try {
    uws._cfg('silent');
  } catch {
    // The header stays: unwanted, not harmful.
  }
}
