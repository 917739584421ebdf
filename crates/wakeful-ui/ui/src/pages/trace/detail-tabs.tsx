import type { InheritedAttribute, SpanDetails } from '../../data/span.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { formatCount, formatDuration, plural } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { Hostile } from '../../widgets/hostile.tsx';
import { Attributes, Dropped } from './attributes.tsx';
import { FoundText } from './found-text.tsx';
import type { TraceModel } from './model.ts';
import type { Place } from './value-view.tsx';

/** More events than this are folded, and their attributes exist once they are opened. */
const OPEN_MAX = 10;

interface Props {
  span: SpanDetails;
  row: number;
  model: TraceModel;
}

/** The span's own attributes, and apart from them those of its ancestors. */
export function OwnAttributes({ span, row, model }: Props) {
  const inherited = span.inherited ?? [];
  const groups = new Map<number, InheritedAttribute[]>();
  for (const attribute of inherited) groups.set(attribute.from.row, [...(groups.get(attribute.from.row) ?? []), attribute]);
  return (
    <>
      <Attributes of={span.attributes} at={{ model, row, path: 'attributes' }} dropped={span.dropped.attributes} service={span.service} />
      {[...groups].map(([from, attributes]) => (
        <section key={from} class="inherited">
          <h3>
            inherited from{' '}
            <button type="button" class="link" onClick={() => model.select(from)}>
              <Hostile text={attributes[0].from.name} />
            </button>
          </h3>
          <Attributes of={attributes} at={{ model, row, path: '' }} />
        </section>
      ))}
      {span.traceState && (
        <p class="hint">
          tracestate <code><Hostile text={span.traceState} /></code>
        </p>
      )}
    </>
  );
}

/** Times count from the span's start. */
export function Events({ span, row, model }: Props) {
  const { events } = span;
  return (
    <>
      {events.length === 0 && <p class="hint">No events</p>}
      {events.map((event, index) => {
        const time = nanosOf(event.timeUnixNanos);
        return (
          <details key={index} open={events.length <= OPEN_MAX}>
            <summary>
              <span class="time" title={formatInstant(time)}>
                {formatDuration(Number(time - nanosOf(span.startUnixNanos)))}
              </span>{' '}
              <FoundText text={event.name} query={model.query.value} /> <small>{plural(event.attributes.length, 'attribute')}</small>
            </summary>
            <Attributes of={event.attributes} at={{ model, row, path: `events/${index}/attributes` }} />
          </details>
        );
      })}
      <Dropped count={span.dropped.events} what="event" />
    </>
  );
}

/** Both ways: what the span links to, and what links to it. */
export function Links({ span, row, model }: Props) {
  const { links } = span;
  const referencedBy = span.referencedBy ?? [];
  const place: Place = { model, row, path: '' };
  return (
    <>
      {links.length + referencedBy.length === 0 && <p class="hint">No links</p>}
      {links.length > 0 && <h3>links to</h3>}
      {links.map((link, index) => (
        <section key={index} class="link">
          <p>
            {link.traceId === span.traceId ? (
              <button type="button" class="link" onClick={() => model.find(link.spanId)}>
                span <code>{link.spanId}</code> of this trace
              </button>
            ) : (
              <a href={href(`/trace/${link.traceId}`, new URLSearchParams({ uiFind: link.spanId }))}>
                trace <code>{link.traceId}</code>, span <code>{link.spanId}</code>
              </a>
            )}
          </p>
          {link.attributes.length > 0 && <Attributes of={link.attributes} at={{ ...place, path: `links/${index}/attributes` }} />}
        </section>
      ))}
      {referencedBy.length > 0 && <h3>linked from</h3>}
      <ul>
        {referencedBy.map((by) => (
          <li key={by.row}>
            <button type="button" class="link" onClick={() => model.select(by.row)}>
              <Hostile text={by.name} /> <code>{by.spanId}</code>
            </button>
          </li>
        ))}
      </ul>
      <Dropped count={span.dropped.links} what="link" />
    </>
  );
}

export function Warnings({ of }: { of: readonly string[] }) {
  if (of.length === 0) return <p class="hint">No warnings</p>;
  return (
    <ul class="warnings">
      {of.map((text) => (
        <li key={text}>
          <Hostile text={text} />
        </li>
      ))}
    </ul>
  );
}

/** Where the span comes from: its resource and its instrumentation scope. */
export function Origin({ span, row, model }: Props) {
  const { name, version, attributes } = span.scope;
  return (
    <>
      <Attributes of={span.resource} at={{ model, row, path: 'resource' }} service={span.service} />
      {(name || version) && (
        <p class="scope">
          Instrumentation scope <Hostile text={name} /> {version && <Hostile text={version} />}
        </p>
      )}
      {attributes.length > 0 && <Attributes of={attributes} at={{ model, row, path: 'scope/attributes' }} />}
    </>
  );
}

/** When the span was polled, if a client recorded it. */
export function busyText({ intervals, intervalsTotal, intervalsJoined, durationNanos }: SpanDetails): string {
  if (!intervals) return '';
  const polls = intervalsTotal ?? intervals.length;
  const joined = intervalsJoined ? `, ${formatCount(intervalsJoined)} intervals joined` : '';
  if (intervals.length < polls) return `${plural(polls, 'interval')}${joined}`;
  const busy = intervals.reduce((sum, { dur }) => sum + dur, 0);
  return `busy ${formatDuration(busy)} in ${plural(polls, 'interval')}, idle ${formatDuration(Math.max(0, durationNanos - busy))}${joined}`;
}
