import { useState } from 'preact/hooks';
import { type Attribute, type SpanDetails, type SpanEvent, type SpanLink, type Value, valueText } from '../../data/span.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { formatBytes, formatDuration, plural } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Hostile } from '../../widgets/hostile.tsx';

/** Longer values are folded. */
const FOLD_CHARS = 4_096;

/** Attributes with their types, in the client's order. */
export function Attributes({ of, dropped }: { of: readonly Attribute[]; dropped: number }) {
  return (
    <>
      {of.length === 0 && <p class="hint">No attributes</p>}
      {of.length > 0 && (
        <table class="attributes">
          <thead class="unseen">
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
              <th scope="col">Type</th>
              <th scope="col">Copy</th>
            </tr>
          </thead>
          <tbody>
            {of.map((attribute, index) => (
              <tr key={`${index}-${attribute.key}`}>
                <th scope="row">{attribute.key === '' ? <em>empty key</em> : <Hostile text={attribute.key} />}</th>
                <td>
                  <ValueView of={attribute} />
                </td>
                <td class="type">{attribute.type}</td>
                <td>
                  <CopyButton text={valueText(attribute)} what={`the value of ${attribute.key}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Dropped count={dropped} what="attribute" />
    </>
  );
}

function ValueView({ of }: { of: Value }) {
  const [whole, setWhole] = useState(false);
  if (of.type === 'empty') return <em>empty</em>;
  const text = valueText(of);
  if (text === '') return <em>empty string</em>;
  if (whole || text.length <= FOLD_CHARS) return <Hostile text={text} />;
  return (
    <>
      <Hostile text={text.slice(0, FOLD_CHARS)} />…{' '}
      <button type="button" onClick={() => setWhole(true)}>
        Show all {formatBytes(text.length)}
      </button>
    </>
  );
}

/** `base` is the span's start, from which events are counted. */
export function Events({ of, base, dropped }: { of: readonly SpanEvent[]; base: string; dropped: number }) {
  return (
    <>
      {of.length === 0 && <p class="hint">No events</p>}
      {of.map((event, index) => {
        const time = nanosOf(event.timeUnixNanos);
        return (
          <details key={index} open={of.length <= 10}>
            <summary>
              <span class="time" title={formatInstant(time)}>
                {formatDuration(Number(time - nanosOf(base)))}
              </span>{' '}
              <Hostile text={event.name} /> <small>{plural(event.attributes.length, 'attribute')}</small>
            </summary>
            <Attributes of={event.attributes} dropped={0} />
          </details>
        );
      })}
      <Dropped count={dropped} what="event" />
    </>
  );
}

export function Links({ of, dropped }: { of: readonly SpanLink[]; dropped: number }) {
  return (
    <>
      {of.length === 0 && <p class="hint">No links</p>}
      {of.map((link, index) => (
        <section key={index} class="link">
          <p>
            <a href={href(`/trace/${link.traceId}`, new URLSearchParams({ uiFind: link.spanId }))}>
              trace <code>{link.traceId}</code>, span <code>{link.spanId}</code>
            </a>
          </p>
          {link.attributes.length > 0 && <Attributes of={link.attributes} dropped={0} />}
        </section>
      ))}
      <Dropped count={dropped} what="link" />
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
export function Origin({ span }: { span: SpanDetails }) {
  const { name, version, attributes } = span.scope;
  return (
    <>
      <Attributes of={span.resource} dropped={0} />
      {(name || version) && (
        <p class="scope">
          Instrumentation scope <Hostile text={name} /> {version && <Hostile text={version} />}
        </p>
      )}
      {attributes.length > 0 && <Attributes of={attributes} dropped={0} />}
    </>
  );
}

/** How many were left out by the client's limits. */
function Dropped({ count, what }: { count: number; what: string }) {
  return count > 0 ? <p class="hint">The client dropped {plural(count, what)}: its limits are set there.</p> : null;
}
