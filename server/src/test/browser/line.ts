import net from 'node:net';

/** The network between browser and server: it can be cut, and made as slow as a telephone's. */
export async function aLine(port: number) {
  const ends = new Set<net.Socket>();
  let isCut = false;
  let delayMs = 0;
  const carry = (from: net.Socket, to: net.Socket) => {
    ends.add(from);
    from.on('data', (bytes) => void setTimeout(() => to.writable && to.write(bytes), delayMs));
    from.on('error', () => undefined);
    from.on('close', () => {
      ends.delete(from);
      to.destroy();
    });
  };
  const server = net.createServer((browser) => {
    if (isCut) {
      browser.destroy();
      return;
    }
    const app = net.connect(port, '127.0.0.1');
    carry(browser, app);
    carry(app, browser);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const hangUp = () => ends.forEach((end) => end.destroy());
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut() {
      isCut = true;
      hangUp();
    },
    mend() {
      isCut = false;
    },
    slow(ms: number) {
      delayMs = ms;
    },
    close() {
      hangUp();
      server.close();
    },
  };
}
