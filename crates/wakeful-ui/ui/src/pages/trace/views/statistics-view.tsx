import { useEffect, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../../data/api.ts';
import { csvOf } from '../../../data/csv.ts';
import { fetchKeys, traceOf } from '../../../data/trace.ts';
import { formatCount, formatDuration, formatExact, plural } from '../../../engine/format.ts';
import { toast } from '../../../shell/commands.ts';
import { save } from '../../../shell/save.ts';
import { Banner } from '../../../widgets/banner.tsx';
import { Hostile } from '../../../widgets/hostile.tsx';
import { Icon } from '../../../widgets/icon.tsx';
import { Swatch } from '../../../widgets/swatch.tsx';
import { analysisOf } from '../analysis/client.ts';
import type { Grouping, StatisticsQuestion } from '../analysis/protocol.ts';
import { type Field, FIELDS, type Group, valueOf } from '../analysis/statistics.ts';
import { useAnswer } from '../analysis/use-answer.ts';
import type { TraceModel } from '../model.ts';
import { SortHead } from './sort-head.tsx';
import { sortOf, sortText, useAddress } from '../../../shell/use-address.ts';
import './views.css';

/** More groups than this are counted, not listed. */
const LIMIT = 500;

const HINTS: Partial<Record<Field, string>> = {
  selfTotal: 'Self time: a span without the time in which its children ran',
  share: 'Self time as a part of the duration of the trace',
  busy: 'Time in which spans were polled, where a client recorded it',
};

/** Sums over the spans of a trace, by service, operation or any attribute, then by a second one. */
export function StatisticsView({ model }: { model: TraceModel }) {
  const [by, setBy] = useAddress('by', 'service');
  const [then, setThen] = useAddress('then', 'operation');
  const [sort, setSort] = useAddress('sort', '-selfTotal');
  const [field, descending] = sortOf(sort, FIELDS, 'selfTotal');
  const question: StatisticsQuestion = {
    kind: 'statistics',
    first: grouping(by) || 'service',
    second: by === then ? '' : grouping(then),
    field,
    descending,
    limit: LIMIT,
  };
  const { answer, busy, error } = useAnswer<'statistics'>(model, question);
  const keys = useKeys(model);
  const duration = model.facts.value?.durationNanos ?? 0;
  const listed = answer?.groups.length ?? 0;
  return (
    <>
      <div class="view-bar">
        <GroupBy label="Group by" value={by} keys={keys.keys} onChange={setBy} />
        <GroupBy label="then by" value={then} keys={keys.keys} none onChange={setThen} />
        <span class="hint" role="status">
          {answer && `${plural(answer.total, 'group')} of ${plural(answer.spans, 'span')}`}
          {answer && listed < answer.total && `, ${formatCount(listed)} listed: CSV has all`}
          {!answer && !error && `from ${plural(model.facts.value?.spans ?? 0, 'span')}`}
          {busy && ' …'}
        </span>
        <button type="button" disabled={!answer} onClick={() => void download(model, question, duration)}>
          <Icon name="download" /> CSV
        </button>
      </div>
      {error && <Banner kind="error">The statistics could not be computed: {error}.</Banner>}
      {keys.error && <Banner kind="warn">The attributes of this trace are not known: {keys.error}.</Banner>}
      <div class="table-scroll" tabIndex={0} role="region" aria-label="Statistics" aria-busy={busy}>
        <table class="figures">
          <thead>
            <tr>
              {FIELDS.map(([name, title]) => (
                <SortHead
                  key={name}
                  title={title}
                  hint={HINTS[name]}
                  descending={name === field ? descending : undefined}
                  onSort={() => setSort(sortText(name, name === field ? !descending : name !== 'label'))}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {answer?.groups.map((group) => [
              <GroupRow key={group.label} group={group} by={question.first} level={1} model={model} duration={duration} />,
              ...group.parts.map((part) => (
                <GroupRow
                  key={`${group.label}\0${part.label}`}
                  group={part}
                  by={question.second || 'operation'}
                  level={2}
                  model={model}
                  duration={duration}
                />
              )),
            ])}
          </tbody>
        </table>
      </div>
    </>
  );
}

function grouping(text: string): Grouping | '' {
  if (text === 'service' || text === 'operation') return text;
  return text.startsWith('attribute:') ? (text as Grouping) : '';
}

interface GroupByProps {
  label: string;
  value: string;
  keys: readonly string[];
  none?: boolean;
  onChange: (value: string) => void;
}

function GroupBy({ label, value, keys, none, onChange }: GroupByProps) {
  const key = /^attribute:(.*)$/s.exec(value)?.[1];
  // What the address asks for stands in the list even before the keys are known.
  const listed = key === undefined || keys.includes(key) ? keys : [key, ...keys];
  return (
    <label class="field">
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {none && <option value="none">nothing</option>}
        <option value="service">Service Name</option>
        <option value="operation">Span Name</option>
        <optgroup label="Attributes">
          {listed.map((name) => (
            <option key={name} value={`attribute:${name}`}>
              {name}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

function useKeys(model: TraceModel): { keys: readonly string[]; error: string } {
  const [found, setFound] = useState<{ keys: readonly string[]; error: string }>({ keys: [], error: '' });
  const generation = model.generation.value;
  useEffect(() => {
    if (generation === 0) return;
    const abort = new AbortController();
    fetchKeys(traceOf(model), abort.signal).then(
      (keys) => setFound({ keys, error: '' }),
      (error: unknown) => !isAbort(error) && setFound({ keys: [], error: messageOf(error) }),
    );
    return () => abort.abort();
  }, [model, generation]);
  return found;
}

interface RowProps {
  group: Group;
  by: Grouping;
  level: 1 | 2;
  model: TraceModel;
  duration: number;
}

/** A click looks for the group's spans. */
function GroupRow({ group, by, level, model, duration }: RowProps) {
  const slot = by === 'service' ? model.services.value.find(({ name }) => name === group.label)?.slot : undefined;
  const find = () => model.find(`"${group.label?.replaceAll('"', '') ?? ''}"`);
  return (
    <tr class={level === 1 ? 'group' : 'part'}>
      <th scope="row">
        {slot !== undefined && <Swatch slot={slot} />}
        {group.label === null ? (
          <em>without {by.replace(/^attribute:/, '')}</em>
        ) : (
          <button type="button" class="link" title="Find these spans" onClick={find}>
            {group.label === '' ? <em>no name</em> : <Hostile text={group.label} />}
          </button>
        )}
      </th>
      {FIELDS.slice(1).map(([name]) => (
        <Figure key={name} group={group} field={name as Exclude<Field, 'label'>} duration={duration} />
      ))}
    </tr>
  );
}

function Figure({ group, field, duration }: { group: Group; field: Exclude<Field, 'label'>; duration: number }) {
  const value = valueOf(group, field, duration);
  if (Number.isNaN(value)) return <td title="No client recorded when these spans were polled">n/a</td>;
  if (field === 'count' || field === 'errors') {
    return <td class={field === 'errors' && value > 0 ? 'errors' : ''}>{formatCount(value)}</td>;
  }
  if (field === 'share') {
    return (
      <td>
        <span class="share">
          <span class="share-bar" aria-hidden="true" style={{ inlineSize: `${Math.min(100, value)}%` }} />
          {value.toFixed(2)} %
        </span>
      </td>
    );
  }
  return <td title={formatExact(value)}>{formatDuration(value)}</td>;
}

/** All groups, in nanoseconds. */
async function download(model: TraceModel, question: StatisticsQuestion, duration: number): Promise<void> {
  try {
    const { groups } = await analysisOf(model).ask<'statistics'>({ ...question, limit: Number.MAX_SAFE_INTEGER });
    const numbers = FIELDS.slice(1).map(([name]) => name as Exclude<Field, 'label'>);
    const values = (of: Group) => numbers.map((name) => Math.round(valueOf(of, name, duration) * 100) / 100);
    const head = [question.first, ...(question.second ? [question.second] : []), ...numbers.map(unitOf)];
    const lines = groups.flatMap((group) =>
      question.second
        ? group.parts.map((part) => [group.label ?? '', part.label ?? '', ...values(part)])
        : [[group.label ?? '', ...values(group)]],
    );
    save(`statistics-${model.id}.csv`, 'text/csv', csvOf([head, ...lines]));
  } catch (error) {
    toast(`The statistics could not be saved: ${messageOf(error)}`, true);
  }
}

function unitOf(field: Field): string {
  if (field === 'count' || field === 'errors') return field;
  return field === 'share' ? 'share_percent' : `${field}_nanos`;
}
