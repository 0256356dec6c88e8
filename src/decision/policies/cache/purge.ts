/** What is to be dropped from the store: exactly one of path, prefix and key. */
export interface Purge {
  /** A path, with all its queries and variants. */
  readonly path?: string;
  /** What the path begins with. */
  readonly prefix?: string;
  /** A surrogate key. */
  readonly key?: string;
  /** Only of this host. */
  readonly host?: string;
}
