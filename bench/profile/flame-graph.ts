/**
 * A flame graph as HTML: callers above, what they called below, as wide as its share of the time. Boxes inside boxes, so that it
 * is whole without a script; with it, a click gives a call the whole width, and another gives it back.
 */
import { percent } from '../report/format.ts';
import { Markup, markup } from '../report/markup.ts';
import { type CallFrame, type CpuProfile, type ProfileNode, selfTimes } from './cpu-profile.ts';
import { STAGES, type Stage, stagesOfNodes } from './stages-of-profile.ts';

/** Calls of one function by the same callers, all together. */
export interface Flame {
  readonly name: string;
  /** File and line; empty for what V8 does itself. */
  readonly place: string;
  readonly stage: Stage;
  /** Microseconds, callees included. */
  micros: number;
  readonly callees: Map<string, Flame>;
}

/** Narrower calls are left out, and their time is white below their caller. */
const LEAST_SHARE = 0.002;
const LEAST_LABELLED_SHARE = 0.012;
const MOST_DEPTH = 48;

export const stageLook = (stage: string): string => `stage-${STAGES.indexOf(stage as Stage)}`;

/** Null when the thread was never busy. Calls deeper than MOST_DEPTH count with their caller at that depth. */
export function flamesOf(profile: CpuProfile): Flame | null {
  const stages = stagesOfNodes(profile.nodes);
  const times = selfTimes(profile);
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((id) => [id, node] as const)));
  const root: Flame = { name: 'all', place: '', stage: 'other', micros: 0, callees: new Map() };
  for (const node of profile.nodes) {
    const micros = times.get(node.id) ?? 0;
    if (micros > 0 && (stages.get(node.id) ?? null) !== null) add(root, stackOf(node, parents), stages, micros);
  }
  return root.micros === 0 ? null : root;
}

/** From the outermost call to the node, without V8's root. */
function stackOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): ProfileNode[] {
  const stack: ProfileNode[] = [];
  for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) stack.push(at);
  return stack.reverse().slice(1, MOST_DEPTH);
}

function add(
  root: Flame,
  stack: readonly ProfileNode[],
  stages: ReadonlyMap<number, Stage | null>,
  micros: number,
): void {
  let flame = root;
  flame.micros += micros;
  for (const { id, callFrame } of stack) {
    const name = callFrame.functionName || '(anonymous)';
    const place = placeOf(callFrame);
    const key = `${name} ${place}`;
    const known = flame.callees.get(key);
    const next: Flame = known ?? { name, place, stage: stages.get(id)!, micros: 0, callees: new Map() };
    if (known === undefined) flame.callees.set(key, next);
    next.micros += micros;
    flame = next;
  }
}

const placeOf = ({ url, lineNumber }: CallFrame): string => (url === '' ? '' : `${url}:${lineNumber + 1}`);

const SCRIPT = new Markup(`<script>
for (const flame of document.querySelectorAll('.flame')) flame.addEventListener('click', ({ target }) => {
  const chosen = target.closest('.frame');
  if (chosen === null) return;
  const wasChosen = chosen.classList.contains('chosen');
  for (const frame of flame.querySelectorAll('.frame')) frame.classList.remove('chosen', 'wide', 'gone');
  if (wasChosen) return;
  chosen.classList.add('chosen');
  for (let frame = chosen; frame !== null; frame = frame.parentElement.closest('.frame')) {
    frame.classList.add('wide');
    for (const other of frame.parentElement.children) if (other !== frame) other.classList.add('gone');
  }
});
</script>`);

/** Null when the thread was never busy. */
export function flameGraph(profile: CpuProfile): Markup | null {
  const root = flamesOf(profile);
  if (root === null) return null;
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="Flame graph"><div class="flame">${box(root, root.micros, root.micros)}</div></div>
${SCRIPT}`;
}

function box(flame: Flame, callersMicros: number, allMicros: number): Markup {
  const { name, place, stage, micros, callees } = flame;
  const share = micros / allMicros;
  const shown = [...callees.values()].filter((callee) => callee.micros / allMicros >= LEAST_SHARE);
  const title = [name, place, percent(share)].filter((part) => part !== '').join(', ');
  const label = share >= LEAST_LABELLED_SHARE ? name : null;
  const below = shown.toSorted((a, b) => b.micros - a.micros).map((callee) => box(callee, micros, allMicros));
  const width = (100 * micros) / callersMicros;
  return markup`<div class="frame" style="width:${width}%"><span class="${stageLook(stage)}" title="${title}">${label}</span>${
    below.length === 0 ? null : markup`<div>${below}</div>`
  }</div>`;
}
