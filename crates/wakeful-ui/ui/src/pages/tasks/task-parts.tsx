import type { Hold, TaskDetails, TaskRef } from '../../data/runtime/task.ts';
import { formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { formatCount, formatDuration, formatExact } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { sharedQuery } from '../program/keys.ts';
import { SpanLink } from '../program/span-link.tsx';
import { StateMark } from './state-mark.tsx';

/** What the task holds, and what it waits for, with who has that. */
export function Holds({ task }: { task: TaskDetails }) {
  if (task.holds.length + task.waitsFor.length === 0) return null;
  return (
    <section>
      <h3>Holds and waits for</h3>
      <ul class="lines">
        {task.holds.map((hold) => (
          <HoldLine key={`holds ${hold.resource}`} verb="holds" hold={hold} />
        ))}
        {task.waitsFor.map((hold) => (
          <HoldLine key={`waits ${hold.resource}`} verb="waits for" hold={hold} />
        ))}
      </ul>
    </section>
  );
}

function HoldLine({ verb, hold }: { verb: string; hold: Hold }) {
  return (
    <li>
      {verb}{' '}
      <a href={href(`/resources/${hold.resource}`, sharedQuery())}>
        {hold.type} {hold.resource}
      </a>{' '}
      {hold.name && <Hostile text={hold.name} />}{' '}
      <span class="hint">
        <Hostile text={[hold.location, hold.how].filter(Boolean).join(', ')} />
      </span>{' '}
      since {formatNear(millisOf(nanosOf(hold.sinceUnixNanos)), Date.now())}
      {hold.holder && (
        <>
          , held by <a href={href(`/tasks/${hold.holder}`, sharedQuery())}>task {hold.holder}</a>
        </>
      )}
    </li>
  );
}

/** Who spawned the task, and what it spawned. */
export function Relatives({ task }: { task: TaskDetails }) {
  const { parent, children, childrenTotal } = task;
  return (
    <section>
      <h3>
        Spawn tree <small class="hint">{formatCount(childrenTotal)} spawned</small>
      </h3>
      <ul class="lines">
        <li>{parent ? <TaskLink task={parent} before="spawned by" /> : <span class="hint">who spawned it is not known, or nobody did</span>}</li>
        {children.map((child) => (
          <li key={child.id} class="child">
            <TaskLink task={child} />
          </li>
        ))}
        {childrenTotal > children.length && <li class="hint">{formatCount(childrenTotal - children.length)} more</li>}
      </ul>
    </section>
  );
}

function TaskLink({ task, before = '' }: { task: TaskRef; before?: string }) {
  return (
    <>
      {before} <a href={href(`/tasks/${task.id}`, sharedQuery())}>{task.id}</a> {task.name && <Hostile text={task.name} />}{' '}
      <StateMark state={task.state ?? 'unknown'} ended={task.ended ?? ''} />{' '}
      <span class="hint">
        {task.ended} <Hostile text={task.location ?? ''} />
      </span>
    </>
  );
}

/** Spans that the task polled: the way back to the traces. */
export function ServedSpans({ task, why }: { task: TaskDetails; why: string }) {
  const { spans, spansComplete } = task;
  return (
    <section>
      <h3>
        Spans it served {!spansComplete && <small class="hint">among the last polls that are stored whole</small>}
      </h3>
      {spans.length === 0 ? (
        <p class="hint">None in the last polls that are stored whole. {task.pollTimes === null && why}</p>
      ) : (
        <ul class="lines">
          {spans.map((span) => (
            <li key={`${span.traceId} ${span.spanId}`}>
              <SpanLink span={span} />{' '}
              <span title={formatExact(span.durationNanos)}>{formatDuration(span.durationNanos)}</span>{' '}
              {span.error && <span class="errors">! error</span>}{' '}
              <span class="hint">{formatNear(millisOf(nanosOf(span.startUnixNanos)), Date.now())}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
