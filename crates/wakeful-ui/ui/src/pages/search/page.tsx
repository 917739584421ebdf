import { useEffect, useMemo, useState } from 'preact/hooks';
import { asksSearch, type Form, formFrom, serverQuery } from '../../data/query.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { params, path } from '../../shell/router.ts';
import { loadServices } from './catalog.ts';
import { SearchForm } from './form.tsx';
import { recall } from './memory.ts';
import { Results } from './results.tsx';
import { clear, start } from './run.ts';

/** Search: the form, and the traces that meet it. The address is the search; the form is how it is written. */
export function SearchPage() {
  const query = useMemo(() => serverQuery(params.value).toString(), [params.value]);
  const asks = asksSearch(params.value);
  const [turn, setTurn] = useState(0);
  const [form, setForm] = useState<Form>(() => initial(asks));

  useEffect(() => {
    document.title = 'Search – wakeful';
    void loadServices();
    pageCommands.value = { find: () => document.getElementById('service')?.focus() };
    return () => {
      pageCommands.value = {};
      status.value = '';
    };
  }, []);

  useEffect(() => {
    if (path.peek() !== '/search') return;
    if (asks) {
      setForm(formFrom(params.peek()));
      void start(new URLSearchParams(query));
    } else {
      clear();
    }
  }, [query, turn]);

  const again = () => setTurn(turn + 1);
  return (
    <div class="search">
      <SearchForm form={form} onChange={setForm} onSame={again} searched={asks} />
      <Results form={form} onRetry={again} />
    </div>
  );
}

/** What the address says, else the service and operation of last time: remembered, not searched. */
function initial(asks: boolean): Form {
  const form = formFrom(params.peek());
  return asks ? form : { ...form, ...recall() };
}
