import { useMemo } from 'preact/hooks';
import { type Form, LOOKBACKS, paramsOf } from '../../data/query.ts';
import type { SearchEnd } from '../../data/search.ts';
import { readTags, writeTags } from '../../data/tags.ts';
import { plural } from '../../engine/format.ts';
import { go, params } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { visibleControls } from '../../widgets/hostile.tsx';
import { about, loadServices } from './catalog.ts';

/** Nothing was asked yet. */
export function Start() {
  return (
    <div class="message">
      <h2>No search yet</h2>
      <p>Choose a service and press Find Traces, or paste a trace id above.</p>
    </div>
  );
}

const DAYS: readonly string[] = ['2d', '3d', '5d', '7d', '2w', '3w', '4w', 'custom'];
/** The server counts no further. */
const EXPLAINED_MAX = 100;

/** Nothing was found: what was asked, and without which one condition something would be. */
export function Empty({ form, end }: { form: Form; end: SearchEnd | null }) {
  const wider = DAYS.includes(form.lookback) ? '4w' : '2d';
  const explain = end?.explain ?? [];
  const ids = params.value.getAll('traceID');
  const retry = (change: Partial<Form>) => go('/search', paramsOf({ ...form, ...change }, Date.now(), params.peek()));
  const label = LOOKBACKS.find(([value]) => value === wider)?.[1].toLowerCase();
  return (
    <div class="message">
      <h2>No trace results</h2>
      <p>{ids.length > 0 ? `Asked for the traces ${ids.join(', ')}.` : inWords(form)}</p>
      {explain.length > 0 && (
        <ul class="explain">
          {explain.map(({ drop, traces }) => {
            const without = withoutCondition(form, drop);
            if (!without) return null;
            const count = traces >= EXPLAINED_MAX ? `${EXPLAINED_MAX} or more traces` : plural(traces, 'trace');
            return (
              <li key={drop}>
                <button type="button" onClick={() => retry(without.change)}>
                  Without {visibleControls(without.label)} {count} would match
                </button>
              </li>
            );
          })}
        </ul>
      )}
      {ids.length === 0 && form.lookback !== wider && (
        <p>
          <button type="button" onClick={() => retry({ lookback: wider })}>
            Search {label}
          </button>
        </p>
      )}
    </div>
  );
}

/** The form without one condition, and what that one is called. Null if the form has no such condition. */
function withoutCondition(form: Form, drop: string): { label: string; change: Partial<Form> } | null {
  switch (drop) {
    case 'service':
      return { label: 'the service', change: { service: null } };
    case 'operation':
      return { label: `Operation ${form.operation}`, change: { operation: null } };
    case 'minDuration':
      return { label: `Min Duration ${form.minDuration}`, change: { minDuration: '' } };
    case 'maxDuration':
      return { label: `Max Duration ${form.maxDuration}`, change: { maxDuration: '' } };
    case 'lookback':
      return { label: 'the time range', change: { lookback: '4w' } };
    case 'box':
      return { label: 'the box', change: {} };
    default: {
      const key = drop.replace(/^tags\./, '');
      const { pairs } = readTags(form.tags);
      const dropped = pairs.find(([name]) => name === key);
      if (!drop.startsWith('tags.') || !dropped) return null;
      const tags = writeTags(pairs.filter((pair) => pair !== dropped));
      return { label: writeTags([dropped]), change: { tags } };
    }
  }
}

function inWords(form: Form): string {
  const lookback = LOOKBACKS.find(([value]) => value === form.lookback);
  if (form.q !== null) return `Asked for: ${form.q}`;
  const parts = [
    form.service === null ? 'any service' : `service ${form.service}`,
    form.operation === null ? '' : `operation ${form.operation}`,
    form.tags ? `attributes ${form.tags}` : '',
    form.minDuration ? `at least ${form.minDuration}` : '',
    form.maxDuration ? `at most ${form.maxDuration}` : '',
    form.lookback === 'custom' ? `from ${form.from.replace('T', ' ')} to ${form.to.replace('T', ' ')}` : (lookback?.[1].toLowerCase() ?? ''),
  ];
  return `Asked for: ${visibleControls(parts.filter(Boolean).join(', '))}.`;
}

/** Nothing is stored at all: three lines that send a first span. */
export function Fresh() {
  const address = about.value?.listeners.find(({ name }) => name === 'OTLP HTTP')?.address ?? '127.0.0.1:4318';
  const lines = useMemo(() => firstSpan(address.replace(/^(0\.0\.0\.0|\[::\])/, window.location.hostname)), [address]);
  return (
    <div class="message">
      <h2>No spans yet</h2>
      <p>Point any OpenTelemetry program or Jaeger client here, or send a first span by hand:</p>
      <div class="lines">
        <pre>{lines}</pre>
        <CopyButton text={lines} what="the three lines" />
      </div>
      <p>
        <button type="button" onClick={() => void loadServices()}>
          Look again
        </button>
      </p>
    </div>
  );
}

function firstSpan(address: string): string {
  const ids = crypto.getRandomValues(new Uint8Array(24));
  const hex = Array.from(ids, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const id = `"traceId":"${hex.slice(0, 32)}","spanId":"${hex.slice(32)}"`;
  const service = '{"key":"service.name","value":{"stringValue":"hello"}}';
  return [
    'now=$(date +%s)000000000',
    `span='{${id},"name":"first","kind":1,"startTimeUnixNano":"'$now'","endTimeUnixNano":"'$now'"}'`,
    `curl http://${address}/v1/traces -H 'content-type: application/json' -d '{"resourceSpans":[{"resource":{"attributes":[${service}]},"scopeSpans":[{"spans":['"$span"']}]}]}'`,
  ].join('\n');
}
