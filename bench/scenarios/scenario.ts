import type { LoadPlan, WorkloadLine } from '../load/workload.ts';

/** In the scenario's folder. */
export const CONFIG_FILE = 'penstock.json';

/**
 * One situation the gateway is measured in: a file each, beside this one, listed in registry.ts. It says what the gateway is
 * configured as, what it is asked, and what goes on around it; starting, pinning, measuring and judging are the harness's.
 */
export interface Scenario {
  /** As on the command line: `npm run bench -- full-chain`. */
  readonly name: string;
  /** What it is for, in one sentence. */
  readonly purpose: string;
  /** Origins that the harness runs; 1 when left out. */
  readonly origins?: number;
  /** As many as its config says, so that the gateway gets as many cores where there are some to spare; 1 when left out. */
  readonly acceptors?: number;
  /** Whether a closed loop says something too: how many requests fit. Answers are 1 KiB at once then, whatever is asked for. */
  readonly closedLoop?: true;
  /** Which gateways can do the same work; the others with the reason why not. Left out: only Penstock. */
  readonly peers?: ScenarioPeers;
  /** Files the scenario needs, and its config. Called once, in an empty folder. */
  prepare(place: ScenarioPlace): Promise<ScenarioSetup>;
}

export interface ScenarioPlace {
  readonly folder: string;
  /** 127.0.0.1 all of them, chosen by the harness. `origins` are as many as asked for. */
  readonly gatewayPort: number;
  readonly adminPort: number;
  /** Ports of origins that the harness runs: each answers what `x-bench-answer` asks (see ../origin/). */
  readonly originPorts: readonly number[];
}

export interface ScenarioSetup {
  /** The gateway's config, JSON; listeners and admin on the given ports, one acceptor unless it is about several. */
  readonly config: string;
  /** Further files, by path inside the folder. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** What is sent; written to a file before the load begins, so that making it costs the load nothing. */
  workload(): Iterable<WorkloadLine>;
  readonly load: Partial<Omit<LoadPlan, 'workload' | 'host' | 'port'>>;
  /** What happens while it is measured: reloads, origins that die. Called when measuring begins; ends when `until` does. */
  during?(stage: ScenarioStage): Promise<void>;
}

export interface ScenarioStage {
  /** Aborted when measuring ends. */
  readonly until: AbortSignal;
  readonly folder: string;
  /** Of the supervisor; 0 when the gateway is a peer. */
  readonly gatewayPid: number;
  readonly adminUrl: string;
  /** Ends an origin with SIGKILL, and starts it again. */
  killOrigin(index: number): Promise<void>;
  startOrigin(index: number): Promise<void>;
  /** A sentence for the report: what was seen. */
  note(text: string): void;
}

/** By the name of the peer: its config for the same work; or why it cannot do it. */
export type ScenarioPeers = Readonly<
  Record<string, ((place: ScenarioPlace) => PeerSetup) | { readonly cannot: string }>
>;

export interface PeerSetup {
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string | Buffer>>;
}
