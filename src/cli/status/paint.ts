export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

/** Colours a text, or leaves it as it is where nobody would see the colour. */
export type Paint = (text: string, colour: Colour | null) => string;

const CODES: Readonly<Record<Colour, number>> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

export const PLAIN: Paint = (text) => text;

const COLOURED: Paint = (text, colour) => (colour === null ? text : `\x1b[${CODES[colour]}m${text}\x1b[0m`);

/** Colours are for terminals whose user does not refuse them (no-color.org). */
export function paintFor(isTerminal: boolean, environment: NodeJS.ProcessEnv): Paint {
  const isRefused = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !isRefused ? COLOURED : PLAIN;
}
