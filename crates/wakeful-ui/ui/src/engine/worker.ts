import type { Request } from './protocol.ts';
import { Session } from './session.ts';
import { Surface } from './surface.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const canvas = (width: number, height: number) => new OffscreenCanvas(width, height);
const session = new Session({ bars: new Surface(canvas), texts: new Surface(canvas), overview: new Surface(canvas) }, (reply, transfer) =>
  scope.postMessage(reply, transfer),
);

scope.addEventListener('message', (event: MessageEvent<Request>) => session.handle(event.data));
