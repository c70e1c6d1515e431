import { randomUUID } from 'node:crypto';
import { connect, type Socket as Wire } from 'node:net';
import type { Socket } from 'socket.io-client';
import { isAccepted, open } from './load';
import { Disturbing } from './neighbours.messages';

/** The one who disturbs, in a process of his own: what he costs himself is not the neighbours' affair. */
const LONGEST_MS = 60_000;
/** Long, so that what is not read does not just fit into the buffers of the network. */
const TEXT = 'Проверьте накладную. '.repeat(190);

const pause = (forMs: number) => new Promise<void>((resolve) => setTimeout(resolve, forMs));
const message = (appealId: string, body: string) => ({ appealId, clientId: randomUUID(), body });

/** Everything at once from one socket, whatever becomes of it. */
async function burst({ url, appealId, cookies, messages }: Disturbing) {
  const socket = await open(url, { cookie: cookies[0] ?? '' });
  return async () => {
    const answers = await Promise.all(
      Array.from({ length: messages }, (_, index): Promise<unknown> =>
        socket
          .timeout(LONGEST_MS)
          .emitWithAck('entry:post', message(appealId, `№ ${index}`))
          .catch(() => null),
      ),
    );
    socket.disconnect();
    const acknowledged = answers.filter(isAccepted).length;
    const unanswered = answers.filter((answer) => answer === null).length;
    return { acknowledged, refused: messages - acknowledged - unanswered, unanswered };
  };
}

/** Messages into an appeal that one more socket follows: reading, or not. */
async function publish({ what, url, appealId, cookies, messages, perSecond }: Disturbing) {
  const [first = '', second = '', third = ''] = cookies;
  let heard = 0;
  const wire = what === 'deaf' ? await deafReader(url, third) : null;
  const reader = what === 'reader' ? await open(url, { cookie: third }) : null;
  reader?.on('appeal:news', () => (heard += 1));
  // No session may send so fast alone.
  const senders: Socket[] = [];
  for (const cookie of [first, second, cookies.at(-1) ?? ''])
    senders.push(await open(url, { cookie }));
  return async () => {
    const began = performance.now();
    const sent: Promise<unknown>[] = [];
    for (let index = 0; index < messages; index += 1) {
      const wait = began + (index * 1000) / perSecond - performance.now();
      if (wait > 0) await pause(wait);
      const socket = senders[index % senders.length];
      const body = `${index} ${TEXT}`;
      const answer = socket?.timeout(LONGEST_MS).emitWithAck('entry:post', message(appealId, body));
      if (answer) sent.push(answer.catch(() => null));
    }
    const acknowledged = (await Promise.all(sent)).filter(isAccepted).length;
    for (const socket of [...senders, ...(reader ? [reader] : [])]) socket.disconnect();
    return { acknowledged, heard, wasCut: wire !== null && (await isCut(wire)) };
  };
}

/** A connection that is not read tells of its end only once it is. */
async function isCut(wire: Wire): Promise<boolean> {
  const ended = new Promise<true>((resolve) => wire.once('close', () => resolve(true)));
  wire.resume();
  const cut = await Promise.race([ended, pause(1_000).then(() => false)]);
  wire.destroy();
  return cut;
}

/** A WebSocket by hand that is joined to its rooms and from then on reads nothing. */
async function deafReader(url: string, cookie: string) {
  const { hostname, port, host } = new URL(url);
  const wire = connect(Number(port), hostname);
  wire.write(
    [
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
      `Host: ${host}`,
      `Cookie: ${cookie}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
  await new Promise((resolve) => wire.once('data', resolve));
  // One text frame: "connect to the main namespace".
  wire.write(Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from('40')]));
  await new Promise((resolve) => wire.once('data', resolve));
  wire.on('error', () => undefined);
  wire.pause();
  return wire;
}

process.once('message', (order) => {
  const given = Disturbing.parse(order);
  const prepared = given.what === 'burst' ? burst(given) : publish(given);
  void prepared.then((begin) => {
    process.once('message', () => {
      void begin().then((facts) => process.send?.(facts, () => process.exit(0)));
    });
    process.send?.('ready');
  });
});
// The bench is gone.
process.once('disconnect', () => process.exit(0));
