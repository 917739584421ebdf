import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { asksSearch, type Form, formFrom, serverQuery } from '../../data/query.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { params, path } from '../../shell/router.ts';
import { Banner } from '../../widgets/banner.tsx';
import { useLate } from '../../widgets/late.ts';
import { loadServices } from './catalog.ts';
import { useDrop } from './drop.ts';
import { SearchForm, summary } from './form.tsx';
import { clearHeat, leaveHeat, startHeat } from './heat.ts';
import { order } from './list.tsx';
import { recall } from './memory.ts';
import { Results } from './results.tsx';
import { clear, leave, run, start } from './run.ts';
import { sortOf } from './sorts.ts';
import { Tabs } from './tabs.tsx';

type Panel = 'search' | 'upload';

const loadUpload = () => import('./upload-panel.tsx');

/** Search: the form, and the traces that meet it. The address is the search; the form is how it is written. */
export function SearchPage() {
  const asks = asksSearch(params.value);
  // Only what the server is asked counts: another look at the same traces asks nothing.
  const query = useMemo(() => (asks ? serverQuery(params.value, Date.now()) : null), [keyOf(params.value)]);
  const sort = sortOf(params.value).value;
  const [turn, setTurn] = useState(0);
  const [form, setForm] = useState<Form>(() => initial(asks));
  const [unfolded, setUnfolded] = useState(!asks);
  const [panel, setPanel] = useState<Panel>('search');
  const dropping = useDrop((file) => {
    setPanel('upload');
    // Should the script not come, the panel says so.
    loadUpload().then(({ send }) => send(file), () => undefined);
  });

  useEffect(() => {
    document.title = 'Search – wakeful';
    void loadServices();
    return () => {
      pageCommands.value = {};
      status.value = '';
      leave();
      leaveHeat();
    };
  }, []);

  useEffect(() => {
    const focus = (id: string) => {
      setPanel('search');
      setUnfolded(true);
      requestAnimationFrame(() => document.getElementById(id)?.focus());
    };
    pageCommands.value = {
      find: () => focus(form.q === null ? 'service' : 'q'),
      keys: {
        scopes: ['list'],
        perform: (action) => {
          const links = [...document.querySelectorAll<HTMLAnchorElement>('.results a.name')];
          order(action);
          if (action === 'first' || action === 'next') links[0]?.focus();
          if (action === 'last' || action === 'previous') links[links.length - 1]?.focus();
          if (action === 'open') links[0]?.click();
        },
      },
      actions: [
        { name: 'Find Traces', run: () => document.querySelector<HTMLFormElement>('.form form')?.requestSubmit() },
        { name: 'Upload a file', run: () => setPanel('upload') },
      ],
    };
  }, [form.q]);

  // Before anything is painted: no redraw shows the old traces under the new address as if they were its answer.
  useLayoutEffect(() => {
    if (path.peek() !== '/search') return;
    if (!query) {
      clear();
      clearHeat();
      return;
    }
    setForm(formFrom(params.peek()));
    const asked = new URLSearchParams(query);
    asked.set('explain', '1');
    if (sort !== 'newest') asked.set('sort', sort);
    const shown = Number(params.peek().get('shown') ?? 0) || 0;
    void start(asked, Math.min(shown, SHOWN_MAX));
  }, [query, sort, turn]);

  useLayoutEffect(() => {
    if (query && !query.has('traceID')) void startHeat(query);
    else clearHeat();
  }, [query, turn]);

  const { state, parameter, error, column } = run.value;
  const refused = state === 'failed' && parameter === 'q' && params.value.get('q') === form.q ? { message: error, column } : null;
  useEffect(() => {
    if (refused) setUnfolded(true);
  }, [refused !== null]);
  const again = () => setTurn(turn + 1);
  return (
    <div class={dropping ? 'search dropping' : 'search'}>
      <search class={unfolded ? 'form unfolded' : 'form'}>
        <h1 class="unseen">Search</h1>
        <button type="button" class="fold" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          <bdi>{summary(form)}</bdi>
        </button>
        <Tabs
          label="Where traces come from"
          tabs={[
            ['search', 'Search'],
            ['upload', 'Upload'],
          ]}
          chosen={panel}
          onChoose={setPanel}
        >
          {panel === 'search' ? (
            <SearchForm form={form} onChange={setForm} onSame={again} onFind={() => setUnfolded(false)} refused={refused} />
          ) : (
            <LateUpload />
          )}
        </Tabs>
      </search>
      <Results form={form} onRetry={again} />
    </div>
  );
}

/** A reload lists no more than this of what was loaded before. */
const SHOWN_MAX = 5_000;

/** What of the address changes the question, as text. */
function keyOf(address: URLSearchParams): string {
  const key = new URLSearchParams(address);
  for (const name of ['sort', 'shown', 'list', 'uiEmbed', 'uiTheme', 'uiSearchHideGraph']) key.delete(name);
  return key.toString();
}

/** What the address says, else the service and operation of last time: remembered, not searched. */
function initial(asks: boolean): Form {
  const form = formFrom(params.peek());
  return asks ? form : { ...form, ...recall() };
}

function LateUpload() {
  const late = useLate(async () => (await loadUpload()).UploadPanel);
  if (late.state === 'failed') return <Banner kind="error">The server does not answer, or was updated: reload the page.</Banner>;
  return late.state === 'here' ? <late.Component /> : null;
}
