import { formatClock } from '../../data/time.ts';
import { downloadPath, traceOf } from '../../data/trace.ts';
import { formatBytes, formatCount, plural } from '../../engine/format.ts';
import { windowEnd } from '../../engine/view.ts';
import { go, href, params, path, step } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { writeWindow } from './address.ts';
import type { TraceModel } from './model.ts';

/** What is to be said of the trace as a whole: how far it is read, what is missing, what has come since. */
export function Messages({ model }: { model: TraceModel }) {
  return (
    <div class="messages">
      <Reading model={model} />
      <News model={model} />
      {model.filterStale.value && (
        <Banner kind="warn">
          The link hides services by a list that is not that of this trace (svcFilter): all are shown.{' '}
          <button type="button" onClick={() => model.hide([])}>
            Take it out of the link
          </button>
        </Banner>
      )}
      {model.raw && (
        <Banner kind="warn">
          Spans are shown as they were sent: no clock is adjusted.{' '}
          <button type="button" onClick={adjusted}>
            Adjust clocks
          </button>
        </Banner>
      )}
    </div>
  );
}

function Reading({ model }: { model: TraceModel }) {
  const state = model.state.value;
  const retry = (
    <button type="button" onClick={() => window.location.reload()}>
      Retry
    </button>
  );
  if (state === 'loading') return <Loading model={model} />;
  if (state === 'error') return <Banner kind="error">The trace could not be read: {model.error.value}. {retry}</Banner>;
  if (state !== 'partial') return null;
  const { facts } = model;
  if (facts.value?.cut && model.error.value === facts.value.message) return <Cut model={model} />;
  return (
    <Banner kind="warn">
      Part of this trace is missing: {model.error.value || 'the server does not say why'}. {retry}
    </Banner>
  );
}

/** A trace with more spans than a browser should hold: what is on screen can be had whole, and a file has all of it. */
function Cut({ model }: { model: TraceModel }) {
  const trace = traceOf(model);
  const view = model.view.value;
  const zoomed = view.t0 > 0 || windowEnd(view) < model.duration * 0.999999;
  return (
    <Banner kind="warn">
      {model.error.value}.{' '}
      {zoomed ? (
        <button type="button" onClick={() => readPart(model)}>
          Read what is on screen whole
        </button>
      ) : (
        model.part === '' && 'Zoom in to read a part whole.'
      )}
      {model.part && (
        <button type="button" onClick={() => step((query) => query.delete('part'))}>
          Read the outline again
        </button>
      )}{' '}
      A file has all of them:{' '}
      <a href={href(downloadPath(trace, 'otlp'))} download="">
        OTLP JSON
      </a>
      ,{' '}
      <a href={href(downloadPath(trace, 'csv'))} download="">
        CSV
      </a>
    </Banner>
  );
}

/** Reads the trace again, with all spans of the time on screen. */
function readPart(model: TraceModel): void {
  const view = model.view.peek();
  const base = BigInt(model.facts.peek()?.base ?? 0);
  const from = base + BigInt(Math.max(0, Math.floor(view.t0)));
  const to = base + BigInt(Math.ceil(Math.min(windowEnd(view), model.duration)));
  step((query) => {
    query.set('part', `${from}-${to}`);
    writeWindow(query, view, model.duration);
  });
}

function Loading({ model }: { model: TraceModel }) {
  const facts = model.facts.value;
  const of = facts ? ` of ${plural(facts.spans, 'span')}` : ' spans';
  return (
    <p class="progress" role="status">
      {formatCount(model.rows.value)}
      {of} · {formatBytes(model.bytes.value)} so far
      <button type="button" onClick={() => model.cancel()}>
        Cancel
      </button>
    </p>
  );
}

/** Spans that came after the trace was read wait behind a line: nothing moves unless the user asks for it. */
function News({ model }: { model: TraceModel }) {
  const { fresh, follow, lostAt } = model.watch;
  const show = (
    <button type="button" onClick={() => model.reload()}>
      Show
    </button>
  );
  if (lostAt.value > 0) {
    return <Banner kind="warn">Not connected since {formatClock(new Date(lostAt.value))}, trying again every 4 s. What is here stays.</Banner>;
  }
  if (fresh.value > 0 && !follow.value) {
    return (
      <Banner kind="warn">
        {plural(fresh.value, 'new row')} {show}
        <button type="button" onClick={() => model.watch.setFollow(true)}>
          Follow
        </button>
      </Banner>
    );
  }
  if (model.outdated.value && !follow.value) return <Banner kind="warn">Spans were added to this trace since it was read. {show}</Banner>;
  if (!follow.value) return null;
  return (
    <p class="progress" role="status">
      <span class="live">Following</span> New spans are shown as they arrive.
      <button type="button" onClick={() => model.watch.setFollow(false)}>
        Stop
      </button>
    </p>
  );
}

function adjusted(): void {
  const query = new URLSearchParams(params.peek());
  query.delete('raw');
  go(path.peek(), query);
}
