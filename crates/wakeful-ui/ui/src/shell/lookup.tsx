import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { isAbort, messageOf } from '../data/api.ts';
import { type Hit, lookup, readPasted } from '../data/lookup.ts';
import { formatInstant, nanosOf } from '../data/time.ts';
import { Hostile } from '../widgets/hostile.tsx';
import { Icon } from '../widgets/icon.tsx';
import { lookupOpen } from './layers.ts';
import { go, href } from './router.ts';

interface State {
  asking: boolean;
  problem: string;
  hits: readonly Hit[];
}

const NONE: State = { asking: false, problem: '', hits: [] };
const state = signal<State>(NONE);

let abort = new AbortController();

/** Opens what the text means; where it may mean several things the field lists them, and where nothing, it says where it looked. */
export async function lookUp(text: string): Promise<boolean> {
  abort.abort();
  abort = new AbortController();
  const { signal: aborted } = abort;
  const pasted = readPasted(text);
  if (!pasted) return false;
  if (pasted.kind === 'address') return open(pasted.path, new URLSearchParams(pasted.query));
  if (pasted.kind === 'trace') return openTrace(pasted.id, pasted.span);
  lookupOpen.value = true;
  state.value = { ...NONE, asking: true };
  try {
    const { hits, looked } = await lookup(pasted.text, aborted);
    if (hits.length === 1) return openTrace(hits[0].traceId, hits[0].spanId);
    const problem = hits.length === 0 ? `Nothing has this id. Looked through: ${looked.join(', ')}.` : '';
    state.value = { asking: false, problem, hits };
  } catch (error) {
    if (!isAbort(error)) state.value = { ...NONE, problem: `This could not be looked up: ${messageOf(error)}.` };
  }
  return false;
}

function openTrace(id: string, span?: string): boolean {
  return open(`/trace/${id}`, span ? new URLSearchParams({ uiFind: span }) : undefined);
}

function open(path: string, query?: URLSearchParams): boolean {
  state.value = NONE;
  lookupOpen.value = false;
  go(path, query);
  return true;
}

/** The field for any id or address. */
export function Lookup() {
  const field = useRef<HTMLInputElement>(null);
  const { asking, problem, hits } = state.value;
  useEffect(() => {
    if (lookupOpen.value) field.current?.focus();
  }, [lookupOpen.value]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (field.current && (await lookUp(field.current.value))) field.current.value = '';
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || (state.value === NONE && !lookupOpen.value)) return;
    close();
    event.preventDefault();
  };
  const close = () => {
    abort.abort();
    state.value = NONE;
    lookupOpen.value = false;
  };
  return (
    <form class={lookupOpen.value ? 'lookup unfolded' : 'lookup'} role="search" aria-label="Trace" onSubmit={submit} onKeyDown={onKeyDown}>
      <Icon name="find" />
      <input
        ref={field}
        name="id"
        data-testid="idInput"
        aria-label="Lookup by Trace ID"
        title="A trace, span or debug id, a traceparent, or the address of a trace"
        placeholder="Lookup by Trace ID…"
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problem !== ''}
        aria-describedby={problem ? 'lookup-problem' : undefined}
        onInput={() => {
          if (state.value !== NONE) state.value = NONE;
        }}
      />
      {asking && (
        <p class="found" role="status">
          Looking through ids…{' '}
          <button type="button" class="small" onClick={close}>
            Cancel
          </button>
        </p>
      )}
      {problem && (
        <p class="found problem" id="lookup-problem" role="alert">
          {problem}
        </p>
      )}
      {hits.length > 0 && (
        <ul class="found" aria-label="Found">
          {hits.map((hit) => (
            <li key={`${hit.kind}${hit.traceId}${hit.spanId}`}>
              <a href={addressOf(hit)} onClick={close}>
                <span>
                  {hit.kind} · <Hostile text={`${hit.service}: ${hit.operation}`} />
                </span>
                <code>{formatInstant(nanosOf(hit.startUnixNanos))}</code>
              </a>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}

function addressOf({ traceId, spanId }: Hit): string {
  return href(`/trace/${traceId}`, spanId ? new URLSearchParams({ uiFind: spanId }) : undefined);
}
