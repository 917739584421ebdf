import { askJson } from '../api.ts';
import { programQuery } from './programs.ts';

/** What is wrong in a program: the lints of its tasks and resources, the worst first. */
export interface Finding {
  name: string;
  message: string;
  sinceUnixNanos: string;
  untilUnixNanos: string | null;
  tasks: string[];
  resources: string[];
  location: string;
  count: number;
  threshold: string;
  remedy: string;
}

/** What was wrong in a program in a range of time (Unix ns), the worst first. */
export async function fetchFindings(program: string, from: string, to: string, signal: AbortSignal): Promise<Finding[]> {
  return (await askJson<{ findings: Finding[] }>(`findings?${programQuery(program, { from, to })}`, signal)).findings;
}
