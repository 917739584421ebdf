import type { Reply, Request } from './protocol.ts';

/** The engine as the page sees it, wherever it runs. */
export interface Engine {
  post(request: Request): void;
  close(): void;
}

/**
 * Starts an engine: in a web worker, or on the page's own thread where the browser cannot draw in a web worker.
 * `url` is the web worker's script.
 */
export function startEngine(url: string | TrustedScript, receive: (reply: Reply) => void): Engine {
  return typeof OffscreenCanvas === 'undefined' || typeof Worker === 'undefined'
    ? onThisThread(receive)
    : inWebWorker(url, receive);
}

/** The DOM's own type is not in TypeScript's library yet. */
export interface TrustedScript {
  toString(): string;
}

function inWebWorker(url: string | TrustedScript, receive: (reply: Reply) => void): Engine {
  const worker = new Worker(url as string, { type: 'module' });
  worker.addEventListener('message', (event: MessageEvent<Reply>) => receive(event.data));
  worker.addEventListener('error', (event) => {
    receive({ kind: 'fail', text: event.message || 'the web worker that draws did not start' });
  });
  return {
    post: (request) => worker.postMessage(request, 'bytes' in request ? [request.bytes.buffer] : []),
    close: () => worker.terminate(),
  };
}

function onThisThread(receive: (reply: Reply) => void): Engine {
  let open = true;
  const session = Promise.all([import('./session.ts'), import('./surface.ts')]).then(([{ Session }, { Surface }]) => {
    const canvas = (width: number, height: number) => Object.assign(document.createElement('canvas'), { width, height });
    return new Session({ bars: new Surface(canvas), texts: new Surface(canvas), overview: new Surface(canvas) }, (reply) => {
      if (open) receive(reply);
    });
  });
  return {
    post: (request) => void session.then((running) => running.handle(request)),
    close: () => {
      open = false;
    },
  };
}
