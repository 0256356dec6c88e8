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
    report.error(path, issue.message, issue.params?.part === 'key' ? 'key' : 'value');
  } else if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) explainUnknownKey(path, key, report);
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

function explainUnknownKey(path: ConfigPath, key: string, report: Report): void {
  const known = knownKeys(path);
  const suggestion = didYouMean(key, known);
  const expected = suggestion || `, expected ${known.length === 1 ? known[0] : `one of ${known.join(', ')}`}`;
  report.error([...path, key], `unknown key ${JSON.stringify(key)}${expected}`, 'key');
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
