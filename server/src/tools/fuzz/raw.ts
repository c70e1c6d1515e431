import { pick } from '../chaos/random';
import { HOSTILE } from './corpus';

type Random = () => number;

/** A word that nobody knows; it must never come back. */
export const ECHO = 'zzecho';

const chance = (random: Random, part: number) => random() < part;
const some = (random: Random, most: number) => Math.floor(random() * most);

/** Some bytes of a message other than they were: changed, left out, doubled, put in. */
function damage(random: Random, bytes: Buffer): Buffer {
  let made = Buffer.from(bytes);
  for (let left = 1 + some(random, 4); left > 0 && made.length > 0; left -= 1) {
    const at = some(random, made.length);
    const length = Math.min(1 + some(random, 30), made.length - at);
    switch (some(random, 5)) {
      case 0:
        made[at] = some(random, 256);
        break;
      case 1:
        made = Buffer.concat([made.subarray(0, at), made.subarray(at + length)]);
        break;
      case 2:
        made = Buffer.concat([made.subarray(0, at + length), made.subarray(at)]);
        break;
      case 3: {
        const put = pick(random, ['\r\n', '\r\n\r\n', '\0', '"', '--', ';', 'я', '\x7f', '{', ':']);
        made = Buffer.concat([made.subarray(0, at), Buffer.from(put), made.subarray(at)]);
        break;
      }
      default:
        made = made.subarray(0, at);
    }
  }
  return made;
}

/* ── Multipart ──────────────────────────────────────────── */

/** A body of `multipart/form-data` that is almost right, and what its sender says of it. */
export function aMultipart(random: Random, clientId: string): { type: string; body: Buffer } {
  const boundary = pick(random, [
    'b',
    'x'.repeat(70),
    '----WebKitFormBoundary7MA4YWxk',
    "a'b(c)+_",
  ]);
  const name = pick(random, [
    ...['x.txt', 'слова.txt', 'x.exe', 'x.svg', 'x.html', '.txt', 'x', '', 'a/b.txt', 'a\\b.txt'],
    ...['%00.txt', 'x.txt\0.png', '..', '../../x.txt', 'CON.txt', `${'я'.repeat(3_000)}.txt`],
    ...HOSTILE.filter((text) => text.length < 400 && text.isWellFormed()),
  ]);
  const part = (head: string, content: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]);
  const quoted = name.replace(/[\r\n"]/g, ' ');
  const content = pick(random, [
    ...['x', '', '\0\0', 'MZ', '%PDF-1.7', '<svg onload="alert(1)"/>', 'PK\u0003\u0004'],
    ...['\x89PNG\r\n\x1a\n', 'GIF89a', 'BM', 'я'.repeat(5_000)],
  ]);
  const parts = [
    part('Content-Disposition: form-data; name="clientId"', clientId),
    part(
      pick(random, [
        `Content-Disposition: form-data; name="file"; filename="${quoted}"\r\nContent-Type: text/plain`,
        `Content-Disposition: form-data; name="file"; filename*=UTF-8''${encodeURIComponent(quoted)}`,
        `Content-Disposition: form-data; name="file"; filename="${quoted}"; filename*=utf-7''x`,
        `Content-Disposition: form-data; name=file; filename=${quoted}`,
        `Content-Disposition: attachment; filename="${quoted}"`,
        `content-disposition: form-data; name="__proto__"; filename="${quoted}"`,
        `Content-Type: multipart/mixed; boundary=${boundary}`,
        `X: ${'y'.repeat(20_000)}`,
        `Content-Disposition: form-data; name="file"; filename="${quoted}"\r\nContent-Transfer-Encoding: base64`,
      ]),
      content,
    ),
  ];
  for (let more = chance(random, 0.3) ? some(random, 12) : 0; more > 0; more -= 1)
    parts.push(
      part(
        `Content-Disposition: form-data; name="${pick(random, ['x', 'clientId', 'file', '__proto__', 'a[b][c]', 'y'.repeat(200)])}"`,
        'x',
      ),
    );
  if (chance(random, 0.1)) parts.reverse();
  const end = chance(random, 0.1) ? '' : `--${boundary}--\r\n`;
  const body = Buffer.concat([...parts, Buffer.from(end)]);
  return {
    type: `multipart/form-data; boundary=${chance(random, 0.05) ? 'another' : `"${boundary}"`}`,
    body: chance(random, 0.6) ? damage(random, body) : body,
  };
}

/* ── JSON ───────────────────────────────────────────────── */

/** A JSON text with some bytes of it other than they were. */
export const someJson = (random: Random, value: unknown): Buffer =>
  damage(random, Buffer.from(JSON.stringify(value)));

/* ── HTTP as bytes ──────────────────────────────────────── */

/** A request that no library would send. */
export function aRequest(random: Random, cookie: string): Buffer {
  const head = (first: string, ...lines: string[]) =>
    `${[first, 'Host: 127.0.0.1', `Cookie: ${cookie}`, ...lines].join('\r\n')}\r\n\r\n`;
  const text = pick(random, [
    head('GET /api/me HTTP/1.1'),
    head('GET /api/../../etc/passwd HTTP/1.1'),
    head('GET //api//me HTTP/1.1'),
    head('GET /api/%2e%2e/api/me HTTP/1.1'),
    head('GET http://evil.example/api/me HTTP/1.1'),
    head('GET /api/appeals/%00 HTTP/1.1'),
    head('GET /api/appeals/%ff%fe HTTP/1.1'),
    head('GET /assets/..%2f..%2fpackage.json HTTP/1.1'),
    head('GET /..%5c..%5cpackage.json HTTP/1.1'),
    head(`GET /${'a'.repeat(20_000)} HTTP/1.1`),
    head(`GET /api/me?${'a=1&'.repeat(5_000)} HTTP/1.1`),
    head('TRACE /api/me HTTP/1.1'),
    head('PROPFIND / HTTP/1.1'),
    head('CONNECT evil.example:443 HTTP/1.1'),
    head('OPTIONS * HTTP/1.1'),
    head('HEAD /api/appeals HTTP/1.1'),
    head('GET /api/me HTTP/9.9'),
    head('GET /api/me HTTP/1.0'),
    head(
      'POST /api/me/sessions/end-others HTTP/1.1',
      'Content-Length: 5',
      'Transfer-Encoding: chunked',
    ),
    head('POST /api/appeals HTTP/1.1', 'Content-Length: -1'),
    head('POST /api/appeals HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2'),
    `${head('POST /api/appeals HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`,
    `${head('POST /api/appeals HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\nX: y\r\n\r\n`,
    head('POST /api/appeals HTTP/1.1', 'Expect: 100-continue', 'Content-Length: 0'),
    head('POST /api/appeals HTTP/1.1', 'Expect: nonsense', 'Content-Length: 0'),
    head('GET /api/me HTTP/1.1', ...Array.from({ length: 1_500 }, (_, at) => `X-${at}: 1`)),
    head('GET /api/me HTTP/1.1', `X: ${'y'.repeat(40_000)}`),
    head('GET /api/me HTTP/1.1', 'X : y', ' folded: z'),
    head('GET /api/me HTTP/1.1', 'Upgrade: h2c', 'Connection: Upgrade'),
    head('GET /api/me HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'),
    head('GET /socket.io/ HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'),
    head('GET /socket.io/?EIO=4&transport=nothing HTTP/1.1'),
    head('GET /socket.io/?EIO=3&transport=polling HTTP/1.1'),
    head('GET /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1'),
    head(
      'GET /socket.io/?EIO=4&transport=websocket&sid=__proto__ HTTP/1.1',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ),
    head('DELETE /socket.io/?EIO=4&transport=polling HTTP/1.1'),
    '\r\n\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET',
  ]);
  const bytes = Buffer.from(text, 'latin1');
  return chance(random, 0.3) ? damage(random, bytes) : bytes;
}

/* ── Engine.IO ──────────────────────────────────────────── */

/** Socket.IO names the namespace that it refuses. */
const UNKNOWN_NAMESPACE = /44\/[^,]*,\{"message":"Invalid namespace"\}/g;
/** What a server said in frames of text; a pong has to repeat its ping, and is left out. */
export function textsIn(bytes: Buffer): string {
  let at = bytes.indexOf('\r\n\r\n') + 4;
  let text = '';
  while (at >= 4 && at + 2 <= bytes.length) {
    const short = (bytes[at + 1] ?? 0) & 127;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (at + head > bytes.length) break;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    if (((bytes[at] ?? 0) & 15) === 1)
      text += bytes.toString('latin1', at + head, at + head + length);
    at += head + length;
  }
  return text.replace(UNKNOWN_NAMESPACE, '');
}

export const handshake = (path: string, cookie: string, port: number): Buffer =>
  Buffer.from(
    [
      `GET ${path}?EIO=4&transport=websocket HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      `Cookie: ${cookie}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '\r\n',
    ].join('\r\n'),
  );

/** Asks for the namespace, where events are heard. */
export const connection = (): Buffer => frame(Buffer.from('40{}'));
/** There is a socket, or an answer of HTTP instead. */
export const isOpen = (heard: Buffer): boolean =>
  textsIn(heard).startsWith('0{') || /^HTTP\/1\.1 (?!101)/.test(heard.toString('latin1'));
/** The server has let it in, or not. */
export const isLetIn = (heard: Buffer): boolean =>
  /4[04]\{/.test(textsIn(heard)) || /^HTTP\/1\.1 (?!101)/.test(heard.toString('latin1'));

/** One frame of a WebSocket, masked as clients must. */
function frame(payload: Buffer, first = 0x81, masked = true): Buffer {
  const { length } = payload;
  const size =
    length < 126
      ? Buffer.from([length | (masked ? 128 : 0)])
      : length < 65_536
        ? Buffer.from([126 | (masked ? 128 : 0), length >> 8, length & 255])
        : Buffer.concat([Buffer.from([127 | (masked ? 128 : 0), 0, 0, 0, 0]), uint32(length)]);
  // A mask of zeros changes nothing.
  return Buffer.concat([Buffer.from([first]), size, Buffer.alloc(masked ? 4 : 0), payload]);
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** What a client of Engine.IO and Socket.IO would say, or almost; some of it names events that nobody serves. */
function aPacket(random: Random, events: readonly string[]): string {
  const event = pick(random, [
    ...events,
    ECHO,
    'connect',
    'disconnect',
    '__proto__',
    'newListener',
    '',
  ]);
  const argument = pick<unknown>(random, [
    ...[{ [ECHO]: ECHO }, null, 7, [], ECHO, { _placeholder: true, num: 0 }, { appealId: ECHO }],
    ...[{ __proto__: 1 }, '\u0000', { _placeholder: true, num: 99 }, { toJSON: 1, then: 1 }],
  ]);
  const list = JSON.stringify(
    pick<unknown>(random, [
      [event, argument],
      [event],
      [],
      event,
      { 0: event },
      [7, 7],
      [null],
      [[event]],
    ]),
  );
  return pick(random, [
    ...[
      `42${list}`,
      `421${list}`,
      `42999999999999999999${list}`,
      `42/admin,1${list}`,
      `42/${list}`,
    ],
    ...[
      `451-1${list}`,
      `45999999999-1${list}`,
      `45-${list}`,
      `4511-["x",{"_placeholder":true,"num":-1}]`,
    ],
    ...['40', '40{}', '40{"session":{"$ne":1}}', '40/__proto__,', `40/${ECHO},{}`, '41', '41/x,'],
    ...[
      '431[]',
      '43-1["x"]',
      '430',
      '461-1[]',
      '44{"message":"x"}',
      '49',
      '4',
      '',
      '0',
      '1',
      '2',
      '2probe',
    ],
    ...[
      '3',
      '3probe',
      '5',
      '6',
      '7',
      '9',
      'b',
      `b${'A'.repeat(4_000)}`,
      '\u0000',
      'x',
      '[',
      '42[',
      '42["',
    ],
    ...[`42${'['.repeat(20_000)}`, `42["${'x'.repeat(300_000)}"]`, `42[${'"x",'.repeat(5_000)}1]`],
  ]);
}

/** Frames after a connection: right ones with odd content, and odd ones. */
export function someFrames(random: Random, events: readonly string[]): Buffer[] {
  const frames: Buffer[] = [];
  for (let left = 1 + some(random, 5); left > 0; left -= 1) {
    const packet = Buffer.from(aPacket(random, events));
    frames.push(
      chance(random, 0.6)
        ? frame(packet)
        : pick(random, [
            ...[frame(packet, 0x82), frame(packet, 0x01), frame(packet, 0x80), frame(packet, 0xf1)],
            ...[frame(packet, 0x81, false), frame(packet, 0x83), frame(packet, 0x8f)],
            ...[frame(packet.subarray(0, 130), 0x89), frame(packet.subarray(0, 2), 0x88)],
            ...[frame(Buffer.from([0xff, 0xfe, 0xc0]))],
            // It says that much more is to come.
            Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0]),
            damage(random, frame(packet)),
          ]),
    );
  }
  return frames;
}

/** The body of a POST to the polling transport. */
export const somePackets = (random: Random, events: readonly string[]): Buffer =>
  Buffer.from(
    Array.from({ length: 1 + some(random, 4) }, () => aPacket(random, events)).join(
      pick(random, ['\x1e', '\x1e\x1e', '\n', '']),
    ),
  );
