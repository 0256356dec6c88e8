import { writeFileSync } from 'node:fs';
import type { Gateway } from './gateway.ts';

/** Gives a running gateway another config and waits until it is live. @param generation the one it becomes */
export async function reconfigure(gateway: Gateway, config: object, generation: number): Promise<void> {
  writeFileSync(gateway.configPath, JSON.stringify(config, null, 2));
  gateway.signal('SIGHUP');
  await gateway.printed(new RegExp(`generation ${generation} is live`));
}
