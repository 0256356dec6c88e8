import { compile } from '../../config/compile.ts';
import { NO_ASSIGNMENTS } from '../../config/compile-upstreams.ts';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import type { Environment } from '../../config/references.ts';
import { Report } from '../../config/report.ts';
import { DryGateway } from './dry-gateway.ts';

export interface OpenedGateway {
  readonly gateway: DryGateway;
  readonly loaded: LoadedConfig;
}

export interface OpenResult {
  /** Null when the config cannot be used: the diagnostics say why. */
  readonly opened: OpenedGateway | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Loads a config and makes a dry gateway of it.
 *
 * @param now milliseconds since the epoch: what time it is for the gateway
 */
export function openGateway(path: string, environment: Environment, now: number): OpenResult {
  const { loaded, diagnostics } = loadConfig(path, environment);
  if (loaded === null) return { opened: null, diagnostics };
  try {
    const gateway = new DryGateway(compile(loaded, NO_ASSIGNMENTS), now);
    return { opened: { gateway, loaded }, diagnostics };
  } catch (error) {
    const report = new Report(loaded.source);
    report.error(['routes'], `the config cannot be compiled: ${(error as Error).message}`);
    return { opened: null, diagnostics: [...diagnostics, ...report.diagnostics] };
  }
}
