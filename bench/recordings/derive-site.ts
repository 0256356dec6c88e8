/**
 * Derives the recording that `npm run bench` replays from a published log (README.md beside this says which, and what is made up).
 *
 *   node dist/bench/recordings/derive-site.js apache-2015.log.gz [OUT]
 *
 * The same log gives the same bytes.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Concealer } from '../../src/recording/import/conceal.ts';
import { combined } from '../../src/recording/import/formats/access-log.ts';
import { LogImport } from '../../src/recording/import/import-logs.ts';
import { openLog } from '../../src/recording/import/open-log.ts';
import { Pseudonyms } from '../../src/recording/pseudonyms.ts';
import type { RecordedExchange, RecordingHead } from '../../src/recording/recorded-exchange.ts';
import { SecretNames } from '../../src/recording/secret-names.ts';
import { renderExchange } from '../../src/recording/write-recording.ts';
import { siteRequest } from './site-routes.ts';

const ABOUT: Omit<RecordingHead, 'began'> = {
  recording: 1,
  source: 'apache-2015.log of elastic/examples; paths mapped, upstream times made: bench/recordings/README.md',
  licence: 'Apache-2.0',
};
const HOST = 'site.example';
/** No secret: addresses of the published log are pseudonyms already, and the same log must give the same recording. */
const PSEUDONYM_KEY = Buffer.from('site.example');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Upstream times: log-normal, in milliseconds. */
const MEDIAN_MS = 4;
const SIGMA = 0.5;
const LONGEST_MS = 12;

/** Two uniform numbers from a line's number (first octets of a SHA-256), one normal one from those (Box and Muller, 1958). */
function upstreamMs(line: number): number {
  const digest = createHash('sha256').update(`upstream time of line ${line}`).digest();
  const [one, two] = [0, 4].map((at) => (digest.readUInt32BE(at) + 0.5) / 2 ** 32) as [number, number];
  const normal = Math.sqrt(-2 * Math.log(one)) * Math.cos(2 * Math.PI * two);
  return Math.round(Math.min(MEDIAN_MS * Math.exp(SIGMA * normal), LONGEST_MS) * 100) / 100;
}

/** In the published log all requests of an hour stand in one minute of it: those minutes follow each other here. */
function withoutGaps(at: number): number {
  return Math.floor(at / HOUR_MS) * MINUTE_MS + Math.min(at % HOUR_MS, MINUTE_MS - 1);
}

async function derive(log: string): Promise<string> {
  const { bytes } = await openLog(log);
  const logs = new LogImport([{ file: log, format: combined, bytes }], {
    host: HOST,
    concealer: new Concealer(new Pseudonyms(PSEUDONYM_KEY), new SecretNames()),
    onReject: async () => {},
  });
  const lines: string[] = [];
  for await (const exchange of logs.exchanges()) {
    // Of the recording, whose first line is the head.
    const line = lines.length + 2;
    const derived: RecordedExchange = {
      ...siteRequest(exchange),
      at: Math.round(withoutGaps(exchange.at)),
      upstreamMs: upstreamMs(line),
    };
    lines.push(renderExchange(derived));
  }
  const [counts] = logs.counts();
  process.stdout.write(`${counts!.imported} imported + ${counts!.rejected} rejected = ${counts!.read} read\n`);
  if (counts!.problem !== null) throw new Error(counts!.problem);
  const head: RecordingHead = { ...ABOUT, began: new Date(logs.beganMs!).toISOString() };
  return `${[JSON.stringify(head), ...lines].join('\n')}\n`;
}

const [log, out = 'bench/recordings/site.ndjson.gz'] = process.argv.slice(2);
if (log === undefined) {
  process.stderr.write('usage: derive-site.js LOG [OUT]\n');
  process.exitCode = 2;
} else {
  const text = await derive(log);
  writeFileSync(out, gzipSync(text, { level: 9 }));
  process.stdout.write(`${out}: SHA-256 of the text ${createHash('sha256').update(text).digest('hex')}\n`);
}
