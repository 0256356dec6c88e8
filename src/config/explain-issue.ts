/** Says in our words what zod found. Fields bring their own sentences; what is left here is the shape around them. */
import type { z } from 'zod';
import type { ConfigPath } from './diagnostics.ts';
import { didYouMean } from './nearest.ts';
import type { Report } from './report.ts';
import { knownKeys } from './schema/json-schema.ts';

type Issue = z.core.$ZodIssue;

const SHAPES: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map by name',
  array: 'a list',
  string: 'text',
};

/** Reports each issue of a failed parse. `report` must be over the source that was parsed. */
export function explainIssues(issues: readonly Issue[], report: Report): void {
  for (const issue of issues) explain(issue, issue.path as ConfigPath, report);
}

function explain(issue: Issue, path: ConfigPath, report: Report): void {
  if (issue.code === 'custom') {
    const message = nameSpelling(issue.message, issue.params?.spelling, issue.input, path, report);
    report.error(path, message, issue.params?.part === 'key' ? 'key' : 'value');
  } else if (issue.code === 'unrecognized_keys') {
    explainUnknownKeys(path, issue.keys, report);
  } else if (issue.code === 'invalid_type') {
    explainShape(issue.input, SHAPES[issue.expected] ?? issue.expected, path, report);
  } else if (issue.code === 'too_small') {
    report.error(path, '{path} is empty, expected at least one item');
  } else if (issue.code === 'invalid_union') {
    for (const inner of likeliest(issue.errors)) explain(inner, [...path, ...(inner.path as ConfigPath)], report);
  } else {
    report.error(path, `{value} cannot stand here, expected something else (${issue.message})`);
  }
}

/**
 * Puts the right spelling into a message that proposes one. Not when what was written is a reference: the spelling would show
 * what it stands for.
 */
function nameSpelling(message: string, spelling: unknown, input: unknown, path: ConfigPath, report: Report): string {
  if (typeof spelling !== 'string') return message;
  const shown = report.isWritten(path, input) ? spelling : 'that form';
  return message.replace('{spelling}', () => shown);
}

/** Unknown keys of one map that are named; finding each one's place takes as long as the map is large. */
const MOST_UNKNOWN_KEYS = 20;

function explainUnknownKeys(path: ConfigPath, keys: readonly string[], report: Report): void {
  const known = knownKeys(path);
  for (const key of keys.slice(0, MOST_UNKNOWN_KEYS)) {
    const suggestion = didYouMean(key, known);
    const expected = suggestion || `, expected ${known.length === 1 ? known[0] : `one of ${known.join(', ')}`}`;
    report.error([...path, key], `unknown key ${JSON.stringify(key)}${expected}`, 'key');
  }
  const more = keys.length - MOST_UNKNOWN_KEYS;
  if (more > 0) report.error(path, `{path} has ${more} more unknown keys, expected ${known.join(', ')} alone`);
}

function explainShape(input: unknown, expected: string, path: ConfigPath, report: Report): void {
  if (input === undefined) report.error(path, `{path} is missing, expected ${expected}`);
  else if (input === null) report.error(path, `{path} is empty, expected ${expected}`);
  else report.error(path, `{value} is not ${expected}, expected ${expected}`);
}

/** Of several forms a value may have, the one it was most likely meant to be: the first whose outer shape it has. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const hasShape = (issues: readonly Issue[]): boolean =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys');
  return branches.find(hasShape) ?? branches[0] ?? [];
}
