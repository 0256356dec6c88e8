/** What changes beside the routes: listeners, upstreams, consumers, and how the gateway itself runs. */
import type { CompiledConfig } from '../../config/compile.ts';
import type { CompiledConsumer } from '../../config/compiled.ts';
import type { Config } from '../../config/schema/schema.ts';
import { changedSettings } from './changed-settings.ts';

export interface NamedDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** With the names of the settings that differ. */
  readonly changed: readonly { readonly name: string; readonly settings: readonly string[] }[];
}

/** One side of a comparison. */
export interface ComparedConfig {
  readonly config: Config;
  readonly compiled: CompiledConfig;
}

export interface GlobalsDiff {
  readonly listeners: NamedDiff;
  readonly upstreams: NamedDiff;
  /** Keys and passwords are counted, never shown. */
  readonly consumers: NamedDiff;
  /** Settings of `admin`, `runtime` and `telemetry` that differ. */
  readonly settings: readonly string[];
}

export function diffGlobals(before: ComparedConfig, after: ComparedConfig): GlobalsDiff {
  const [was, is] = [before.compiled.globals, after.compiled.globals];
  return {
    // As written: compiled, the paths of certificates hold the folder that the config stands in.
    listeners: diffNamed(before.config.listeners, after.config.listeners, changedSettings),
    upstreams: diffNamed(was.upstreams.map(withoutSeries), is.upstreams.map(withoutSeries), changedSettings),
    consumers: diffNamed(was.consumers, is.consumers, changedConsumer),
    settings: (['admin', 'runtime', 'telemetry'] as const).flatMap((section) =>
      changedSettings(before.config[section], after.config[section]).map((setting) => `${section}.${setting}`),
    ),
  };
}

function diffNamed<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  compare: (was: T, is: T) => string[],
): NamedDiff {
  const was = new Map(before.map((item) => [item.name, item]));
  const is = new Map(after.map((item) => [item.name, item]));
  const changed = after.flatMap((item) => {
    const earlier = was.get(item.name);
    const settings = earlier === undefined ? [] : compare(earlier, item);
    return settings.length === 0 ? [] : [{ name: item.name, settings }];
  });
  return {
    added: [...is.keys()].filter((name) => !was.has(name)),
    removed: [...was.keys()].filter((name) => !is.has(name)),
    changed,
  };
}

/** Where an upstream's numbers stand in memory is not what it means. */
function withoutSeries<T extends { readonly series: unknown }>({ series: _, ...rest }: T): Omit<T, 'series'> {
  return rest;
}

function changedConsumer(was: CompiledConsumer, is: CompiledConsumer): string[] {
  return [
    ...gainedAndLost('key', was.keyDigests, is.keyDigests),
    ...gainedAndLost('password', was.passwords, is.passwords),
    ...gainedAndLost('subject', was.subjects, is.subjects),
    ...gainedAndLost('certificate', was.certificates, is.certificates),
    ...gainedAndLost('group', was.groups, is.groups),
  ];
}

function gainedAndLost(what: string, was: readonly string[], is: readonly string[]): string[] {
  const gained = is.filter((item) => !was.includes(item)).length;
  const lost = was.filter((item) => !is.includes(item)).length;
  const counted = (number: number, word: string): string[] =>
    number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'} ${word}`];
  return [...counted(gained, 'gained'), ...counted(lost, 'lost')];
}
