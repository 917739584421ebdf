import { useEffect, useState } from 'preact/hooks';
import type { FunctionComponent } from 'preact';
import { newerVersion } from '../data/api.ts';
import { NotFound } from '../pages/not-found.tsx';
import { SearchPage } from '../pages/search/page.tsx';
import { closeToast, copyLink, pageCommands, status, toasts } from './commands.ts';
import { Header } from './header.tsx';
import { Help, helpOpen } from './help.tsx';
import { actionOf, inTextField, rememberKey } from './keys.ts';
import { go, params, path, replace } from './router.ts';
import { letterKeys } from './settings.ts';

/** The frame around every page. */
export function App() {
  useEffect(() => {
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  const embedded = params.value.get('uiEmbed') === 'v0';
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the page
      </a>
      {!embedded && <Header />}
      {newerVersion.value && (
        <p class="banner warn" role="status">
          wakeful was updated to {newerVersion.value}.{' '}
          <button type="button" onClick={() => window.location.reload()}>
            Reload
          </button>
        </p>
      )}
      <main id="main" tabIndex={-1}>
        <Page />
      </main>
      <p class="status" role="status" aria-live="polite" data-testid="status">
        {status.value}
      </p>
      <Toasts />
      <Help />
    </>
  );
}

function Page() {
  const at = path.value;
  const trace = /^\/trace\/([^/]+)\/?$/.exec(at)?.[1];
  useEffect(() => {
    if (at === '/') replace('/search', params.peek());
  }, [at]);
  if (at === '/' || at === '/search') return <SearchPage />;
  // An id between dots is a comparison, which is another page.
  if (trace && !trace.includes('...')) return <LateTracePage key={trace} id={decodeURIComponent(trace)} />;
  return <NotFound />;
}

type TracePage = FunctionComponent<{ id: string }>;

/** The trace page and its engine come when a trace is opened: the first load stays small. */
function LateTracePage({ id }: { id: string }) {
  const [late, setLate] = useState<{ page: TracePage } | null>(null);
  useEffect(() => {
    void import('../pages/trace/page.tsx').then(({ TracePage }) => setLate({ page: TracePage }));
  }, []);
  return late ? <late.page id={id} /> : null;
}

function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, failed }) => (
        <p key={id} class={failed ? 'toast failed' : 'toast'}>
          {text}
          <button type="button" aria-label="Close" title="Close" onClick={() => closeToast(id)}>
            ✕
          </button>
        </p>
      ))}
    </div>
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const modified = event.ctrlKey || event.metaKey;
  const letter = event.key.length === 1 && !modified;
  if (letter && (inTextField(event) || !letterKeys.value)) return;
  const action = actionOf(event, ['global']);
  rememberKey(event);
  const handled = action !== null && perform(action);
  if (handled) event.preventDefault();
}

function perform(action: string): boolean {
  switch (action) {
    case 'help':
      helpOpen.value = true;
      return true;
    case 'find':
      pageCommands.value.find?.();
      return pageCommands.value.find !== undefined;
    case 'go-search':
      go('/search');
      return true;
    case 'copy-link':
      copyLink();
      return true;
    case 'close':
      return pageCommands.value.close?.() ?? false;
    default:
      return false;
  }
}

/** A link to a fragment would resolve against `<base>` and leave the page. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
