/**
 * The gateway's own messages, for its operators: on standard error, never on standard output, which the access log owns.
 *
 *   text   penstock: generation 2 is live: 3 routes
 *   json   {"level":"info","time":"2026-11-21T12:00:00.000Z","pid":7,"role":"supervisor","generation":2,"msg":"generation 2 is live: 3 routes"}
 *
 * One log for the whole process, as there is one standard error: whoever has something to say imports it.
 */
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { GatewayLogRules } from '../config/compiled-telemetry.ts';
import type { LogLevel } from '../config/schema/log-level.ts';

/** What a message is about, for machines: plain values under names that stay. Never a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export type GatewayRole = 'supervisor' | 'acceptor';

interface Output {
  write(text: string): unknown;
}

const NO_FIELDS: LogFields = {};

export class GatewayLog {
  readonly #output: Output;
  #logger: Logger;
  #format: GatewayLogRules['format'] = 'text';
  #configured: LogLevel = 'info';
  /** What an operator has set in place of the config's level. */
  #override: LogLevel | null = null;

  constructor(output: Output) {
    this.#output = output;
    this.#logger = this.#createLogger('supervisor');
  }

  /** Who speaks. Before the first message. */
  setRole(role: GatewayRole): void {
    this.#logger = this.#createLogger(role);
  }

  /** Goes by what the config says from now on; a level that was set by hand stays. */
  configure({ format, level }: GatewayLogRules): void {
    this.#format = format;
    this.#configured = level;
    this.#applyLevel();
  }

  /** Writes from this level on, whatever the config says. @param level null: the config's again */
  setLevel(level: LogLevel | null): void {
    this.#override = level;
    this.#applyLevel();
  }

  get level(): LogLevel {
    return this.#override ?? this.#configured;
  }

  debug(message: string, fields: LogFields = NO_FIELDS): void {
    this.#write('debug', message, fields);
  }

  info(message: string, fields: LogFields = NO_FIELDS): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields: LogFields = NO_FIELDS): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields: LogFields = NO_FIELDS): void {
    this.#write('error', message, fields);
  }

  /** Text that says itself where it comes from, such as diagnostics with their places, or a stack. */
  plain(level: LogLevel, text: string): void {
    if (this.#format === 'json') this.#write(level, text, NO_FIELDS);
    else if (this.#logger.isLevelEnabled(level)) this.#output.write(`${text.trimEnd()}\n`);
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    if (!this.#logger.isLevelEnabled(level)) return;
    const text = message.trimEnd();
    if (this.#format === 'json') this.#logger[level](fields, text);
    else this.#output.write(`penstock: ${text}\n`);
  }

  #createLogger(role: GatewayRole): Logger {
    const options = {
      level: this.level,
      base: { pid: process.pid, role },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    return pino(options, { write: (line) => this.#output.write(line) });
  }

  #applyLevel(): void {
    this.#logger.level = this.level;
  }
}

/** This process's. */
export const gatewayLog = new GatewayLog({ write: (text) => process.stderr.write(text) });
