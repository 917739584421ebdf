import type { ServerResponse } from 'node:http';
import { columnFromArray, dictionary, float64, uint32, uint64, uint8, utf8 } from '@uwdata/flechette';
import { encodeArrow } from './mock-arrow.ts';
import { resourceLanes, runtimeLanes, spanLanes, taskLanes } from './mock-lanes.ts';
import { resourceDetails, resourceTable, series } from './mock-resources.ts';

/** A program with some tasks, two of them locked for ever, for development without a binary. */
export const MOCK_PROGRAM = '9f2c51d07ab3e864';

const INSIGHT = {
  depth: 'hooks',
  missing: [{ what: 'wakes of tasks that are not wrapped, and what they wait for', add: 'tokio = { version = "1", features = ["tracing"] }' }],
};

const LANE_FACTS = { program: MOCK_PROGRAM, insight: JSON.stringify(INSIGHT) };

/** The lanes below a span of a trace that begins at `base`. */
export function lanesOfSpan(base: bigint, start: number, dur: number): Uint8Array {
  return spanLanes(base, start, dur, LANE_FACTS);
}

interface MockTask {
  id: number;
  state: number;
  name: string;
  kind: string;
  location: string;
  fields: string;
  parent: number;
  /** Seconds before now. */
  age: number;
  busy: number;
  scheduled: number;
  polls: number;
  p99: number;
  classes: number[];
  lints: number;
  ended: number;
}

const SECOND = 1e9;
const NAMES = ['accept', 'connection', 'flush', 'compact', '', 'metrics'];
const PLACES = ['src/server.rs:90:5', 'src/server.rs:131:9', 'src/db.rs:44:13', 'src/compact.rs:12:5', 'src/cmd/apply.rs:77:20', 'src/metrics.rs:9:5'];

/** Forty tasks, the same each time. */
function tasks(): MockTask[] {
  return Array.from({ length: 40 }, (_, i): MockTask => {
    const of = i % NAMES.length;
    const polls = of === 4 ? Number.NaN : 3 ** (i % 11);
    const slow = of === 3;
    return {
      id: i + 1,
      state: i % 17 === 3 ? 2 : i % 13 === 5 ? 1 : i % 9 === 7 ? 3 : 0,
      name: i === 11 ? '<img src=x onerror=alert(1)>\u202e' : NAMES[of],
      kind: of === 3 ? 'blocking' : i === 0 ? 'block_on' : 'task',
      location: PLACES[of],
      fields: of === 1 ? `peer=10.0.0.${i} proto=resp3` : '',
      parent: i === 0 ? 0 : 1,
      age: 3_722 / (i + 1),
      busy: of === 4 ? Number.NaN : 1.2e7 * (i + 1),
      scheduled: of === 4 ? Number.NaN : 3e6 + i * 1e5,
      polls,
      p99: of === 4 ? Number.NaN : slow ? 2.4e7 : 1e6 / (i + 1),
      classes: of === 4 ? Array(8).fill(0) : [polls >> 2, polls >> 1, polls >> 3, i % 5, slow ? 3 : 0, slow ? 2 : 0, 0, 0],
      lints: slow ? 1 << 5 : i === 12 || i === 13 ? 1 << 9 : 0,
      ended: i % 9 === 7 ? (i === 16 ? 2 : 1) : 0,
    };
  });
}

const f64 = (values: number[]) => columnFromArray(values, float64());
const u8 = (values: number[]) => columnFromArray(values, uint8());
const u32 = (values: number[]) => columnFromArray(values, uint32());
const u64 = (values: number[]) => columnFromArray(values.map(BigInt), uint64());
const text = (values: string[]) => columnFromArray(values, dictionary(utf8(), uint32()));

/** What a program reports of its runtimes, as `docs/ui-api.md` lays it out. */
export class MockRuntime {
  private readonly all = tasks();
  private readonly at: bigint;

  /** `now` in Unix ms; without `present` no program has reported. */
  constructor(
    now: number,
    private readonly present: boolean,
  ) {
    this.at = BigInt(now) * 1_000_000n;
  }

  /** Answers if the path is of this part; false otherwise. */
  answer(rest: string, query: URLSearchParams, response: ServerResponse): boolean {
    const [head, id, part] = rest.split('/');
    if (rest === 'programs') return json(response, { programs: this.programs() });
    if (rest === 'findings') return json(response, { findings: this.findings() });
    if (rest === 'watch') return this.watch(response);
    if (rest === 'tasks') {
      return arrow(response, query.get('group') === 'location' ? this.locations() : this.tasks(query.get('filter') ?? ''));
    }
    if (head === 'tasks' && part === undefined) return this.task(Number(id), response);
    if (head === 'tasks' && part === 'lane') return arrow(response, taskLanes(this.at, Number(id), LANE_FACTS));
    if (rest === 'resources') return arrow(response, resourceTable(this.at, query, LANE_FACTS));
    if (head === 'resources' && part === 'lane') return arrow(response, resourceLanes(this.at, LANE_FACTS));
    if (head === 'resources') return this.resource(Number(id), response);
    if (rest === 'runtime/series') return json(response, series(this.at));
    if (rest === 'runtime') return arrow(response, runtimeLanes(this.at, LANE_FACTS));
    return false;
  }

  private programs(): object[] {
    if (!this.present) return [];
    return [
      {
        id: MOCK_PROGRAM,
        service: 'mini-redis',
        instance: 'c0ffee',
        host: 'otter',
        pid: '4711',
        live: true,
        fromUnixNanos: this.before(3_722),
        toUnixNanos: String(this.at),
        tasksAlive: 36,
        lost: 0,
        insight: INSIGHT,
        runtimes: [{ id: '1', name: 'main', flavor: 'multi_thread', workers: 2 }],
      },
    ];
  }

  private before(seconds: number): string {
    return String(this.at - BigInt(Math.round(seconds * SECOND)));
  }

  private facts(rows: MockTask[]): Record<string, string> {
    const of = (state: number) => String(this.all.filter((task) => task.state === state).length);
    return {
      ...{ program: MOCK_PROGRAM, base: this.before(3_722), at: String(this.at), from: this.before(3_722), to: String(this.at) },
      ...{ lost: '0', complete: 'true', message: '', matched: String(rows.length), tasks: String(this.all.length) },
      ...{ idle: of(0), scheduled: of(1), running: of(2), done: of(3), insight: JSON.stringify(INSIGHT), kept: 'all' },
    };
  }

  private tasks(filter: string): Uint8Array {
    const rows = this.all.filter((task) => `${task.name} ${task.location} ${task.fields}`.toLowerCase().includes(filter.toLowerCase()));
    const number = (of: (task: MockTask) => number) => f64(rows.map(of));
    const start = (task: MockTask) => (3_722 - task.age) * SECOND;
    const total = (task: MockTask) => (task.state === 3 ? task.age / 2 : task.age) * SECOND;
    const classes = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`poll${i}`, u32(rows.map((task) => task.classes[i]))]));
    return encodeArrow(
      {
        id: u64(rows.map(({ id }) => id)),
        state: u8(rows.map(({ state }) => state)),
        name: text(rows.map(({ name }) => name)),
        kind: text(rows.map(({ kind }) => kind)),
        location: text(rows.map(({ location }) => location)),
        fields: text(rows.map(({ fields }) => fields)),
        parent: u64(rows.map(({ parent }) => parent)),
        runtime: u64(rows.map(() => 1)),
        start: number(start),
        end: number((task) => (task.state === 3 ? start(task) + total(task) : Number.NaN)),
        total: number(total),
        busy: number(({ busy }) => busy),
        scheduled: number(({ scheduled }) => scheduled),
        idle: number((task) => total(task) - task.busy - task.scheduled),
        polls: number(({ polls }) => polls),
        wakes: number(({ polls }) => polls - 1),
        selfWakes: number(() => 0),
        wakers: number(() => 1),
        lastPoll: number(() => 3_721.5 * SECOND),
        lastWake: number(() => 3_721.4 * SECOND),
        p50: number(({ p99 }) => p99 / 4),
        p99: number(({ p99 }) => p99),
        longest: number(({ p99 }) => p99 * 1.2),
        ...classes,
        lints: u32(rows.map(({ lints }) => lints)),
        ended: u8(rows.map(({ ended }) => ended)),
      },
      this.facts(rows),
    );
  }

  private locations(): Uint8Array {
    const number = (of: (place: string, index: number) => number) => f64(PLACES.map(of));
    return encodeArrow(
      {
        location: text(PLACES),
        kind: text(PLACES.map(() => 'task')),
        name: text(NAMES),
        count: u32(PLACES.map((place) => this.all.filter(({ location }) => location === place).length)),
        alive: number((place) => this.all.filter(({ location, state }) => location === place && state !== 3).length),
        started: number((_, i) => 10 ** (i + 1)),
        ended: number((_, i) => 10 ** (i + 1) - 6),
        polls: number((_, i) => (i === 4 ? Number.NaN : 7 ** (i + 2))),
        growth: number((_, i) => [0, 41, -2, 0, 3, 0][i]),
        busy: number((_, i) => (i === 4 ? Number.NaN : 4e6 * (i + 1))),
        scheduled: number((_, i) => 1e5 * (i + 1)),
        longest: number((_, i) => (i === 3 ? 2.4e7 : 9e4)),
        oldest: number((_, i) => i * 60 * SECOND),
        lints: u32(PLACES.map((_, i) => (i === 3 ? 1 << 5 : i === 1 ? 1 << 8 : 0))),
      },
      this.facts(this.all),
    );
  }

  private findings(): object[] {
    const finding = (name: string, more: object) => ({
      ...{ name, message: '', sinceUnixNanos: this.before(100), tasks: [], resources: [], location: PLACES[3] },
      ...{ remedy: '', ...more },
    });
    return [
      finding('deadlock', {
        message: 'task 13 holds Mutex src/a.rs:10:5, waits for Mutex src/a.rs:11:5; task 14 holds Mutex src/a.rs:11:5, waits for Mutex src/a.rs:10:5',
        tasks: ['13', '14'],
        resources: ['7', '8'],
        remedy: 'take the two locks in the same order everywhere',
      }),
      finding('long-poll', { tasks: ['4'], message: 'a poll of 24.0 ms', remedy: 'move what blocks to spawn_blocking' }),
      finding('task-leak', { tasks: [], location: PLACES[1], message: '41 more tasks than ten minutes ago', remedy: 'see who keeps them' }),
    ];
  }

  /** Stays open; all tasks once, then nothing happens. */
  private watch(response: ServerResponse): boolean {
    response.setHeader('content-type', 'application/x-ndjson');
    response.write(`${JSON.stringify({ type: 'alive' })}\n`);
    return true;
  }

  private resource(id: number, response: ServerResponse): boolean {
    const found = resourceDetails(this.at, id, INSIGHT);
    if (found) return json(response, found);
    response.statusCode = 404;
    return json(response, { error: { message: `nothing is stored of resource ${id}` } });
  }

  private task(id: number, response: ServerResponse): boolean {
    const task = this.all.find((known) => known.id === id);
    if (!task) {
      response.statusCode = 404;
      return json(response, { error: { message: `nothing is stored of task ${id}; stored is the time from ${this.before(3_722)} to ${String(this.at)}` } });
    }
    return json(response, this.details(task));
  }

  private details(task: MockTask): object {
    const total = task.age * SECOND;
    const states = ['idle', 'scheduled', 'running', 'done'];
    const ref = ({ id, name, location, state, ended }: MockTask) => ({ id: String(id), name, location, state: states[state], ...(ended ? { ended: 'completed' } : {}) });
    const locked = task.id === 13 || task.id === 14;
    const known = Number.isNaN(task.busy) ? null : 1;
    const bounds = Array.from({ length: 16 }, (_, i) => 1024 * 2 ** i);
    return {
      ...ref(task),
      ...{ kind: task.kind, runtime: '1', typeName: 'mini_redis::server::Listener::run::{{closure}}', futureBytes: 1_824, storedBytes: 1_824 },
      spawnedIn: task.id === 13 ? { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '0000000000000001' } : null,
      ...{ startUnixNanos: this.before(task.age), endUnixNanos: null, ended: task.ended ? 'completed' : null, atUnixNanos: String(this.at) },
      ...{ total, busy: known && task.busy, scheduled: known && task.scheduled, idle: known && total - task.busy - task.scheduled },
      polls: known && task.polls,
      wakers: known && { live: 1, clones: 912, drops: 911, wakes: 910, selfWakes: 12, lastWakeUnixNanos: this.before(2) },
      pollTimes: known && {
        ...{ bounds, counts: bounds.map((_, i) => Math.round(400 * Math.exp(-((i - 5) ** 2) / 6)) + (i > 13 ? 2 : 0)) },
        ...{ p10: 9_000, p25: 18_000, p50: 32_000, p75: 60_000, p90: 110_000, p95: 200_000, p99: task.p99, max: task.p99 * 1.2 },
      },
      scheduledTimes: null,
      parent: task.parent ? ref(this.all[task.parent - 1]) : null,
      children: this.all.filter(({ parent }) => parent === task.id).slice(0, 12).map(ref),
      childrenTotal: this.all.filter(({ parent }) => parent === task.id).length,
      holds: locked ? [{ resource: task.id === 13 ? '7' : '8', kind: 'Sync', type: 'Mutex', name: '', how: '', location: 'src/a.rs:10:5', sinceUnixNanos: this.before(95) }] : [],
      waitsFor: locked
        ? [{ resource: task.id === 13 ? '8' : '7', kind: 'Sync', type: 'Mutex', name: '', how: 'Mutex::lock', location: 'src/a.rs:11:5', sinceUnixNanos: this.before(94), holder: task.id === 13 ? '14' : '13' }]
        : [],
      spans: [0, 1, 2].map((i) => ({
        ...{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: `000000000000000${i}`, service: 'mini-redis', operation: i ? 'apply' : 'run' },
        ...{ startUnixNanos: this.before(60 - i), durationNanos: 5_214_907 / (i + 1), error: i === 2 },
      })),
      spansComplete: true,
      lints: locked
        ? [{ name: 'deadlock', message: 'this task and task 14 wait for each other', sinceUnixNanos: this.before(94), remedy: 'take the two locks in the same order everywhere' }]
        : task.lints
          ? [{ name: 'long-poll', message: 'a poll took 24.0 ms', sinceUnixNanos: this.before(30), remedy: 'move what blocks to spawn_blocking' }]
          : [],
      ...{ insight: INSIGHT, lost: 0 },
    };
  }
}

function json(response: ServerResponse, object: object): true {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(object));
  return true;
}

function arrow(response: ServerResponse, bytes: Uint8Array): true {
  response.setHeader('content-type', 'application/vnd.apache.arrow.stream');
  response.end(bytes);
  return true;
}

