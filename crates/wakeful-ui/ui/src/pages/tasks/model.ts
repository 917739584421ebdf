import { batch, signal } from '@preact/signals';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';
import { fetchFindings, type Finding } from '../../data/runtime/findings.ts';
import { fetchTasks, rowOf, type TaskFacts, type TaskQuery, type TaskRow, type TasksLine, TASKS_MAX, watchTasks } from '../../data/runtime/tasks.ts';
import { comparing, grown, LiveRows, type TaskField } from './live-rows.ts';

/** A tab that nobody looks at gives its connection up after this time. */
const HIDDEN_MS = 30_000;
const RETRY_MS = 4_000;

/** The state of the page of tasks: what the server said last, and what it says while the page is live. */
export class TasksModel {
  readonly rows = signal<readonly TaskRow[]>([]);
  readonly facts = signal<TaskFacts | null>(null);
  readonly findings = signal<readonly Finding[]>([]);
  /** Tasks that came since, and wait to be shown. */
  readonly fresh = signal(0);
  readonly busy = signal(true);
  readonly error = signal<ApiError | null>(null);
  readonly live = signal(true);
  /** When the connection was lost (Unix ms); 0 while there is one. */
  readonly lostAt = signal(0);

  private readonly kept = new LiveRows();
  private compare = comparing('total', true);
  private query: TaskQuery = { program: '', at: '', filter: '', retain: '' };
  private asking = new AbortController();
  private watching = new AbortController();
  private hiddenTimer = 0;

  constructor() {
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  close(): void {
    this.asking.abort();
    this.watching.abort();
    window.clearTimeout(this.hiddenTimer);
    document.removeEventListener('visibilitychange', this.onVisibility);
  }

  /** Asks for other tasks; what is on screen stays until they are here. */
  async ask(query: TaskQuery): Promise<void> {
    this.query = query;
    this.asking.abort();
    this.watching.abort();
    this.asking = new AbortController();
    const { signal: aborted } = this.asking;
    this.busy.value = true;
    try {
      const [{ facts, rows }, findings] = await Promise.all([
        fetchTasks(query, aborted),
        // Without them the table is still of use: what a row is warned of stands in it.
        fetchFindings(query.program, { at: query.at }, aborted).catch(() => []),
      ]);
      if (aborted.aborted) return;
      this.kept.set(rows, this.compare);
      batch(() => {
        this.facts.value = facts;
        this.findings.value = findings;
        this.error.value = null;
        this.busy.value = false;
        this.show();
      });
      this.follow();
    } catch (error) {
      if (isAbort(error)) return;
      batch(() => {
        this.error.value = error instanceof ApiError ? error : new ApiError(messageOf(error), 0);
        this.busy.value = false;
      });
    }
  }

  again(): void {
    void this.ask(this.query);
  }

  setLive(on: boolean): void {
    this.live.value = on;
    if (on) this.again();
    else this.watching.abort();
  }

  /** Puts the rows in order; those that waited are shown with them. */
  sort(field: TaskField, descending: boolean): void {
    this.compare = comparing(field, descending);
    this.sortNow();
  }

  sortNow(): void {
    const at = this.facts.peek()?.at ?? 0;
    this.kept.sort((a, b) => this.compare(grown(a, at), grown(b, at)));
    this.show();
  }

  private readonly onVisibility = () => {
    window.clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = window.setTimeout(() => this.watching.abort(), HIDDEN_MS);
    else if (this.watching.signal.aborted && this.facts.peek()) this.follow();
  };

  /** Watches what changes from now on, unless an instant of the past is looked at. */
  private follow(): void {
    this.watching.abort();
    if (!this.live.peek() || this.query.at !== '') return;
    this.watching = new AbortController();
    void this.watch(this.query, this.watching.signal);
  }

  private async watch(query: TaskQuery, aborted: AbortSignal): Promise<void> {
    while (!aborted.aborted) {
      try {
        // Each connection begins with all tasks: what it does not name has gone meanwhile.
        let all: Set<string> | null = new Set();
        for await (const line of watchTasks(query, aborted)) {
          this.lostAt.value = 0;
          all = this.take(line, all);
        }
      } catch (error) {
        if (isAbort(error)) return;
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) {
          this.error.value = error;
          return;
        }
      }
      if (aborted.aborted) return;
      if (this.lostAt.peek() === 0) this.lostAt.value = Date.now();
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS));
    }
  }

  private take(line: TasksLine, all: Set<string> | null): Set<string> | null {
    const facts = this.facts.peek();
    if (line.type === 'findings') this.findings.value = line.findings;
    if (line.type !== 'tasks' || !facts) return all;
    const at = Number(BigInt(line.atUnixNanos) - facts.base);
    this.kept.apply(
      line.changed.map((task) => rowOf(task, facts.base, at)),
      line.gone,
      // A table that was cut is one of those rows: all others would count as new.
      facts.matched <= TASKS_MAX,
    );
    for (const { id } of line.changed) all?.add(id);
    if (all && !line.more) this.kept.keepOnly(all);
    batch(() => {
      this.facts.value = { ...facts, at, counts: line.counts, lost: line.lost };
      this.show();
    });
    return line.more ? all : null;
  }

  private show(): void {
    this.rows.value = this.kept.list();
    this.fresh.value = this.kept.fresh;
  }
}
