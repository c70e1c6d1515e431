import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { connect as dial } from 'node:net';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Everything that came, head included, as far as it is known. */
  bytes: Buffer;
}

export interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const PATIENCE_MS = 30_000;

export interface Line {
  ask: (request: Request) => Promise<Answer>;
  close: () => void;
}

/** Requests as they are written: nothing in path or headers is put right on the way. */
export function openLine(port: number, atOnce: number): Line {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  return {
    ask: ({ method, path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const sent = request(
          { agent, host: '127.0.0.1', port, method, path, headers, timeout: PATIENCE_MS },
          (answer) => {
            const chunks: Buffer[] = [];
            answer.on('data', (chunk: Buffer) => void chunks.push(chunk));
            answer.once('error', reject);
            answer.once('end', () => {
              const whole = Buffer.concat(chunks);
              const head = Buffer.from(answer.rawHeaders.join('\n'), 'latin1');
              const { headers: told, statusCode = 0 } = answer;
              const bytes = Buffer.concat([head, Buffer.from('\n\n'), whole]);
              resolve({ status: statusCode, headers: told, body: whole, bytes });
            });
          },
        );
        sent.once('timeout', () => sent.destroy(new Error('no answer within 30 s')));
        sent.once('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Bytes that go when it is their turn: at once, or when `after` says so of what came back. */
export interface Turn {
  pieces: readonly Buffer[];
  after?: (heard: Buffer) => boolean;
}

/**
 * Bytes on a connection of their own.
 * @returns what came back until the other end closed it, or `ms` went by without a byte after the last turn
 */
export function sendRaw(port: number, turns: readonly Turn[], ms: number): Promise<Heard> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const left = [...turns];
    const socket = dial(port, '127.0.0.1');
    let closed = false;
    const end = () => {
      socket.destroy();
      resolve({ bytes: Buffer.concat(chunks), closed });
    };
    function go(): void {
      const heard = Buffer.concat(chunks);
      for (let next = left[0]; next && (next.after?.(heard) ?? true); next = left[0]) {
        left.shift();
        for (const piece of next.pieces) socket.write(piece);
      }
      socket.setTimeout(left.length === 0 ? ms : PATIENCE_MS);
    }
    socket.on('timeout', end);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (left.length > 0) go();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      closed = true;
      end();
    });
    socket.once('connect', go);
  });
}
export interface Heard {
  bytes: Buffer;
  /** By the other end. */
  closed: boolean;
}
