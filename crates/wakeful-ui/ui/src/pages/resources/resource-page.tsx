import { fetchResourceLanes } from '../../data/runtime/lanes.ts';
import type { Program } from '../../data/runtime/programs.ts';
import { fetchResource, type Party, type ResourceDetails } from '../../data/runtime/resources.ts';
import { formatInstant, formatNear, millisOf, nanosOf } from '../../data/time.ts';
import { formatCount, formatDuration } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { ProgramPage } from '../program/frame.tsx';
import { sharedQuery } from '../program/keys.ts';
import { LanesPanel } from '../program/lanes-panel.tsx';
import { LintList } from '../program/lint-list.tsx';
import { OnePage } from '../program/one-page.tsx';
import { NotKnown } from '../tasks/columns.tsx';
import { HistogramView } from '../tasks/histogram.tsx';
import { WaitGraph } from './wait-graph.tsx';
import '../tasks/task.css';
import './resources.css';

const LIST = { path: '/resources', title: 'Resources' };

/** One resource: who holds it, who waits, and for how long. */
export function ResourcePage({ id }: { id: string }) {
  return (
    <ProgramPage title={`Resource ${id}`}>
      {(program) => (
        <OnePage key={`${program.id} ${id}`} program={program} id={id} what="resource" list={LIST} read={fetchResource}>
          {(resource, at) => <Details resource={resource} program={program} at={at} />}
        </OnePage>
      )}
    </ProgramPage>
  );
}

const NO_WAITS = 'No wait for it ended then, or none was told one by one';
const NOT_MEASURED = 'How long it is held is not measured: that would take a clock at each lock';

function Details({ resource, program, at }: { resource: ResourceDetails; program: Program; at: string }) {
  return (
    <div class="task">
      <header>
        <h2>
          <Hostile text={resource.type} /> {resource.id} {resource.name && <Hostile text={resource.name} />}
        </h2>
        <span class="hint">
          <Hostile text={resource.location ?? ''} />
        </span>
      </header>
      <LintList lints={resource.lints} />
      <section>
        <h3>Held and waited for</h3>
        <LanesPanel
          label={`Who held ${resource.type} ${resource.id}, and who waited`}
          of={`${program.id} ${resource.id}`}
          range={{ from: '', to: at }}
          read={(range, signal) => fetchResourceLanes(program.id, resource.id, range, signal)}
        >
          {({ waitTimes, holdTimes }) => (
            <>
              <HistogramView title="Waits that ended then" histogram={waitTimes} why={NO_WAITS} />
              {holdTimes && <HistogramView title="Holds that ended then, one of 32 timed" histogram={holdTimes} why="" />}
            </>
          )}
        </LanesPanel>
      </section>
      <div class="columns">
        <section>
          <h3>Facts</h3>
          <dl class="facts">
            <dt>Kind</dt>
            <dd>
              <Hostile text={resource.kind} />
              {resource.internal && ', internal'}
            </dd>
            <dt>Target</dt>
            <dd>
              <Hostile text={resource.target} />
            </dd>
            <dt>Made</dt>
            <dd>{formatInstant(nanosOf(resource.startUnixNanos))}</dd>
            {resource.contention && (
              <>
                <dt>Taken</dt>
                <dd>
                  {formatCount(resource.contention.acquisitions)} times, {formatCount(resource.contention.contended)} after a wait
                </dd>
                <dt>Waited, held</dt>
                <dd>
                  {formatDuration(resource.contention.waited)},{' '}
                  {resource.contention.held === null ? <NotKnown why={NOT_MEASURED} /> : formatDuration(resource.contention.held)} in all
                </dd>
              </>
            )}
            {resource.attributes.map(({ key, value, unit }) => (
              <>
                <dt key={key}>
                  <Hostile text={key} />
                </dt>
                <dd>
                  <Hostile text={`${value} ${unit}`.trim()} />
                </dd>
              </>
            ))}
          </dl>
        </section>
        <Parties title="Held by" parties={resource.holders} total={resource.holders.length} none="Nobody holds it." />
        <Parties title="Waited for by" parties={resource.waiters} total={resource.waitersTotal} none="Nobody waits for it." />
        {resource.waitsFor && resource.waitsFor.nodes.length > 0 && <WaitGraph graph={resource.waitsFor} />}
      </div>
      {resource.asyncOps.length > 0 && <AsyncOps resource={resource} />}
    </div>
  );
}

function Parties({ title, parties, total, none }: { title: string; parties: readonly Party[]; total: number; none: string }) {
  return (
    <section>
      <h3>
        {title} <small class="hint">{formatCount(total)}</small>
      </h3>
      {parties.length === 0 ? (
        <p class="hint">{none}</p>
      ) : (
        <ul class="lines">
          {parties.map(({ task, sinceUnixNanos, location, how }, at) => (
            <li key={at}>
              {task ? <a href={href(`/tasks/${task.id}`, sharedQuery())}>task {task.id}</a> : 'a thread outside of tasks'}{' '}
              {task?.name && <Hostile text={task.name} />}{' '}
              <span class="hint">
                <Hostile text={[how, location].filter(Boolean).join(', ')} /> since {formatNear(millisOf(nanosOf(sinceUnixNanos)), Date.now())}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function AsyncOps({ resource }: { resource: ResourceDetails }) {
  const { asyncOps, asyncOpsTotal } = resource;
  return (
    <section>
      <h3>
        Async operations{' '}
        <small class="hint">
          {formatCount(asyncOps.length)} of {formatCount(asyncOpsTotal)}
        </small>
      </h3>
      <table class="figures">
        <thead>
          <tr>
            {['ID', 'Parent', 'Task', 'Source', 'Total', 'Busy', 'Idle', 'Polls', 'Ready'].map((head) => (
              <th key={head} scope="col" class={head === 'Source' ? 'text' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {asyncOps.map((op) => (
            <tr key={op.id}>
              <th scope="row">{op.id}</th>
              <td>{op.parent ?? '–'}</td>
              <td>{op.task ? <a href={href(`/tasks/${op.task}`, sharedQuery())}>{op.task}</a> : '–'}</td>
              <td class="text">
                <Hostile text={op.source} />
              </td>
              <td>{formatDuration(op.total)}</td>
              <td>{formatDuration(op.busy)}</td>
              <td>{formatDuration(op.idle)}</td>
              <td>{formatCount(op.polls)}</td>
              <td>{op.ready ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
