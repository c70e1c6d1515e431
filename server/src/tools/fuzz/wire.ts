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

/**
 * Bytes on a connection of their own.
 * @param opening what goes first; the rest waits until `isOpen` says so of what came back
 * @returns what came back until the other end closed it, or `ms` went by without a byte
 */
export function sendRaw(
  port: number,
  pieces: readonly Buffer[],
  ms: number,
  opening?: { pieces: readonly Buffer[]; isOpen: (heard: Buffer) => boolean },
): Promise<Heard> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let isOpen = opening === undefined;
    const send = (some: readonly Buffer[]) => some.forEach((piece) => socket.write(piece));
    const socket = dial(port, '127.0.0.1');
    let closed = false;
    const end = () => {
      socket.destroy();
      resolve({ bytes: Buffer.concat(chunks), closed });
    };
    socket.setTimeout(isOpen ? ms : PATIENCE_MS, end);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isOpen || !opening?.isOpen(Buffer.concat(chunks))) return;
      isOpen = true;
      socket.setTimeout(ms);
      send(pieces);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      closed = true;
      end();
    });
    socket.once('connect', () => send(opening?.pieces ?? pieces));
  });
}
export interface Heard {
  bytes: Buffer;
  /** By the other end. */
  closed: boolean;
}
