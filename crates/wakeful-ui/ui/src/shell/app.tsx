import { useEffect } from 'preact/hooks';
import type { FunctionComponent } from 'preact';
import { newerVersion } from '../data/api.ts';
import { traceIdIn } from '../data/lookup.ts';
import { NotFound } from '../pages/not-found.tsx';
import { SearchPage } from '../pages/search/page.tsx';
import { closeToast, copyLink, pageCommands, status, toast, toasts } from './commands.ts';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { actionOf, inTextField, rememberKey } from './keys.ts';
import { helpOpen, paletteOpen } from './layers.ts';
import { go, params, path, replace } from './router.ts';
import { letterKeys } from './settings.ts';
import { Icon } from '../widgets/icon.tsx';
import { useLate } from '../widgets/late.ts';

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
      <LatePalette />
    </>
  );
}

function Page() {
  const at = path.value.replace(/(.)\/$/, '$1');
  const trace = /^\/trace\/([^/]+)$/.exec(at)?.[1];
  // Old links have ids in capitals, short, or in base64.
  const id = trace && !trace.includes('...') ? (traceIdIn(decoded(trace)) ?? decoded(trace)) : undefined;
  useEffect(() => {
    if (at === '/') replace('/search', params.peek());
    else if (id !== undefined && id !== trace) replace(`/trace/${encodeURIComponent(id)}`, params.peek());
  }, [at]);
  if (at === '/' || at === '/search') return <SearchPage />;
  // An id between dots is a comparison, which is another page.
  if (id !== undefined) return <LateTracePage key={traceKey(id)} id={id} />;
  const [, page, of] = /^\/(tasks|resources)\/([^/]+)$/.exec(at) ?? [];
  const one = page ? LATE_ONE[page] : undefined;
  if (one) return <LatePage key={at} load={() => one(decoded(of))} />;
  const late = LATE[at];
  return late ? <LatePage key={at} load={late} /> : <NotFound />;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Pages that are seldom looked at come when they are: the first load stays small. */
const LATE: Readonly<Record<string, () => Promise<FunctionComponent>>> = {
  '/tasks': async () => (await import('../pages/tasks/page.tsx')).TasksPage,
  '/resources': async () => (await import('../pages/resources/page.tsx')).ResourcesPage,
  '/runtime': async () => (await import('../pages/runtime/page.tsx')).RuntimePage,
  '/loss': async () => (await import('../pages/loss/page.tsx')).LossPage,
  '/settings': async () => (await import('../pages/settings/page.tsx')).SettingsPage,
  '/about': async () => (await import('../pages/about/page.tsx')).AboutPage,
};

/** Pages of one thing, by its id. */
const LATE_ONE: Readonly<Record<string, (id: string) => Promise<FunctionComponent>>> = {
  tasks: async (id) => {
    const { TaskPage } = await import('../pages/tasks/task-page.tsx');
    return () => <TaskPage id={id} />;
  },
  resources: async (id) => {
    const { ResourcePage } = await import('../pages/resources/resource-page.tsx');
    return () => <ResourcePage id={id} />;
  },
};

function LatePage({ load }: { load: () => Promise<FunctionComponent> }) {
  const late = useLate(load);
  if (late.state === 'failed') return <Unloaded />;
  return late.state === 'here' ? <late.Component /> : null;
}

/** A part of the page itself did not come: the server is gone, or was updated. */
function Unloaded() {
  return (
    <section class="message" role="alert">
      <h1>This page could not be loaded</h1>
      <p>The server does not answer, or was updated. </p>
      <p>
        <button type="button" onClick={() => window.location.reload()}>
          Reload
        </button>
      </p>
    </section>
  );
}

/** One trace, however its id is written: the address may get the usual form while the trace is on screen. */
function traceKey(id: string): string {
  return /^[\da-f]+$/i.test(id) ? id.toLowerCase().replace(/^0+/, '') : id;
}

/** The trace page and its engine come when a trace is opened. */
function LateTracePage({ id }: { id: string }) {
  const late = useLate(async () => (await import('../pages/trace/page.tsx')).TracePage);
  if (late.state === 'failed') return <Unloaded />;
  return late.state === 'here' ? <late.Component id={id} /> : null;
}

function LatePalette() {
  const asked = paletteOpen.value;
  const late = useLate(async () => (await import('./palette.tsx')).Palette, asked !== null, asked);
  const failed = late.state === 'failed';
  useEffect(() => {
    if (failed) toast('The palette could not be loaded', true);
  }, [failed]);
  return late.state === 'here' ? <late.Component perform={perform} /> : null;
}

function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text, failed }) => (
        <p key={id} class={failed ? 'toast failed' : 'toast'}>
          {text}
          <button type="button" aria-label="Close" title="Close" onClick={() => closeToast(id)}>
            <Icon name="close" />
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
    case 'palette':
      paletteOpen.value = '';
      return true;
    case 'palette-actions':
      paletteOpen.value = '>';
      return true;
    case 'palette-query':
      paletteOpen.value = ':{ ';
      return true;
    case 'find':
      pageCommands.value.find?.();
      return pageCommands.value.find !== undefined;
    case 'go-search':
      go('/search');
      return true;
    case 'go-tasks':
    case 'go-resources':
    case 'go-runtime':
      go(action.replace('go-', '/'));
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
