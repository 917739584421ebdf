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
  rev: string;
  complete: boolean;
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
    rev: text('rev'),
    complete: metadata.get('complete') !== 'false',
    message: text('message'),
  };
}
