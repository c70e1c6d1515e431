import vueI18n from '@intlify/unplugin-vue-i18n/vite';
import vue from '@vitejs/plugin-vue';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type HtmlTagDescriptor, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SERVER = 'http://127.0.0.1:3000';

/** Asks for the two font subsets every page shows before the style sheet has named them (VIS-3). */
function preloadFonts(): Plugin {
  const wanted = /golos-text-(?:cyrillic|latin)-wght-normal[-.\w]*\.woff2$/;
  return {
    name: 'otklik:preload-fonts',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const fonts = Object.keys(bundle ?? {}).filter((file) => wanted.test(file));
        if (fonts.length !== 2) throw new Error(`Two fonts to preload, found: ${fonts.join(', ')}`);
        return fonts.map((file): HtmlTagDescriptor => ({
          tag: 'link',
          attrs: {
            rel: 'preload',
            as: 'font',
            type: 'font/woff2',
            href: `./${file}`,
            crossorigin: '',
          },
          injectTo: 'head',
        }));
      },
    },
  };
}

/**
 * vue-i18n and Reka ask the whole `vue` namespace whether a name is in it, which keeps all of Vue in the bundle
 * (hydration, custom elements: 10 kB gzip). Vue 3.5 has `useId` and has no `currentInstance`; so it is answered here.
 * When an upgrade rewords these lines, nothing breaks but the size, and the budget test says so.
 */
function shakeVue(): Plugin {
  const answers: [RegExp, string][] = [
    [/if \(key in Vue\) \{\s*return Vue\[key\];\s*\}\s*else/, ''],
    [/"useId" in vue/, 'true'],
  ];
  return {
    name: 'otklik:shake-vue',
    apply: 'build',
    transform: {
      filter: { id: /vue-i18n\/dist\/|reka-ui\/dist\/shared\/useId/ },
      handler(code) {
        const answered = answers.reduce(
          (text, [asked, answer]) => text.replace(asked, answer),
          code,
        );
        return answered === code ? null : { code: answered, map: null };
      },
    },
  };
}

/**
 * Writes `sw.js`: the worker of `shell/worker.js` and the names of what it keeps. Its bytes change with every release,
 * which is how browsers notice.
 */
function shellWorker(): Plugin {
  /** Files of `public/` that the page asks for. */
  const beside = [
    'theme.js',
    'favicon.svg',
    'favicon-dot.svg',
    'manifest.webmanifest',
    'icon-192.png',
  ];
  /** Fonts of alphabets that neither language uses come from the network. */
  const foreign = /-(?:cyrillic-ext|latin-ext|greek|vietnamese)[-\w]*\.woff2$/;
  return {
    name: 'otklik:shell-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const chunks = Object.values(bundle);
        const entry = chunks.find((chunk) => chunk.type === 'chunk' && chunk.isEntry)?.fileName;
        if (entry === undefined) throw new Error('The client has no entry.');
        const built = Object.keys(bundle).filter(
          (file) => file.startsWith('assets/') && !file.endsWith('.map') && !foreign.test(file),
        );
        const files = [...built.filter((file) => file !== entry).sort(), ...beside];
        const source = readFileSync(here('./shell/worker.js'), 'utf8');
        const content = beside.map((file) => readFileSync(here(`./public/${file}`)));
        const hash = createHash('sha256').update(source).update(JSON.stringify(built.sort()));
        for (const bytes of content) hash.update(bytes);
        hash.update(readFileSync(here('./index.html')));
        const shell = { release: hash.digest('hex').slice(0, 12), entry, files };
        this.emitFile({
          type: 'asset',
          fileName: 'sw.js',
          source: `const SHELL = ${JSON.stringify(shell)};\n${source}`,
        });
      },
    },
  };
}

/** What most pages show: in one file, for in many small ones it packs worse. Menus and dialogs come when they open. */
const UI_PARTS = /client[\\/]src[\\/]ui[\\/](?!layers|toast)|@lucide|plugin-vue:export-helper/;
const SHARED_PARTS =
  /client[\\/]src[\\/](?:platform|features[\\/](?:session|appeals|notices))[\\/].*\.ts/;

export default defineConfig({
  root: here('.'),
  // Relative addresses and a <base> that the server fills: one build serves under any BASE_PATH.
  base: './',
  plugins: [
    vue(),
    vueI18n({
      include: [here('./src/locales/*/*.json')],
      runtimeOnly: true,
      dropMessageCompiler: true,
      compositionOnly: true,
      fullInstall: false,
      strictMessage: true,
    }),
    shakeVue(),
    preloadFonts(),
    shellWorker(),
  ],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: {
      '/api': { target: SERVER, changeOrigin: false },
      '/socket.io': { target: SERVER, ws: true, changeOrigin: false },
    },
  },
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    manifest: true,
    // Browsers without it start a little later, and need no code for that.
    modulePreload: { polyfill: false },
    target: ['chrome111', 'firefox114', 'safari16.4'],
    // Everything as a file: the content policy allows no data: fonts or images from styles.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Changes with upgrades only, so browsers keep it over many releases of ours.
            {
              name: 'vue',
              test: /node_modules[\\/](?:@vue|vue|vue-router|pinia|vue-i18n|@intlify)[\\/]/,
              priority: 20,
            },
            { name: 'ui', test: UI_PARTS, minShareCount: 4, priority: 10 },
            // What most pages share in one piece: many small ones compress badly.
            { name: 'shared', test: SHARED_PARTS, minShareCount: 6, priority: 5 },
          ],
        },
      },
    },
  },
});
