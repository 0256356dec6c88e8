/** What the admin API answers when a change is live. */
export interface TakenChange {
  readonly generation: number;
  readonly id: string;
  readonly liveAfterMs: number;
}

export function livePage({ generation, id, liveAfterMs }: TakenChange): string {
  return `live on every acceptor after ${(liveAfterMs / 1000).toFixed(2)} s: snapshot ${id}, generation ${generation}\n`;
}
