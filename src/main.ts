#!/usr/bin/env node
/** Picks the role of this process: an acceptor when the supervisor started it, the command line otherwise. */
import { type AcceptorAssignment, ASSIGNMENT_VARIABLE } from './ipc.ts';

const assignment = process.env[ASSIGNMENT_VARIABLE];
if (assignment === undefined) {
  const { runCommand } = await import('./cli/commands.ts');
  process.exitCode = await runCommand(process.argv.slice(2));
} else {
  const { runAcceptor } = await import('./acceptor/main.ts');
  runAcceptor(JSON.parse(assignment) as AcceptorAssignment);
}
