import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, isAbort, messageOf } from '../../../data/api.ts';
import { nanosOf } from '../../../data/time.ts';
import { fetchLogs, type TraceLog } from '../../../data/trace-logs.ts';
import { traceOf } from '../../../data/trace.ts';
import { valueText } from '../../../data/span.ts';
import { formatDuration, plural } from '../../../engine/format.ts';
import { Banner } from '../../../widgets/banner.tsx';
import { Hostile } from '../../../widgets/hostile.tsx';
import { analysisOf } from '../analysis/client.ts';
import type { TableRow } from '../analysis/table.ts';
import { FoundText } from '../found-text.tsx';
import type { TraceModel } from '../model.ts';
import { VirtualList } from '../../../widgets/virtual-list.tsx';
import './views.css';

const HEADS = ['Timestamp', 'Service', 'Span Name', 'Level', 'Event', 'Attributes'];
/** Attributes are one line here: all of them stand in the details. */
const SHOWN_CHARS = 300;

/** The events of all spans by time. */
export function LogsView({ model }: { model: TraceModel }) {
  const { logs, more, busy, error, read } = useLogs(model);
  const [active, setActive] = useState(-1);
  const spans = useSpans(model, logs);
  const base = nanosOf(model.facts.value?.base ?? '0');
  const choose = (index: number) => {
    setActive(index);
    const log = logs[index];
    if (log) model.select(log.row);
  };
  return (
    <>
      <div class="view-bar">
        <span class="hint" role="status">
          {plural(logs.length, 'event')}
          {more ? ' so far' : ''}
          {busy && ' …'}
        </span>
        {more && !busy && (
          <button type="button" onClick={read}>
            Load more
          </button>
        )}
      </div>
      {error && (
        <Banner kind="error">
          The events could not be read: {error}.{' '}
          <button type="button" onClick={read}>
            Retry
          </button>
        </Banner>
      )}
      {!busy && !error && logs.length === 0 && <p class="hint">No span of this trace has events.</p>}
      <VirtualList
        label="Events of the trace"
        count={logs.length}
        columns={HEADS.length}
        busy={busy}
        active={active}
        onActive={choose}
        onOpen={() => model.setPanel(true)}
        onRange={(_, to) => {
          if (more && !busy && !error && logs.length > 0 && to >= logs.length) read();
        }}
        head={
          <div class="vhead logs" role="row">
            {HEADS.map((title) => (
              <span key={title} role="columnheader">
                {title}
              </span>
            ))}
          </div>
        }
        row={(index) => {
          const log = logs[index];
          const span = spans.get(log.row);
          const selected = log.row === model.selected.value;
          return (
            <div
              id={`vrow-${index}`}
              class={selected ? 'logs selected' : 'logs'}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={selected}
              onClick={() => choose(index)}
            >
              <span role="gridcell" class="number">
                {formatDuration(Number(nanosOf(log.timeUnixNanos) - base))}
              </span>
              <span role="gridcell">{span && <Hostile text={span.service} />}</span>
              <span role="gridcell">{span && <Hostile text={span.name} />}</span>
              <span role="gridcell" class={levelClass(log.level)}>
                {log.level && <Hostile text={log.level} />}
              </span>
              <span role="gridcell">
                <FoundText text={log.name} query={model.query.value} />
              </span>
              <span role="gridcell" class="mono">
                <FoundText text={attributesText(log)} query={model.query.value} />
              </span>
            </div>
          );
        }}
      />
    </>
  );
}

function attributesText({ attributes }: TraceLog): string {
  let text = '';
  for (const attribute of attributes) {
    if (text.length > SHOWN_CHARS) break;
    text += `${text ? ' ' : ''}${attribute.key}=${valueText(attribute).slice(0, SHOWN_CHARS)}`;
  }
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

function levelClass(level: string | undefined): string {
  if (/^(error|fatal|critical)$/i.test(level ?? '')) return 'errors';
  return /^warn/i.test(level ?? '') ? 'warned' : '';
}

interface Logs {
  logs: readonly TraceLog[];
  more: boolean;
  busy: boolean;
  error: string;
  read: () => void;
}

/** Events page by page; what was read stays. */
function useLogs(model: TraceModel): Logs {
  const generation = model.generation.value;
  const [state, setState] = useState<{ logs: readonly TraceLog[]; cursor: string; busy: boolean; error: string }>({
    logs: [],
    cursor: '',
    busy: true,
    error: '',
  });
  const abort = useRef(new AbortController());
  const read = async (before: readonly TraceLog[], cursor: string) => {
    abort.current.abort();
    abort.current = new AbortController();
    setState({ logs: before, cursor, busy: true, error: '' });
    const { signal } = abort.current;
    try {
      const page = await fetchLogs(traceOf(model), cursor, signal);
      setState({ logs: [...before, ...page.logs], cursor: page.cursor, busy: false, error: page.error });
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      if (error instanceof ApiError && error.status === 409) model.outdated.value = true;
      setState({ logs: before, cursor, busy: false, error: messageOf(error) });
    }
  };
  useEffect(() => {
    if (generation > 0) void read([], '');
    return () => abort.current.abort();
  }, [model, generation]);
  return { ...state, more: state.cursor !== '', read: () => void read(state.logs, state.cursor) };
}

/** Names of the spans that the events are of. */
function useSpans(model: TraceModel, logs: readonly TraceLog[]): ReadonlyMap<number, TableRow> {
  const [spans, setSpans] = useState<ReadonlyMap<number, TableRow>>(new Map());
  useEffect(() => {
    if (logs.length === 0) return;
    const rows = [...new Set(logs.map(({ row }) => row))];
    void analysisOf(model)
      .ask<'spans'>({ kind: 'spans', rows })
      .then((list) => setSpans(new Map(list.map((span) => [span.row, span]))));
  }, [model, logs]);
  return spans;
}
