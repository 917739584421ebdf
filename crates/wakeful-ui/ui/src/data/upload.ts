import { ApiError } from './api.ts';

/** What the server made of a file. */
export interface Uploaded {
  format: string;
  spans: number;
  /** In the file's order, at most 100. */
  traces: string[];
  truncated: boolean;
  /** The retention; null for no end. */
  keptSeconds: number | null;
}

/** Sends a file; `told` hears how many of its bytes are on their way. `fetch` cannot say that, so an older request does. */
export function upload(file: Blob, told: (bytes: number) => void, signal: AbortSignal): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', new URL('api/ui/upload', document.baseURI));
    request.upload.addEventListener('progress', (event) => told(event.loaded));
    request.addEventListener('load', () => {
      try {
        resolve(answerOf(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    request.addEventListener('error', () => reject(new ApiError('the server does not answer', 0)));
    request.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

/** The answer, or the server's words for why there is none. */
export function answerOf(status: number, text: string): Uploaded {
  let body: Uploaded & { error?: { message: string } };
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(text.trim().slice(0, 300) || 'the server refused', status);
  }
  if (status !== 200) throw new ApiError(body.error?.message ?? 'the server refused', status);
  return body;
}
