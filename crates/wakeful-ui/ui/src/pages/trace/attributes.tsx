import { type Attribute, valueText } from '../../data/span.ts';
import { isTraceql } from '../../engine/find.ts';
import { plural } from '../../engine/format.ts';
import { href } from '../../shell/router.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { Icon } from '../../widgets/icon.tsx';
import { FoundText } from './found-text.tsx';
import type { Place } from './value-view.tsx';
import { ValueView } from './value-view.tsx';

/** Longer values are not looked for: no address has room for them. */
const SEARCH_MAX = 500;

interface Props {
  of: readonly Attribute[];
  /** Where the list stands: each attribute's path is this, and its place in the list. */
  at: Place;
  dropped?: number;
  /** The service in which "Search for this" looks; none offers no search. */
  service?: string;
}

/** Attributes with their types, in the client's order. */
export function Attributes({ of, at, dropped = 0, service }: Props) {
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
              <th scope="col">Do</th>
            </tr>
          </thead>
          <tbody>
            {of.map((attribute, index) => (
              <Row
                key={`${index}-${attribute.key}`}
                attribute={attribute}
                at={{ ...at, path: at.path && `${at.path}/${index}` }}
                service={service}
              />
            ))}
          </tbody>
        </table>
      )}
      <Dropped count={dropped} what="attribute" />
    </>
  );
}

function Row({ attribute, at, service }: { attribute: Attribute; at: Place; service: string | undefined }) {
  const { key, type } = attribute;
  return (
    <tr>
      <th scope="row">{key === '' ? <em>empty key</em> : <FoundText text={key} query={at.model.query.value} />}</th>
      <td>
        <ValueView of={attribute} at={at} />
      </td>
      <td class="type">{type}</td>
      <td class="do">
        <CopyButton text={valueText(attribute)} what={`the value of ${key}`} />
        {service !== undefined && <SearchForThis attribute={attribute} service={service} />}
        <HideInFind keyName={key} at={at} />
      </td>
    </tr>
  );
}

/** Traces of the same service in which a span has the same. */
function SearchForThis({ attribute, service }: { attribute: Attribute; service: string }) {
  const text = valueText(attribute);
  const scalar = !['array', 'map', 'empty', 'bytes'].includes(attribute.type);
  if (!scalar || attribute.cut || attribute.key === '' || text.length > SEARCH_MAX) return null;
  const query = new URLSearchParams({ service, tags: JSON.stringify({ [attribute.key]: text }), lookback: '2d' });
  return (
    <a
      class="icon small button"
      href={href('/search', query)}
      aria-label={`Search for ${attribute.key} with this value`}
      title="Search for this"
    >
      <Icon name="find" />
    </a>
  );
}

/** A key that is in every span only hides what one looks for. */
function HideInFind({ keyName, at: { model } }: { keyName: string; at: Place }) {
  const query = model.query.value;
  if (query === '' || isTraceql(query) || keyName === '' || /[\s"]/.test(keyName) || query.includes(`-${keyName}`)) return null;
  return (
    <button
      type="button"
      class="icon small"
      aria-label={`Hide ${keyName} in find`}
      title="Hide key in find"
      onClick={() => model.find(`${query} -${keyName}`)}
    >
      <Icon name="hide" />
    </button>
  );
}

/** How many were left out by the client's limits. */
export function Dropped({ count, what }: { count: number; what: string }) {
  return count > 0 ? <p class="hint">The client dropped {plural(count, what)}: its limits are set there.</p> : null;
}
