import { askJson } from '../api.ts';
import { programQuery } from './programs.ts';

/** What is wrong in a program: the lints of its tasks and resources, the worst first. */
export interface Finding {
  name: string;
  message: string;
  sinceUnixNanos: string;
  /** When it was found last, where a range was asked for. */
  lastUnixNanos?: string;
  tasks: string[];
  resources: string[];
  location: string | null;
  remedy: string;
}

/** What was wrong in a program at an instant (Unix ns, '' for the latest) or at any time of a range, the worst first. */
export async function fetchFindings(program: string, when: { at: string } | { from: string; to: string }, signal: AbortSignal): Promise<Finding[]> {
  return (await askJson<{ findings: Finding[] }>(`findings?${programQuery(program, when)}`, signal)).findings;
}
