import { useEffect, useState } from 'preact/hooks';
import { ApiError, isAbort, messageOf } from '../../data/api.ts';
import { fetchTaskLanes } from '../../data/runtime/lanes.ts';
import type { Program } from '../../data/runtime/programs.ts';
import { fetchTask, type TaskDetails } from '../../data/runtime/task.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { formatBytes, formatCount, formatDuration } from '../../engine/format.ts';
import { pageCommands } from '../../shell/commands.ts';
import { go, href } from '../../shell/router.ts';
import { useAddress } from '../../shell/use-address.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { ProgramPage } from '../program/frame.tsx';
import { whyUnknown } from '../program/insight-note.tsx';
import { InstantField } from '../program/instant-field.tsx';
import { goToPage, sharedQuery } from '../program/keys.ts';
import { LanesPanel } from '../program/lanes-panel.tsx';
import { LintList } from '../program/lint-list.tsx';
import { NotKnown } from './columns.tsx';
import { HistogramView } from './histogram.tsx';
import { StateMark } from './state-mark.tsx';
import { Holds, Relatives, ServedSpans } from './task-parts.tsx';
import { TimeShares } from './time-shares.tsx';
import './task.css';

/** One task: what is known of it, what it did lately, and what it has to do with others. */
export function TaskPage({ id }: { id: string }) {
  return <ProgramPage title={`Task ${id}`}>{(program) => <Task key={`${program.id} ${id}`} program={program} id={id} />}</ProgramPage>;
}

/** A task that lives is asked for again. */
const AGAIN_MS = 2_000;

function Task({ program, id }: { program: Program; id: string }) {
  const [at, setAt] = useAddress('at', '');
  const [task, setTask] = useState<TaskDetails | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [live, setLive] = useState(true);
  const follows = live && at === '' && program.live;
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => {
      if (document.hidden) return;
      fetchTask(program.id, id, at, abort.signal).then(
        (answer) => {
          setTask(answer);
          setError(null);
        },
        (problem) => {
          if (!isAbort(problem)) setError(problem instanceof ApiError ? problem : new ApiError(messageOf(problem), 0));
        },
      );
    };
    ask();
    const timer = follows ? window.setInterval(ask, AGAIN_MS) : 0;
    return () => {
      window.clearInterval(timer);
      abort.abort();
    };
  }, [program.id, id, at, follows]);
  useEffect(() => {
    pageCommands.value = {
      close: () => (go('/tasks', sharedQuery({ sel: id })), true),
      keys: { scopes: ['program', 'live'], perform: (action) => (action === 'pause' ? setLive((on) => !on) : goToPage(action)) },
    };
  }, [id]);
  return (
    <>
      <div class="bar">
        <a class="button" href={href('/tasks', sharedQuery({ sel: id }))}>
          <Icon name="back" /> Tasks
        </a>
        <InstantField at={at} from={program.fromUnixNanos} to={program.toUnixNanos} onChange={setAt} />
      </div>
      {error && (
        <Banner kind="error">
          {error.status === 404 ? 'This task is not stored' : 'The task could not be read'}: {error.message}.
        </Banner>
      )}
      {task && <Details task={task} program={program} at={at} />}
    </>
  );
}

function Details({ task, program, at }: { task: TaskDetails; program: Program; at: string }) {
  const why = whyUnknown(task.insight);
  const { wakers } = task;
  const count = (value: number | null | undefined) => (value === null || value === undefined ? <NotKnown why={why} /> : formatCount(value));
  return (
    <div class="task">
      <header>
        <h2>
          Task {task.id} {task.name && <Hostile text={task.name} />}
        </h2>
        <StateMark state={task.state ?? 'unknown'} ended={task.ended ?? ''} />
        {task.ended && <span class={task.ended === 'panicked' ? 'errors' : 'hint'}>{task.ended}</span>}
        <span class="hint">
          <Hostile text={task.location ?? 'where it was spawned is not known'} />
        </span>
        {task.lost > 0 && <span class="warned">lost {formatCount(task.lost)}</span>}
      </header>
      <LintList lints={task.lints} />
      <TimeShares task={task} why={why} />
      <section>
        <h3>Polls and wakes</h3>
        <LanesPanel
          label={`What task ${task.id} did`}
          of={`${program.id} ${task.id}`}
          range={{ from: '', to: at }}
          read={(range, signal) => fetchTaskLanes(program.id, task.id, range, signal)}
        />
      </section>
      <div class="columns">
        <section>
          <h3>Facts</h3>
          <dl class="facts">
            <dt>Kind</dt>
            <dd>{task.kind}</dd>
            <dt>Runtime</dt>
            <dd>
              <Hostile text={program.runtimes.find(({ id }) => id === task.runtime)?.name ?? task.runtime ?? 'not known'} />
            </dd>
            <dt>Spawned</dt>
            <dd>{formatInstant(nanosOf(task.startUnixNanos))}</dd>
            {task.endUnixNanos && (
              <>
                <dt>Ended</dt>
                <dd>{formatInstant(nanosOf(task.endUnixNanos))}</dd>
              </>
            )}
            <dt>Future</dt>
            <dd>
              {task.futureBytes === null ? <NotKnown why={why} /> : formatBytes(task.futureBytes)}
              {task.storedBytes !== null && task.storedBytes !== task.futureBytes && `, stored as ${formatBytes(task.storedBytes)}`}
              {task.typeName && (
                <div class="type">
                  <Hostile text={task.typeName} />
                </div>
              )}
            </dd>
            {task.spawnedIn && (
              <>
                <dt>Spawned in</dt>
                <dd>
                  <a href={href(`/trace/${task.spawnedIn.traceId}`, new URLSearchParams({ uiFind: task.spawnedIn.spanId }))}>span {task.spawnedIn.spanId}</a>
                </dd>
              </>
            )}
          </dl>
        </section>
        <section>
          <h3>Waker</h3>
          <dl class="facts">
            <dt>Live</dt>
            <dd>
              {count(wakers?.live)} <span class="hint">({count(wakers?.clones)} clones, {count(wakers?.drops)} drops)</span>
            </dd>
            <dt>Woken</dt>
            <dd>{count(wakers?.wakes)} times</dd>
            <dt>By itself</dt>
            <dd>
              {count(wakers?.selfWakes)}
              {wakers?.selfWakes && wakers.wakes ? ` (${Math.round((100 * wakers.selfWakes) / wakers.wakes)} %)` : ''}
            </dd>
            <dt>Last wake</dt>
            <dd>
              {wakers?.lastWakeUnixNanos ? (
                `${formatDuration(Math.max(0, Number(nanosOf(task.atUnixNanos) - nanosOf(wakers.lastWakeUnixNanos))))} before`
              ) : (
                <NotKnown why={why} />
              )}
            </dd>
          </dl>
        </section>
        <HistogramView title="Poll times" histogram={task.pollTimes} why={why} />
        <HistogramView title="Scheduled times" histogram={task.scheduledTimes} why={why} />
        <Holds task={task} />
        <Relatives task={task} />
        <ServedSpans task={task} why={why} />
      </div>
    </div>
  );
}
