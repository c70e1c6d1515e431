import net from 'node:net';

/** The network between browser and server: it can be cut, and made as slow as a telephone's. */
export async function aLine(port: number) {
  const ends = new Set<net.Socket>();
  let isCut = false;
  let isDeaf = false;
  let delayMs = 0;
  let carried = 0;
  let cutsAfter = Infinity;
  const hangUp = () => ends.forEach((end) => end.destroy());
  const cut = () => {
    isCut = true;
    cutsAfter = Infinity;
    hangUp();
  };
  const carry = (from: net.Socket, to: net.Socket, isLost = () => false) => {
    ends.add(from);
    from.on('data', (bytes) => {
      if (!isLost()) setTimeout(() => to.writable && to.write(bytes), delayMs);
    });
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
    browser.on('data', (bytes) => {
      carried += bytes.length;
      if (carried > cutsAfter) cut();
    });
    carry(browser, app);
    carry(app, browser, () => isDeaf);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    mend() {
      isCut = false;
      isDeaf = false;
    },
    /** What browsers send arrives; what they are answered is lost, without a word. */
    deafen() {
      isDeaf = true;
    },
    /** What browsers have sent since the last count began, bytes. */
    sentBytes: () => carried,
    /** Begins to count anew; the line is cut by itself when so many bytes have gone. */
    count(cutAfter = Infinity) {
      carried = 0;
      cutsAfter = cutAfter;
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
