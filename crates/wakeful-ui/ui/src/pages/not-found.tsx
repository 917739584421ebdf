import { useEffect } from 'preact/hooks';
import { href, path } from '../shell/router.ts';

/** Pages of Jaeger's that old links lead to, and what this version has in their place. */
const ELSEWHERE: readonly [RegExp, string][] = [
  [/^\/trace\/.*\.\.\./, 'Traces cannot be compared in this version.'],
  [/^\/(dependencies|deep-dependencies)/, 'This version has no graph of the calls between services. Its counts are at /api/dependencies.'],
  [/^\/monitor/, 'This version has no charts of rates, errors and durations.'],
  [/^\/quality-metrics/, 'This version does not rate the quality of spans; a span shows its own warnings.'],
];

/** For an address that names no page. */
export function NotFound() {
  const elsewhere = ELSEWHERE.find(([pattern]) => pattern.test(path.value));
  const title = elsewhere ? 'Not in this version' : 'No such page';
  useEffect(() => {
    document.title = `${title} – wakeful`;
  }, [title]);
  return (
    <section class="message">
      <h1>{title}</h1>
      <p>
        {elsewhere ? (
          elsewhere[1]
        ) : (
          <>
            Nothing is at{' '}
            <code>
              <bdi>{path.value}</bdi>
            </code>
            .
          </>
        )}{' '}
        <a href={href('/search')}>Search for traces</a>
      </p>
    </section>
  );
}
