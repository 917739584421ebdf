import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Program } from '../../data/runtime/programs.ts';
import type { TaskFacts, TaskQuery } from '../../data/runtime/tasks.ts';
import { formatCount, plural } from '../../engine/format.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { go } from '../../shell/router.ts';
import { sortOf, sortText, useAddress } from '../../shell/use-address.ts';
import { Banner } from '../../widgets/banner.tsx';
import { FilterField } from '../program/filter-field.tsx';
import { Findings } from '../program/findings.tsx';
import { ProgramPage } from '../program/frame.tsx';
import { InstantField } from '../program/instant-field.tsx';
import { goToPage, sharedQuery } from '../program/keys.ts';
import { LiveSwitch } from '../program/live-switch.tsx';
import { TASK_COLUMNS } from './columns.tsx';
import { LocationTable } from './location-table.tsx';
import { TasksModel } from './model.ts';
import { StateMark } from './state-mark.tsx';
import { TaskTable } from './task-table.tsx';
import './tasks.css';

/** Tasks that ended stay listed for so long. */
const RETAIN_SECONDS = '6';
const FIELDS = TASK_COLUMNS.map(({ field, title }) => [field, title] as const);
const HINT =
  'Words that stand in name, type or location; state:idle, kind:blocking, loc:server.rs, warn:long-poll, span:checkout, id:12, poll>10ms, busy>1s, idle>1min, total<5s, polls>100; - before one leaves out';

/** The tasks of a program, now or at an instant of the past. */
export function TasksPage() {
  return <ProgramPage title="Tasks">{(program) => <Tasks key={program.id} program={program} />}</ProgramPage>;
}

function Tasks({ program }: { program: Program }) {
  const model = useMemo(() => new TasksModel(), []);
  const field = useRef<HTMLInputElement>(null);
  const [at, setAt] = useAddress('at', '');
  const [filter, setFilter] = useAddress('filter', '');
  const [group, setGroup] = useAddress('group', '');
  const [sort, setSort] = useAddress('sort', '-total');
  const [selected, setSelected] = useAddress('sel', '');
  const [by, descending] = sortOf(sort, FIELDS, 'total');
  const query: TaskQuery = { program: program.id, at: /^\d+$/.test(at) ? at : '', filter, retain: RETAIN_SECONDS };

  useEffect(() => () => model.close(), [model]);
  useEffect(() => model.sort(by, descending), [model, by, descending]);
  useEffect(() => void model.ask(query), [model, query.at, filter]);
  useCommands(model, field, () => (selected !== '' ? (setSelected(''), true) : filter !== '' && (setFilter(''), true)));

  const facts = model.facts.value;
  const error = model.error.value;
  const rows = model.rows.value;
  useEffect(() => {
    if (facts) status.value = `${plural(rows.length, 'task')} · ${facts.complete ? 'complete' : facts.message}`;
  }, [rows.length, facts?.complete]);
  return (
    <>
      <div class="bar">
        <LiveSwitch
          live={model.live.value && query.at === ''}
          disabled={query.at !== '' || !program.live}
          why={query.at !== '' ? 'An instant of the past does not change' : 'The program has ended, or is not heard of'}
          onChange={(on) => model.setLive(on)}
        />
        <InstantField at={query.at} from={program.fromUnixNanos} to={program.toUnixNanos} onChange={setAt} />
        <FilterField value={filter} onChange={setFilter} hint={HINT} placeholder="state:idle loc:server.rs" error={error} field={field} />
        <label>
          Group{' '}
          <select value={group} onChange={(event) => setGroup(event.currentTarget.value)}>
            <option value="">none</option>
            <option value="location">spawn location</option>
          </select>
        </label>
      </div>
      <Findings findings={model.findings.value} />
      {error && error.parameter !== 'filter' && (
        <Banner kind="error">
          The tasks could not be read: {error.message}.{' '}
          <button type="button" onClick={() => model.again()}>
            Retry
          </button>
        </Banner>
      )}
      {at !== '' && query.at === '' && <Banner kind="warn">at cannot be read: write Unix nanoseconds. Now is shown.</Banner>}
      {model.lostAt.value > 0 && (
        <Banner kind="warn">Not connected since {new Date(model.lostAt.value).toLocaleTimeString('en-GB')}, trying again. What is listed stays.</Banner>
      )}
      {facts && <Totals facts={facts} listed={rows.length} grouped={group === 'location'} model={model} />}
      {group === 'location' ? (
        <LocationTable query={query} onOpen={(location) => (setGroup(''), setFilter(`loc:${location}`))} />
      ) : (
        <TaskTable
          rows={rows}
          at={facts?.at ?? 0}
          insight={facts?.insight ?? program.insight}
          busy={model.busy.value}
          field={by}
          descending={descending}
          onSort={(next, down) => setSort(sortText(next, down))}
          selected={selected}
          onSelect={setSelected}
          onOpen={(id) => go(`/tasks/${id}`, sharedQuery())}
        />
      )}
      {facts && rows.length === 0 && !model.busy.value && group === '' && (
        <p class="hint">
          {filter === '' ? 'No task was alive then.' : `No task passes the filter ${filter}.`}{' '}
          {filter !== '' && (
            <button type="button" class="small" onClick={() => setFilter('')}>
              Show all
            </button>
          )}
        </p>
      )}
    </>
  );
}

function Totals({ facts, listed, grouped, model }: { facts: TaskFacts; listed: number; grouped: boolean; model: TasksModel }) {
  const { counts, matched, lost, partly } = facts;
  const fresh = model.fresh.value;
  return (
    <div class="totals">
      <strong>
        {formatCount(counts.tasks)} tasks
      </strong>
      {(['running', 'scheduled', 'idle', 'done'] as const).map((state) => (
        <span key={state}>
          {formatCount(counts[state])} <StateMark state={state} />
          {state === 'done' && <span class="hint"> ({RETAIN_SECONDS} s)</span>}
        </span>
      ))}
      {!grouped && matched > listed && (
        <span class="hint">
          {formatCount(listed)} of {formatCount(matched)} rows: the limit of this view; filter to see others
        </span>
      )}
      {partly && <span class="hint">this program sends details of a part of its tasks, to stay in its budget; grouped counts are exact</span>}
      {lost > 0 && <span class="warned">lost {formatCount(lost)}</span>}
      {fresh > 0 && !grouped && (
        <button type="button" class="small" onClick={() => model.sortNow()}>
          {formatCount(fresh)} new, show
        </button>
      )}
      {!grouped && (
        <button type="button" class="small" title="Rows keep their places while they change; this puts them in order again" onClick={() => model.sortNow()}>
          Sort now
        </button>
      )}
    </div>
  );
}

/** What the shell's keys and palette do on this page. */
function useCommands(model: TasksModel, field: { current: HTMLInputElement | null }, close: () => boolean): void {
  useEffect(() => {
    pageCommands.value = {
      find: () => {
        field.current?.focus();
        field.current?.select();
      },
      close,
      keys: {
        scopes: ['program', 'live'],
        perform: (action) => (action === 'pause' ? model.setLive(!model.live.peek()) : goToPage(action)),
      },
      actions: [{ name: 'Sort now', run: () => model.sortNow() }],
    };
  });
}
