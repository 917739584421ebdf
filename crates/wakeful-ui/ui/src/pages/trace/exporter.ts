import type { ExportOrder } from '../../engine/export.ts';
import type { Reply, Request } from '../../engine/protocol.ts';

type Exported = Extract<Reply, { kind: 'exported' }>;

/** Has the engine make files of the view. */
export class Exporter {
  private seq = 0;
  private readonly waiting = new Map<number, (reply: Exported) => void>();

  constructor(private readonly post: (request: Request) => void) {}

  /** The file; throws what the engine says against it. */
  async file(order: ExportOrder): Promise<Blob> {
    const seq = ++this.seq;
    const reply = await new Promise<Exported>((resolve) => {
      this.waiting.set(seq, resolve);
      this.post({ kind: 'export', seq, order });
    });
    if (!reply.file) throw new Error(reply.problem);
    return reply.file;
  }

  receive(reply: Exported): void {
    this.waiting.get(reply.seq)?.(reply);
    this.waiting.delete(reply.seq);
  }
}
