/** A closed loop by wrk whose requests go round a list of tokens and the paths of all routes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadResult } from '../peers/closed-loop.ts';
import { findBinary, runLoad } from '../processes.ts';

export const ROUTES = 100;

/** The number of tokens is odd to that of routes, so that every token meets every route in the end. */
const SCRIPT = `
local requests, at = {}, 0
function init()
  local number = 0
  for token in io.lines(os.getenv("LOAD_TOKENS")) do
    local path = string.format("/service-%d/items/%d", number % ${ROUTES}, number)
    requests[#requests + 1] = wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token, ["X-Old"] = "1" })
    number = number + 1
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary)
  local e = summary.errors
  local failures = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format('{"requests":%d,"seconds":%f,"failures":%d}', summary.requests, summary.duration / 1e6, failures))
end
`;

/**
 * @param tokensFile one token a line
 * @throws Error when wrk is not installed
 */
export async function tokenLoad(
  folder: string,
  tokensFile: string,
  target: { readonly port: number; readonly connections: number; readonly seconds: number },
): Promise<LoadResult> {
  const wrk = findBinary('wrk', 'WRK_BIN');
  if (wrk === null) throw new Error('The comparison needs wrk (Debian package wrk).');
  const script = join(folder, 'tokens.lua');
  writeFileSync(script, SCRIPT);
  const output = await runLoad({
    command: wrk,
    args: [
      ...['-t1', `-c${target.connections}`, `-d${target.seconds}s`, '-s', script],
      `http://127.0.0.1:${target.port}/`,
    ],
    env: { LOAD_TOKENS: tokensFile },
  });
  const result = output.split('\n').findLast((line) => line.startsWith('{'));
  if (result === undefined) throw new Error(`wrk printed no result: ${output}`);
  return JSON.parse(result) as LoadResult;
}
