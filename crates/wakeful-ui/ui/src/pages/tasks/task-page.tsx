import { fetchTaskLanes } from '../../data/runtime/lanes.ts';
import type { Program } from '../../data/runtime/programs.ts';
import { fetchTask, type TaskDetails } from '../../data/runtime/task.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { formatBytes, formatCount, formatDuration } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { ProgramPage } from '../program/frame.tsx';
import { whyUnknown } from '../program/insight-note.tsx';
import { LanesPanel } from '../program/lanes-panel.tsx';
import { LintList } from '../program/lint-list.tsx';
import { OnePage } from '../program/one-page.tsx';
import { NotKnown } from './columns.tsx';
import { HistogramView } from './histogram.tsx';
import { StateMark } from './state-mark.tsx';
import { Holds, Relatives, ServedSpans } from './task-parts.tsx';
import { TimeShares } from './time-shares.tsx';
import './task.css';

const LIST = { path: '/tasks', title: 'Tasks' };

/** One task: what is known of it, what it did lately, and what it has to do with others. */
export function TaskPage({ id }: { id: string }) {
  return (
    <ProgramPage title={`Task ${id}`}>
      {(program) => (
        <OnePage key={`${program.id} ${id}`} program={program} id={id} what="task" list={LIST} pauses read={fetchTask}>
          {(task, at) => <Details task={task} program={program} at={at} />}
        </OnePage>
      )}
    </ProgramPage>
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
