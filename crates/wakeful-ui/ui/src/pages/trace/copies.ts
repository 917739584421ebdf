import type { Reply, Request } from '../../engine/protocol.ts';
import type { Snapshot } from '../../engine/snapshot.ts';

/** Copies of what the engine has, for who computes with it elsewhere; they come in the order in which they were asked for. */
export class Copies {
  private readonly snapshots: ((snapshot: Snapshot) => void)[] = [];
  private readonly found: ((rows: Uint32Array<ArrayBuffer>) => void)[] = [];

  constructor(private readonly post: (request: Request) => void) {}

  /** All rows. */
  snapshot(): Promise<Snapshot> {
    return new Promise((resolve) => {
      this.snapshots.push(resolve);
      this.post({ kind: 'snapshot' });
    });
  }

  /** Rows that were found so far, ascending. */
  hits(): Promise<Uint32Array<ArrayBuffer>> {
    return new Promise((resolve) => {
      this.found.push(resolve);
      this.post({ kind: 'hits' });
    });
  }

  receive(reply: Extract<Reply, { kind: 'snapshot' | 'hits' }>): void {
    if (reply.kind === 'snapshot') this.snapshots.shift()?.(reply.snapshot);
    else this.found.shift()?.(reply.rows);
  }
}
