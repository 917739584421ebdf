import type { Request } from './protocol.ts';
import { AnalysisSession } from './session.ts';

const session = new AnalysisSession();

self.addEventListener('message', (event: MessageEvent<Request>) => self.postMessage(session.handle(event.data)));
