import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problems } from './http';
import { createLog } from './log';
import { bodyWithin, cutStill, requestLimits, SERVER_LIMITS } from './request-limits';

let server: Server;
let port: number;

beforeAll(async () => {
  const app = express();
  app.use(requestLimits);
  app.get('/silent', () => undefined);
  app.use(bodyWithin(200), express.json());
  app.use((_req, res) => void res.json({ served: true }));
  app.use(problems(createLog('silent', false)));
  // The same limits, only sooner.
  const soon = { headersTimeout: 200, connectionsCheckingInterval: 50 };
  server = createServer({ ...SERVER_LIMITS, ...soon }, app);
  cutStill(server, 600);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const asked = (path: string, headers: Record<string, string> = {}) =>
  new Promise<number>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end();
  });

/** Sends what is given and no more. @returns what the server says until it ends the connection */
function halfOf(text: string, then?: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(text));
    let heard = '';
    socket.on('data', (data) => void (heard += data.toString()));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
    then?.(socket);
  });
}

describe('a request is refused', () => {
  it('for an address that is too long', async () => {
    expect(await asked(`/${'a'.repeat(8_000)}`)).toBe(200);
    expect(await asked(`/${'a'.repeat(9_000)}`)).toBe(413);
  });

  it('for a query of too many fields', async () => {
    const query = (fields: number) =>
      Array.from({ length: fields }, (_, at) => `a${at}=1`).join('&');
    expect(await asked(`/?${query(50)}`)).toBe(200);
    expect(await asked(`/?${query(51)}`)).toBe(400);
  });

  it('for too many or too long headers', async () => {
    const headers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, '1']));
    expect(await asked('/', headers(90))).toBe(200);
    expect(await asked('/', headers(110))).toBe(400);
    expect(await asked('/', { x: 'y'.repeat(20_000) })).toBe(431);
  });
});

describe('a connection is cut', () => {
  it('when it says nothing, or its head trickles in', async () => {
    expect(await halfOf('')).toMatch(/^(HTTP\/1.1 408|$)/);
    expect(await halfOf('GET / HTTP/1.1\r\nHost: x\r\n')).toMatch(/^(HTTP\/1.1 408|$)/);
  });

  it('when its body trickles in', async () => {
    const head =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{';
    // A byte now and then would keep a connection from being still.
    let trickle: NodeJS.Timeout | undefined;
    await halfOf(head, (socket) => {
      trickle = setInterval(() => socket.write(' '), 50);
    });
    clearInterval(trickle);
  });

  it('when nothing moves on it any more', async () => {
    expect(await halfOf('GET /silent HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('');
  });

  it('at the latest by the times of the product', () => {
    expect(SERVER_LIMITS).toEqual({
      maxHeaderSize: 16_384,
      headersTimeout: 20_000,
      requestTimeout: 1_800_000,
      connectionsCheckingInterval: 5_000,
    });
  });
});
