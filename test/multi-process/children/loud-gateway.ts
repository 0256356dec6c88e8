/** A gateway whose log level is set by hand: `debug`, then back to what its config says, with a reload after each. */
import { FileSource } from '../../../src/supervisor/config-source.ts';
import { Supervisor } from '../../../src/supervisor/supervisor.ts';

const [config, folder] = process.argv.slice(2) as [string, string];
const cause = { kind: 'signal', who: null, why: null } as const;
const supervisor = await Supervisor.start(new FileSource(config), folder);
const wish = { lever: { kind: 'log-level', level: 'debug' }, who: null, why: 'a test', forMs: null } as const;
const pulled = await supervisor.levers.pull(wish);
if (typeof pulled === 'string') throw new Error(pulled);
await supervisor.reload(cause);
await supervisor.roll();
await supervisor.levers.release(pulled.id);
await supervisor.reload(cause);
await supervisor.stop();
