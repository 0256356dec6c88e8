/** What a gateway of the comparison is: where its binary is, and how it is told to do the plain-proxy job. */

export interface Ports {
  /** Where the gateway listens. */
  readonly gateway: number;
  /** For an admin address, where the gateway needs one. */
  readonly admin: number;
  /** Where the origin answers. */
  readonly origin: number;
}

/** How to start a gateway, in the foreground and with one worker. */
export interface Launch {
  /** Written into the gateway's own folder before it starts. */
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Peer {
  readonly name: string;
  /** Looked for on the PATH, unless the environment variable names another. */
  readonly binary: { readonly command: string; readonly variable: string };
  /** Arguments that print the version, and where it stands in what they print. */
  readonly version: { readonly args: readonly string[]; readonly pattern: RegExp };
  /** @param folder an empty folder that the gateway may use, absolute */
  launch(folder: string, ports: Ports): Launch;
}
