/** What the metrics page tells of the configuration that runs, beside its generation. */
import type { Family, Sample } from './metric-families.ts';

export const CONFIG_FAMILIES: readonly Family[] = [
  {
    name: 'penstock_config_reloads_total',
    help: 'Configurations that were to be taken since the start, by what came of it: taken, or refused.',
    type: 'counter',
    read: (_, source) => {
      const { taken, refused } = source.config();
      return [
        { labels: { result: 'taken' }, value: taken },
        { labels: { result: 'refused' }, value: refused },
      ];
    },
  },
  {
    name: 'penstock_config_last_change_seconds',
    help: 'When the configuration that runs became live, in seconds since the epoch.',
    type: 'gauge',
    read: (_, source) => single(source.config().publishedAt.getTime() / 1000),
  },
  {
    name: 'penstock_config_info',
    help: 'Always 1; the labels say which snapshot is live, and what its author calls it: a commit.',
    type: 'gauge',
    read: (_, source) => {
      const { snapshot, label } = source.config();
      return [{ labels: { snapshot, label }, value: 1 }];
    },
  },
  {
    name: 'penstock_config_drift',
    help: 'Whether what runs is something else than what the source says, or was changed by hand: 1, else 0.',
    type: 'gauge',
    read: (_, source) => single(Number(source.config().isDrifting)),
  },
  {
    name: 'penstock_levers',
    help: 'Things changed by hand that are in force.',
    type: 'gauge',
    read: (_, source) => single(source.config().levers),
  },
  {
    name: 'penstock_canary',
    help: 'Whether a configuration is on trial on some acceptors: 1, else 0.',
    type: 'gauge',
    read: (_, source) => single(Number(source.config().hasCanary)),
  },
  {
    name: 'penstock_history_failures_total',
    help: 'How often the disk refused to keep the history of configurations.',
    type: 'counter',
    read: (_, source) => single(source.config().historyFailures),
  },
];

function single(value: number): Sample[] {
  return [{ labels: {}, value }];
}
