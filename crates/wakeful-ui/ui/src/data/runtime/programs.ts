import { askJson } from '../api.ts';

/** How deep a program lets one look: Tokio's counts alone, what wakeful wraps, `tokio_unstable`'s hooks, or Tokio's `tracing` feature. */
export type Depth = 'metrics' | 'stable' | 'hooks' | 'tracing';

/** What this build of a program shows, and what it would take to see the rest. */
export interface Insight {
  depth: Depth;
  /** What cannot be shown, and the exact line that adds it. */
  missing: { what: string; add: string }[];
}

export interface RuntimeOf {
  id: string;
  name: string;
  flavor: string;
  workers: number;
}

/** One process that reports of its runtimes. */
export interface Program {
  id: string;
  service: string;
  instance?: string;
  host?: string;
  pid?: string;
  /** Something came within the last seconds. */
  live: boolean;
  fromUnixNanos: string;
  toUnixNanos: string;
  tasksAlive: number | null;
  lost: number;
  insight: Insight;
  runtimes: RuntimeOf[];
}

/** The newest first. */
export async function fetchPrograms(signal: AbortSignal): Promise<Program[]> {
  return (await askJson<{ programs: Program[] }>('programs', signal)).programs;
}

/** `mini-redis 4711`: service and process, else instance. */
export function programName({ service, pid, instance, id }: Pick<Program, 'service' | 'pid' | 'instance' | 'id'>): string {
  return [service || id, pid ?? instance].filter(Boolean).join(' ');
}

/** A query of the API about one program; what is empty is left out. */
export function programQuery(program: string, more: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ program });
  for (const [name, value] of Object.entries(more)) if (value !== '') query.set(name, value);
  return query.toString();
}
