import { useEffect, useState } from 'preact/hooks';
import { isAbort, messageOf } from '../../../data/api.ts';
import type { TraceModel } from '../model.ts';
import { analysisOf } from './client.ts';
import type { Questions, Sought } from './protocol.ts';

export interface Asked<T> {
  /** The last answer; it stays while the next one is computed. */
  answer: T | null;
  busy: boolean;
  error: string;
}

/** What find has now. */
export function soughtIn(model: TraceModel): Sought {
  return { query: model.query.value, count: model.found.value.count };
}

/** The answer to a question about the trace's rows, asked again when the question or the rows change. */
export function useAnswer<K extends keyof Questions>(model: TraceModel, question: Questions[K]['question']): Asked<Questions[K]['answer']> {
  const [asked, setAsked] = useState<Asked<Questions[K]['answer']>>({ answer: null, busy: true, error: '' });
  const generation = model.generation.value;
  useEffect(() => {
    if (generation === 0) return;
    let here = true;
    setAsked((old) => ({ ...old, busy: true }));
    analysisOf(model)
      .ask<K>(question)
      .then(
        (answer) => here && setAsked({ answer, busy: false, error: '' }),
        (error: unknown) => here && !isAbort(error) && setAsked((old) => ({ ...old, busy: false, error: messageOf(error) })),
      );
    return () => {
      here = false;
    };
  }, [model, generation, JSON.stringify(question)]);
  return asked;
}
