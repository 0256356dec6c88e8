import { Markup } from './markup.ts';

/** The look of a report. */
export const STYLE = new Markup(`
:root { color-scheme: light dark; }
`);
