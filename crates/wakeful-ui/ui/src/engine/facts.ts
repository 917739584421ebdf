import type { Band } from './details.ts';

/** A time in which a program of the trace lost something; nanoseconds from the trace's start. */
export interface LossTime {
  service: string;
  cause: string;
  thread: string;
  missing: number;
  start: number;
  dur: number;
}

/** What the server says of a trace as a whole, in the metadata of the stream's schema. */
export interface Facts {
  id: string;
  /** Unix nanoseconds, as decimal digits: a Number would lose the last ones. */
  base: string;
  durationNanos: number;
  services: number;
  depth: number;
  spans: number;
  errors: number;
  orphans: number;
  warnings: number;
  /** Records known to be lost in the trace's time. */
  lost: number;
  losses: readonly LossTime[];
  rev: string;
  complete: boolean;
  /** The server left spans out because there are too many: what is missing may be stored. */
  cut: boolean;
  message: string;
}

export function factsOf(metadata: ReadonlyMap<string, string>): Facts {
  const text = (key: string) => metadata.get(key) ?? '';
  const number = (key: string) => Number(metadata.get(key) ?? 0);
  return {
    id: text('id'),
    base: text('base') || '0',
    durationNanos: number('durationNanos'),
    services: number('services'),
    depth: number('depth'),
    spans: number('spans'),
    errors: number('errors'),
    orphans: number('orphans'),
    warnings: number('warnings'),
    lost: number('lost'),
    losses: lossesOf(text('losses')),
    rev: text('rev'),
    complete: metadata.get('complete') !== 'false',
    cut: metadata.get('cut') === 'true',
    message: text('message'),
  };
}

function lossesOf(text: string): readonly LossTime[] {
  return text ? (JSON.parse(text) as LossTime[]) : [];
}

/** The same times as bands over all rows: which span was lost, nobody knows. */
export function bandsOf({ losses }: Facts): readonly Band[] {
  return losses.map(({ start, dur }) => ({ row: -1, start, dur }));
}

/** `12 by mini-redis: a thread's ring was full, in flood (3)`, one for each time, the first ones first. */
export function lossSentences(losses: readonly LossTime[], most: number): string[] {
  const said = losses.slice(0, most).map(({ service, cause, thread, missing }) => {
    const why = [cause, thread && `in ${thread}`].filter(Boolean).join(', ');
    return `${missing} by ${service}${why && `: ${why}`}`;
  });
  return losses.length > most ? [...said, `and at ${losses.length - most} more times`] : said;
}
