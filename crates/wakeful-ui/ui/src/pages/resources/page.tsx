import { useEffect, useRef, useState } from 'preact/hooks';
import type { Program } from '../../data/runtime/programs.ts';
import { fetchResources, type ResourceQuery } from '../../data/runtime/resources.ts';
import { formatCount, plural } from '../../engine/format.ts';
import { pageCommands, status } from '../../shell/commands.ts';
import { go } from '../../shell/router.ts';
import { sortOf, sortText, useAddress } from '../../shell/use-address.ts';
import { Banner } from '../../widgets/banner.tsx';
import { Hostile } from '../../widgets/hostile.tsx';
import { FilterField } from '../program/filter-field.tsx';
import { ProgramPage } from '../program/frame.tsx';
import { InstantField } from '../program/instant-field.tsx';
import { goToPage, sharedQuery } from '../program/keys.ts';
import { LiveSwitch } from '../program/live-switch.tsx';
import { useAnswer } from '../program/use-answer.ts';
import { RESOURCE_COLUMNS, ResourceTable } from './resource-table.tsx';
import './resources.css';

/** Locks, channels, timers: what a program's tasks share, hold and wait for. */
export function ResourcesPage() {
  return <ProgramPage title="Resources">{(program) => <Resources key={program.id} program={program} />}</ProgramPage>;
}

const FIELDS = RESOURCE_COLUMNS.map(({ field, title }) => [field, title] as const);

function Resources({ program }: { program: Program }) {
  const field = useRef<HTMLInputElement>(null);
  const [at, setAt] = useAddress('at', '');
  const [filter, setFilter] = useAddress('filter', '');
  const [internal, setInternal] = useAddress('internal', '');
  const [sort, setSort] = useAddress('sort', '-waiting');
  const [selected, setSelected] = useAddress('sel', '');
  const [live, setLive] = useState(true);
  const [by, descending] = sortOf(sort, FIELDS, 'waiting');
  const query: ResourceQuery = { program: program.id, at: /^\d+$/.test(at) ? at : '', filter, internal: internal === '1' };
  const follows = live && query.at === '' && program.live;
  const [read, error] = useAnswer((signal) => fetchResources(query, signal), follows, [program.id, query.at, filter, internal]);
  useEffect(() => {
    if (read) status.value = plural(read.rows.length, 'resource');
  }, [read]);
  useEffect(() => {
    pageCommands.value = {
      find: () => field.current?.select(),
      close: () => (selected !== '' ? (setSelected(''), true) : filter !== '' && (setFilter(''), true)),
      keys: { scopes: ['program', 'live'], perform: (action) => (action === 'pause' ? setLive((on) => !on) : goToPage(action)) },
    };
  });
  const facts = read?.facts;
  return (
    <>
      <div class="bar">
        <LiveSwitch
          live={live && query.at === ''}
          disabled={query.at !== '' || !program.live}
          why={query.at !== '' ? 'An instant of the past does not change' : 'The program has ended, or is not heard of'}
          onChange={setLive}
        />
        <InstantField at={query.at} from={program.fromUnixNanos} to={program.toUnixNanos} onChange={setAt} />
        <FilterField
          value={filter}
          onChange={setFilter}
          hint="Words that stand in type, target, location or attributes"
          placeholder="Mutex src/db.rs"
          error={error}
          field={field}
        />
        <label class="check">
          <input type="checkbox" checked={internal === '1'} onChange={(event) => setInternal(event.currentTarget.checked ? '1' : '')} />
          Internal ones{facts ? ` (${formatCount(facts.internal)})` : ''}
        </label>
      </div>
      {error && error.parameter !== 'filter' && <Banner kind="error">The resources could not be read: {error.message}.</Banner>}
      {facts && facts.insight.depth !== 'tracing' && (
        <p class="hint">
          At insight {facts.insight.depth} these are wakeful's own wrappers alone.{' '}
          {facts.insight.missing.map(({ what, add }) => (
            <span key={what}>
              For {<Hostile text={what} />} add{' '}
              <code>
                <Hostile text={add} />
              </code>
              .{' '}
            </span>
          ))}
        </p>
      )}
      <ResourceTable
        rows={read?.rows ?? []}
        at={facts?.at ?? 0}
        busy={!read && !error}
        field={by}
        descending={descending}
        onSort={(next, down) => setSort(sortText(next, down))}
        selected={selected}
        onSelect={setSelected}
        onOpen={(id) => go(`/resources/${id}`, sharedQuery())}
      />
      {read?.rows.length === 0 && (
        <p class="hint">
          {filter === '' ? 'No resource is known of this program.' : `No resource passes the filter ${filter}.`} Locks and channels of
          wakeful::sync are seen on stable Tokio.
        </p>
      )}
    </>
  );
}
