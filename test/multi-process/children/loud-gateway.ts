/** A gateway whose log level is set by hand: `debug`, then back to what its config says, with a reload after each. */
import { Supervisor } from '../../../src/supervisor/supervisor.ts';

const supervisor = await Supervisor.start(process.argv[2]!);
supervisor.setLogLevel('debug');
await supervisor.reload();
await supervisor.roll();
supervisor.setLogLevel(null);
await supervisor.reload();
await supervisor.stop();
