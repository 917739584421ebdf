import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../data/api.ts';
import { type About, fetchAbout } from '../../data/search.ts';
import { formatInstant, nanosOf } from '../../data/time.ts';
import { formatBytes, plural } from '../../engine/format.ts';
import { Banner } from '../../widgets/banner.tsx';
import { keptInWords } from '../search/uploaded.ts';

/** What runs here, where it listens, what it keeps, and within which limits. */
export function AboutPage() {
  const [about, setAbout] = useState<About | null>(null);
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    document.title = 'About – wakeful';
    const abort = new AbortController();
    fetchAbout(abort.signal).then(
      (answer) => {
        setAbout(answer);
        setError('');
      },
      (problem) => {
        if (!isAbort(problem)) setError(messageOf(problem));
      },
    );
    return () => abort.abort();
  }, [turn]);
  return (
    <section class="document" aria-busy={!about && !error}>
      <h1>About</h1>
      {error && (
        <Banner kind="error">
          The server could not be asked: {error}.{' '}
          <button type="button" onClick={() => setTurn(turn + 1)}>
            Retry
          </button>
        </Banner>
      )}
      {about && <Facts about={about} />}
    </section>
  );
}

function Facts({ about }: { about: About }) {
  const { version, listeners, backend, dataDir, spans, bytes, oldestUnixNanos, newestUnixNanos, retention, limits } = about;
  const range =
    oldestUnixNanos && newestUnixNanos
      ? `${formatInstant(nanosOf(oldestUnixNanos))} to ${formatInstant(nanosOf(newestUnixNanos))}`
      : 'nothing is stored';
  return (
    <>
      <dl class="facts">
        <Fact name="Version">{version}</Fact>
        {__WAKEFUL_VERSION__ && <Fact name="Version of this page">{__WAKEFUL_VERSION__}</Fact>}
        <Fact name="Stored">{bytes === undefined ? plural(spans, 'span') : `${plural(spans, 'span')}, ${formatBytes(bytes)}`}</Fact>
        <Fact name="Range">{range}</Fact>
        {backend && <Fact name="Kept in">{dataDir ? `${backend}, ${dataDir}` : backend}</Fact>}
        {retention && <Fact name="Retention">{kept(retention)}</Fact>}
        <Fact name="Licence">Apache-2.0 or MIT</Fact>
      </dl>
      <Table name="Listeners" heads={['What', 'Address']} rows={listeners.map(({ name, address }) => [name, address])} />
      {limits && (
        <Table name="Limits" heads={['What', 'Value', 'Setting']} rows={limits.map(({ name, value, setting }) => [name, value, setting])} />
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Table({ name, heads, rows }: { name: string; heads: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <section>
      <h2>{name}</h2>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...rest]) => (
            <tr key={first}>
              <th scope="row">{first}</th>
              {rest.map((cell, i) => (
                <td key={heads[i + 1]} data-label={heads[i + 1]}>
                  <code>{cell}</code>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function kept({ seconds, bytes }: { seconds: number | null; bytes: number | null }): string {
  const parts = [seconds === null ? '' : keptInWords(seconds).replace('kept ', ''), bytes === null ? '' : `up to ${formatBytes(bytes)}`];
  return parts.filter(Boolean).join(', ') || 'without an end';
}
