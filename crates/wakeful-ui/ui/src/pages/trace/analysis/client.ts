import { fetchAttribute, traceOf } from '../../../data/trace.ts';
import { buffersOf } from '../../../engine/snapshot.ts';
import { trustedScript } from '../../../shell/trusted.ts';
import type { TraceModel } from '../model.ts';
import type { Grouping, Questions, Reply, Request } from './protocol.ts';
import workerUrl from './worker.ts?chunk';

type Unsent<R> = R extends Request ? Omit<R, 'id'> : never;

/** What computes with a trace's rows, apart from the page and from the engine that draws. */
export class Analysis {
  private readonly worker = new Worker(trustedScript(workerUrl) as string, { type: 'module' });
  private readonly waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  private count = 0;
  private loaded: { generation: number; done: Promise<unknown> } | null = null;
  private readonly attributes = new Map<string, Promise<unknown>>();

  constructor(private readonly model: TraceModel) {
    this.worker.addEventListener('message', (event: MessageEvent<Reply>) => this.receive(event.data));
    this.worker.addEventListener('error', (event) => this.failAll(event.message || 'the web worker did not start'));
    model.closing.signal.addEventListener('abort', () => this.worker.terminate());
  }

  /** Asks about the rows that the page has now; those that were asked about before are loaded once. */
  async ask<K extends keyof Questions>(question: Questions[K]['question']): Promise<Questions[K]['answer']> {
    await this.load();
    if (question.kind === 'statistics') await Promise.all([question.first, question.second].map((by) => this.attribute(by)));
    return (await this.send({ kind: 'question', question })) as Questions[K]['answer'];
  }

  private load(): Promise<unknown> {
    const generation = this.model.generation.peek();
    if (this.loaded?.generation !== generation) {
      this.attributes.clear();
      const done = this.model
        .snapshot()
        .then((snapshot) => this.send({ kind: 'load', snapshot }, buffersOf(snapshot) as ArrayBuffer[]));
      this.loaded = { generation, done };
    }
    return this.loaded.done;
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
