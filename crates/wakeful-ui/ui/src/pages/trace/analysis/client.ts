import { fetchAttribute, traceOf } from '../../../data/trace.ts';
import { buffersOf } from '../../../engine/snapshot.ts';
import { trustedScript } from '../../../shell/trusted.ts';
import type { TraceModel } from '../model.ts';
import type { Grouping, Questions, Reply, Request, Sought } from './protocol.ts';
import workerUrl from './worker.ts?chunk';

type Unsent<R> = R extends Request ? Omit<R, 'id'> : never;

const NOTHING_MARKED: { sought: string; done: Promise<unknown> } = { sought: '', done: Promise.resolve() };

/** What computes with a trace's rows, apart from the page and from the engine that draws. */
export class Analysis {
  private readonly worker = new Worker(trustedScript(workerUrl) as string, { type: 'module' });
  private readonly waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  private count = 0;
  private loaded: { generation: number; done: Promise<unknown> } | null = null;
  private readonly attributes = new Map<string, Promise<unknown>>();
  /** What the rows that are marked there were found by. */
  private marked = NOTHING_MARKED;

  constructor(private readonly model: TraceModel) {
    this.worker.addEventListener('message', (event: MessageEvent<Reply>) => this.receive(event.data));
    this.worker.addEventListener('error', (event) => this.failAll(event.message || 'the web worker did not start'));
    model.closing.signal.addEventListener('abort', () => this.worker.terminate());
  }

  /** Asks about the rows that the page has now; those that were asked about before are loaded once. */
  async ask<K extends keyof Questions>(question: Questions[K]['question']): Promise<Questions[K]['answer']> {
    await this.load();
    if ('sought' in question) await this.hits(question.sought);
    if (question.kind === 'statistics') await Promise.all([question.first, question.second].map((by) => this.attribute(by)));
    return (await this.send({ kind: 'question', question })) as Questions[K]['answer'];
  }

  private load(): Promise<unknown> {
    const generation = this.model.generation.peek();
    if (this.loaded?.generation !== generation) {
      this.attributes.clear();
      this.marked = NOTHING_MARKED;
      const done = this.model
        .copies.snapshot()
        .then((snapshot) => this.send({ kind: 'load', snapshot }, buffersOf(snapshot) as ArrayBuffer[]));
      this.loaded = { generation, done };
    }
    return this.loaded.done;
  }

  /** What find has is marked in what is merged. */
  private hits({ query, count }: Sought): Promise<unknown> {
    const sought = count === 0 ? '' : `${count} ${query}`;
    if (sought !== this.marked.sought) {
      const rows = count === 0 ? Promise.resolve(new Uint32Array(0)) : this.model.copies.hits();
      this.marked = { sought, done: rows.then((rows) => this.send({ kind: 'hits', rows }, [rows.buffer])) };
    }
    return this.marked.done;
  }

  /** The server knows attributes: their values come once. */
  private attribute(by: Grouping | ''): Promise<unknown> {
    const key = /^attribute:(.*)$/s.exec(by)?.[1];
    if (key === undefined) return Promise.resolve();
    let coming = this.attributes.get(key);
    if (!coming) {
      coming = fetchAttribute(traceOf(this.model), key, this.model.closing.signal).then((bytes) =>
        this.send({ kind: 'attribute', key, bytes }, [bytes.buffer]),
      );
      this.attributes.set(key, coming);
      coming.catch(() => this.attributes.delete(key));
    }
    return coming;
  }

  private send(request: Unsent<Request>, transfer: Transferable[] = []): Promise<unknown> {
    const id = ++this.count;
    this.worker.postMessage({ ...request, id }, transfer);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private receive(reply: Reply): void {
    const asked = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('error' in reply) asked?.reject(new Error(reply.error));
    else asked?.resolve(reply.answer);
  }

  private failAll(text: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(text));
    this.waiting.clear();
  }
}

const analyses = new WeakMap<TraceModel, Analysis>();

/** One for each open trace, from when a view first needs it. */
export function analysisOf(model: TraceModel): Analysis {
  let analysis = analyses.get(model);
  if (!analysis) {
    analysis = new Analysis(model);
    analyses.set(model, analysis);
  }
  return analysis;
}
