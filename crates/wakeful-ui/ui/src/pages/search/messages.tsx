import { useMemo } from 'preact/hooks';
import { type Form, LOOKBACKS, paramsOf } from '../../data/query.ts';
import { go, params } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
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

/** Nothing was found: what was asked, and the likeliest remedy. */
export function Empty({ form }: { form: Form }) {
  const wider = DAYS.includes(form.lookback) ? '4w' : '2d';
  const narrowed = form.operation !== null || form.tags || form.minDuration || form.maxDuration;
  const retry = (change: Partial<Form>) => go('/search', paramsOf({ ...form, ...change }, Date.now(), params.peek()));
  const label = LOOKBACKS.find(([value]) => value === wider)?.[1].toLowerCase();
  return (
    <div class="message">
      <h2>No trace results</h2>
      <p>{inWords(form)}</p>
      <p>
        {form.lookback !== wider && (
          <button type="button" onClick={() => retry({ lookback: wider })}>
            Search {label}
          </button>
        )}{' '}
        {narrowed && (
          <button type="button" onClick={() => retry({ operation: null, tags: '', minDuration: '', maxDuration: '' })}>
            Search without the other conditions
          </button>
        )}
      </p>
    </div>
  );
}

function inWords(form: Form): string {
  const lookback = LOOKBACKS.find(([value]) => value === form.lookback);
  const parts = [
    form.service === null ? 'any service' : `service ${form.service}`,
    form.operation === null ? '' : `operation ${form.operation}`,
    form.tags ? `attributes ${form.tags}` : '',
    form.minDuration ? `at least ${form.minDuration}` : '',
    form.maxDuration ? `at most ${form.maxDuration}` : '',
    form.lookback === 'custom' ? `from ${form.from} to ${form.to}` : (lookback?.[1].toLowerCase() ?? ''),
  ];
  return `Asked for: ${parts.filter(Boolean).join(', ')}.`;
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
