/**
 * The phases in which policies run, in this order for every request, whatever order a config lists them in: who wrote a limit
 * above a login has not opened a hole. Within a phase policies run in the order of the file, a named list where it is named.
 *
 *   edge            what needs to know nobody: CORS, addresses, redirects to https
 *   authentication  who is asking
 *   authorization   whether they may
 *   limits          how much they may
 *   cache           whether the answer is known already
 *   transform       what the upstream, or in its place the gateway, is asked
 *
 * Responses pass the policies in the opposite order, from the one that is nearest to the upstream outwards.
 */
export const PHASES = ['edge', 'authentication', 'authorization', 'limits', 'cache', 'transform'] as const;

export type Phase = (typeof PHASES)[number];
