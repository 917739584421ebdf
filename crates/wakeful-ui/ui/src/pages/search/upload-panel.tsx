import { signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import { upload, type Uploaded } from '../../data/upload.ts';
import { formatBytes, formatCount, plural } from '../../engine/format.ts';
import { toast } from '../../shell/commands.ts';
import { go, href } from '../../shell/router.ts';
import { loadServices } from './catalog.ts';
import { keptInWords, nameOf } from './uploaded.ts';

interface Transfer {
  name: string;
  size: number;
  sent: number;
  state: 'sending' | 'done' | 'failed' | 'cancelled';
  answer: Uploaded | null;
  error: string;
}

/** The file that was sent last; it stays while other pages are looked at. */
const transfer = signal<Transfer | null>(null);

let abort = new AbortController();

/** Sends a file, and opens what it was. */
export async function send(file: File): Promise<void> {
  abort.abort();
  abort = new AbortController();
  const { signal: aborted } = abort;
  const update = (change: Partial<Transfer>) => {
    if (transfer.peek()) transfer.value = { ...(transfer.peek() as Transfer), ...change };
  };
  transfer.value = { name: file.name, size: file.size, sent: 0, state: 'sending', answer: null, error: '' };
  try {
    const answer = await upload(file, (sent) => update({ sent: Math.min(sent, file.size) }), aborted);
    update({ state: 'done', sent: file.size, answer });
    void loadServices();
    toast(`${file.name}: ${said(answer)}`);
    if (answer.traces.length === 1) go(`/trace/${answer.traces[0]}`);
    else if (answer.traces.length > 1) go('/search', new URLSearchParams(answer.traces.map((id) => ['traceID', id])));
  } catch (error) {
    if (isAbort(error)) {
      if (!aborted.aborted || abort.signal === aborted) update({ state: 'cancelled' });
    } else {
      update({ state: 'failed', error: messageOf(error) });
    }
  }
}

/** Choose or drop a file; how it goes, and what it was. */
export function UploadPanel() {
  const field = useRef<HTMLInputElement>(null);
  const current = transfer.value;
  const choose = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    const [file] = input.files ?? [];
    // The same file may be chosen again.
    input.value = '';
    if (file) void send(file);
  };
  return (
    <div class="upload">
      <input ref={field} id="upload" type="file" class="unseen" tabIndex={-1} aria-label="File to upload" onChange={choose} />
      <button type="button" class="drop" onClick={() => field.current?.click()}>
        <strong>Choose a file</strong>
        <span>or drop one anywhere on this page</span>
      </button>
      <p class="hint">Jaeger JSON, OTLP JSON (one object, or one a line) or OTLP protobuf. It is stored as if a client had sent it.</p>
      {current && <Progress {...current} />}
    </div>
  );
}

function Progress({ name, size, sent, state, answer, error }: Transfer) {
  return (
    <div class="transfer" data-testid="upload" data-state={state}>
      <p>
        <strong>
          <bdi>{name}</bdi>
        </strong>
      </p>
      {state === 'sending' && (
        <>
          <progress aria-label="Bytes sent" max={Math.max(1, size)} value={sent} />
          <p role="status">
            {formatBytes(sent)} of {formatBytes(size)}
            {sent >= size && ', being stored'}{' '}
            <button type="button" onClick={() => abort.abort()}>
              Cancel
            </button>
          </p>
        </>
      )}
      {state === 'cancelled' && <p class="hint">The upload was cancelled after {formatBytes(sent)}.</p>}
      {state === 'failed' && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
      {answer && (
        <>
          <p role="status">{said(answer)}</p>
          <ul>
            {answer.traces.slice(0, LISTED_MAX).map((id) => (
              <li key={id}>
                <a href={href(`/trace/${id}`)}>
                  <code>{id}</code>
                </a>
              </li>
            ))}
          </ul>
          {answer.traces.length > LISTED_MAX && <p class="hint">and {formatCount(answer.traces.length - LISTED_MAX)} more</p>}
        </>
      )}
    </div>
  );
}

const LISTED_MAX = 8;

function said({ format, spans, traces, truncated, keptSeconds }: Uploaded): string {
  const count = truncated ? `more than ${plural(traces.length, 'trace')}` : plural(traces.length, 'trace');
  return `${nameOf(format)}, ${plural(spans, 'span')}, ${count}; ${keptInWords(keptSeconds)}`;
}
