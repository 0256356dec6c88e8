/**
 * Every request of a recording through the decision of one config, and of another where there is one:
 *
 *   line ─► clock to its offset ─► old config ──┐
 *                               └► new config ──┴─► unknown? ─► difference ─► groups, rules
 *
 * Nothing is sent, and no more of the recording is held than a batch of lines.
 */

import type { CompiledConfig } from '../../config/compile.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { type Recording, readRecording } from '../../recording/read-recording.ts';
import type { RecordedExchange } from '../../recording/recorded-exchange.ts';
import { type Change, type ChangeSide, changeSide } from './change.ts';
import { ChangeGroups } from './change-groups.ts';
import { differenceOf } from './compare.ts';
import { differenceFromRecording, happenedTo } from './compare-with-recording.ts';
import type { Decided } from './decided.ts';
import { Examples } from './examples.ts';
import { LineNumbers } from './line-numbers.ts';
import { RecordedHead, recordedBody } from './recorded-head.ts';
import { ASSUMED_BEGIN, ReplayClock } from './replay-clock.ts';
import type { ReplayReport } from './replay-report.ts';
import { ReplaySide } from './replay-side.ts';
import { chanceOf, type Replayable } from './replayed-request.ts';
import type { Rule } from './rules/parse-rule.ts';
import { RuleChecks } from './rules/rule-checks.ts';
import { holdsPseudonym, isPseudonym, type Secrets } from './secrets.ts';
import { LimitSuggestions } from './suggest.ts';
import { Undecided } from './undecided.ts';
import { replayWarnings } from './warnings.ts';

const SHOWN_BAD_LINES = 5;

/** A config to be replayed. */
export interface ReplayConfig {
  readonly path: string;
  readonly loaded: LoadedConfig;
  readonly compiled: CompiledConfig;
}

export interface ReplayWishes {
  /** Path of the recording. */
  readonly recording: string;
  readonly config: ReplayConfig;
  /** Null: what happened is what is compared with. */
  readonly against: ReplayConfig | null;
  readonly rules: readonly Rule[];
  readonly suggest: boolean;
  readonly secrets: Secrets;
}

/**
 * Replays a recording.
 *
 * @throws RecordingError when it cannot be read; RangeError for routes that no table holds
 */
export async function replayRecording(wishes: ReplayWishes): Promise<ReplayReport> {
  const lines = new LineNumbers();
  const bad: { line: number; reason: string }[] = [];
  const recording = await readRecording(wishes.recording, {
    onBadLine: (one) => {
      lines.skip(one.line);
      if (bad.length < SHOWN_BAD_LINES) bad.push(one);
    },
  });
  const replay = new Replay(wishes, recording);
  for await (const batch of recording.batches()) {
    replay.lookAt(batch);
    for (const exchange of batch) {
      const waiting = replay.take(exchange, lines.next());
      if (waiting !== null) await waiting;
    }
  }
  return replay.report(recording, bad);
}

class Replay {
  readonly #wishes: ReplayWishes;
  readonly #clock: ReplayClock;
  readonly #now: ReplaySide;
  readonly #old: ReplaySide | null;
  readonly #groups: ChangeGroups;
  readonly #checks: RuleChecks;
  readonly #suggestions: LimitSuggestions | null;
  readonly #undecided = new Undecided();
  #knowsRoutes = false;
  #requests = 0;
  #stoodIn = 0;
  #withoutCredential = 0;
  #withoutDuration = 0;
  #firstAt = 0;
  #lastAt = 0;

  constructor(wishes: ReplayWishes, { head }: Recording) {
    const began = head.began === null ? Number.NaN : Date.parse(head.began);
    const clock = new ReplayClock(Number.isNaN(began) ? ASSUMED_BEGIN : began);
    const open = ({ loaded, compiled }: ReplayConfig): ReplaySide =>
      new ReplaySide(compiled, clock, loaded.config.runtime.memory.buckets, isPseudonym);
    this.#wishes = wishes;
    this.#clock = clock;
    this.#now = open(wishes.config);
    this.#old = wishes.against === null ? null : open(wishes.against);
    const examples = new Examples(wishes.secrets);
    this.#groups = new ChangeGroups(examples);
    this.#checks = new RuleChecks(wishes.rules, examples);
    this.#suggestions = wishes.suggest ? new LimitSuggestions() : null;
  }

  /** Whether the recording names routes shows in its first lines: only then does a missing one say something. */
  lookAt(batch: readonly RecordedExchange[]): void {
    this.#knowsRoutes ||= batch.some(({ route }) => route !== null);
  }

  /** @returns null when it is done */
  take(recorded: RecordedExchange, line: number): Promise<void> | null {
    const exchange = this.#wishes.secrets.reveal(recorded);
    if (this.#requests++ === 0) this.#firstAt = exchange.at;
    this.#lastAt = exchange.at;
    this.#clock.moveTo(exchange.at);
    const replayable: Replayable = {
      exchange,
      head: new RecordedHead(exchange),
      body: recordedBody(exchange),
      chance: chanceOf(line),
      lacksCredential: exchange.consumer !== null && !holdsPseudonym(recorded),
    };
    const before = this.#old === null ? null : this.#old.decide(replayable);
    const after = this.#now.decide(replayable);
    if (before instanceof Promise || after instanceof Promise) return this.#takeLater(recorded, line, before, after);
    this.#compare(recorded, line, before, after);
    return null;
  }

  async #takeLater(
    recorded: RecordedExchange,
    line: number,
    before: Decided | null | Promise<Decided>,
    after: Decided | Promise<Decided>,
  ): Promise<void> {
    this.#compare(recorded, line, await before, await after);
  }

  #compare(exchange: RecordedExchange, line: number, before: Decided | null, after: Decided): void {
    const { request } = this.#now;
    if (request.stoodIn) {
      this.#stoodIn++;
      if (request.lacksCredential) this.#withoutCredential++;
    }
    if (after.kind === 'forward' && exchange.upstreamMs === null) this.#withoutDuration++;
    this.#suggestions?.add(after, exchange.at);
    if (before === null) {
      if (this.#undecided.isAfter(request, after)) return;
      const happened = happenedTo(exchange, this.#knowsRoutes);
      const difference = differenceFromRecording(happened, after);
      const from: ChangeSide = {
        outcome: happened.kind,
        route: happened.route,
        status: happened.status,
        consumer: happened.consumer,
        ...NOT_RECORDED,
      };
      if (difference !== null) this.#note({ line, exchange, difference, before, from, after });
      return;
    }
    if (this.#undecided.isBetween(this.#old!.request, request, before, after)) return;
    const difference = differenceOf(before, after);
    if (difference !== null) this.#note({ line, exchange, difference, before, from: changeSide(before), after });
  }

  #note(change: Change): void {
    this.#groups.add(change);
    this.#checks.add(change);
  }

  report({ head, badLines, end }: Recording, bad: ReplayReport['recording']['firstBadLines']): ReplayReport {
    const { config, against, recording, secrets } = this.#wishes;
    const requests = this.#requests;
    const durationMs = this.#lastAt - this.#firstAt;
    const { counts, changed, ungrouped } = this.#groups;
    const undecidable = this.#undecided.result();
    const limits = this.#now.limits.results((text) => secrets.hide(text));
    const dropped = end === null ? null : end.end.dropped;
    const { refused, unrouted } = counts;
    return {
      recording: {
        path: recording,
        source: head.source,
        began: head.began,
        requests,
        durationMs,
        badLines,
        firstBadLines: bad,
        dropped,
      },
      config: config.path,
      against: against?.path ?? null,
      changed,
      share: requests === 0 ? 0 : changed / requests,
      counts,
      groups: this.#groups.results(requests),
      ungrouped,
      undecidable,
      stoodIn: this.#stoodIn,
      limits,
      suggestions: this.#suggestions?.results(durationMs) ?? null,
      rules: this.#checks.results({ requests, changed, refused, unrouted, undecidable: undecidable.count }),
      ...replayWarnings({
        head,
        dropped,
        isCompared: against !== null,
        knowsRoutes: this.#knowsRoutes,
        old: against?.compiled ?? null,
        now: config.compiled,
        limits,
        unknown: undecidable.count + undecidable.alike,
        withoutCredential: this.#withoutCredential,
        withoutDuration: this.#withoutDuration,
        evictions: this.#now.evictions,
      }),
    };
  }
}

const NOT_RECORDED = { routeSource: null, upstream: null, code: null, policy: null } as const;
