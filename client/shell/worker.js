// The service worker (STA-5): keeps the page and its built files, so that the product opens without a network.
// Answers of the API are never kept here, nor anything of another origin or of what lives beside us on the same host.
// The build puts `SHELL` in front: the files of one release, the script the page begins with, and what marks the release.
/* global SHELL */

/** A page that takes longer is answered from the cache. */
const PATIENCE_MS = 4_000;
const scope = new URL(self.registration.scope);
const family = `otklik-shell ${scope.pathname} `;
const own = family + SHELL.release;
/** Under this address the page is kept; it is the same for every address of the product. */
const page = scope.href;
const addresses = new Set([...SHELL.files, SHELL.entry].map((file) => new URL(file, scope).href));

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});
self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== scope.origin) return;
  if (!url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length);
  if (/^(api|socket\.io|healthz|readyz|metrics)(\/|$)/.test(path)) return;
  if (request.mode === 'navigate') event.respondWith(answerPage(request));
  else if (path.startsWith('assets/') || addresses.has(url.origin + url.pathname)) {
    event.respondWith(answerFile(request));
  }
});

/** All files or none: a release that is half there is tried again at the next visit. */
async function install() {
  const cache = await caches.open(own);
  const fresh = await fetch(page, { cache: 'no-store' });
  const text = await fresh.clone().text();
  // A server in the middle of its own update may still give the page of the release before.
  if (!fresh.ok || !text.includes(SHELL.entry)) throw new Error('the page is of another release');
  await Promise.all(
    [...addresses].map(async (address) => {
      const known = await caches.match(address);
      // A name with a hash never changes its content: what an earlier release had is copied.
      if (known && address.includes('/assets/')) return cache.put(address, known);
      const answer = await fetch(address, { cache: 'no-cache' });
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return cache.put(address, answer);
    }),
  );
  await cache.put(page, fresh);
  // Nothing an open page asks for changes by this, so nobody has to wait for its end.
  await self.skipWaiting();
}

/** The release before stays: pages that were opened with it may still want parts they have not loaded. */
async function activate() {
  const names = (await caches.keys()).filter((name) => name.startsWith(family) && name !== own);
  for (const name of names.slice(0, -1)) await caches.delete(name);
  await self.clients.claim();
}

/** The server's own page whenever it can be had, so that an update is there with the next reload. */
async function answerPage(request) {
  const kept = () => caches.open(own).then((cache) => cache.match(page));
  let timer;
  const patience = new Promise((resolve) => {
    timer = setTimeout(async () => resolve((await kept()) ?? asked), PATIENCE_MS);
  });
  const asked = fetch(request).then(
    // Something in front of the server answers in its place.
    async (answer) => (answer.status >= 500 ? ((await kept()) ?? answer) : answer),
    async () => (await kept()) ?? Response.error(),
  );
  try {
    return await Promise.race([asked, patience]);
  } finally {
    clearTimeout(timer);
  }
}

async function answerFile(request) {
  const cached = await (await caches.open(own)).match(request, { ignoreSearch: true });
  return cached ?? (await olderFile(request)) ?? fetch(request);
}

async function olderFile(request) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(family)) continue;
    const known = await (await caches.open(name)).match(request, { ignoreSearch: true });
    if (known) return known;
  }
  return undefined;
}
