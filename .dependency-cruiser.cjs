/** The direction of imports: what builds on what. Each rule says in its comment what it protects. */

const TEST_FILE = '\\.(test|itest|btest|factory)\\.ts$';
const TEST_FOLDER = '^server/src/test/';
/** The wiring builds every module by hand, so it may look behind an index. */
const ROOTS = '^server/src/(app|main|entities)\\.ts$';

/** Everything that can touch the outside world. */
const IO = [
  '^(node:)?(fs|fs/promises|net|http|https|http2|dns|dgram|tls|child_process|worker_threads|cluster)$',
  'node_modules/(pg|typeorm|express|socket\\.io|socket\\.io-client|graphile-worker|multer|sharp|pino|pino-http)/',
  '^server/src/platform/(db|http|socket|jobs|files|log|group-commit|embedded-postgres)(\\.ts|/)',
  '\\.(repository|service|routes|socket|view)\\.ts$',
];

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other are one file, or miss a third. Types alone may point back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'imports-resolve',
      comment: 'What is imported exists and is a declared dependency.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'shared-stands-alone',
      comment: 'The contract knows neither side.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(server|client|scripts)/' },
    },
    {
      name: 'client-and-server-never-meet',
      comment: 'They meet in shared only.',
      severity: 'error',
      from: { path: '^(client|server)/' },
      to: { path: '^(client|server)/', pathNot: '^$1/' },
    },
    {
      name: 'modules-meet-at-index',
      comment: 'A module shows others its index and nothing else.',
      severity: 'error',
      from: { path: '^server/src/modules/([^/]+)/', pathNot: TEST_FILE },
      to: {
        path: '^server/src/modules/([^/]+)/',
        pathNot: ['^server/src/modules/$1/', '/index\\.ts$'],
      },
    },
    {
      name: 'modules-are-entered-at-index',
      comment:
        'Tools and platform come in by the door; bench and replay may use the test data too.',
      severity: 'error',
      from: {
        path: '^server/src/',
        pathNot: ['^server/src/modules/', TEST_FOLDER, TEST_FILE, ROOTS],
      },
      to: { path: '^server/src/modules/[^/]+/', pathNot: '(/index|\\.factory)\\.ts$' },
    },
    {
      name: 'features-meet-at-index',
      comment: 'A feature shows others its index and nothing else.',
      severity: 'error',
      from: { path: '^client/src/features/([^/]+)/', pathNot: TEST_FILE },
      to: {
        path: '^client/src/features/([^/]+)/',
        pathNot: ['^client/src/features/$1/', '/index\\.ts$'],
      },
    },
    {
      name: 'features-are-entered-at-index',
      comment: 'Router and main come in by the door.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: ['^client/src/features/', TEST_FILE] },
      to: { path: '^client/src/features/[^/]+/', pathNot: '/index\\.ts$' },
    },
    {
      name: 'server-platform-knows-no-module',
      comment:
        'platform has no word of the business. (db lists the migrations, which are plain SQL.)',
      severity: 'error',
      from: { path: '^server/src/platform/' },
      to: { path: '^server/src/(modules|app|main|tools)' },
    },
    {
      name: 'client-loads-no-validator',
      comment:
        'At run time the client takes routes, limits, words, plain functions and types from shared; schemas would load zod.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^shared/src/',
        pathNot:
          '(\\.api|/route|/limits|/macro-text|/report-words|/role-words|/board-words|/courtesy|/production|/calendar-days|/audit-words|/csv)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'client-platform-and-ui-know-no-feature',
      comment: 'platform and ui have no word of the business.',
      severity: 'error',
      from: { path: '^client/src/(platform|ui)/' },
      to: { path: '^client/src/(features/|router|main)' },
    },
    {
      name: 'ui-knows-no-network',
      comment: 'A part of the interface shows what it is given.',
      severity: 'error',
      from: { path: '^client/src/ui/' },
      to: { path: '^client/src/platform/(api|socket)(\\.ts|/)' },
    },
    {
      name: 'components-never-call',
      comment: 'Only stores ask the server; components get props and emit events.',
      severity: 'error',
      from: { path: '^client/src/.+\\.vue$' },
      to: { path: '^client/src/platform/(api|socket)(\\.ts|/)' },
    },
    {
      name: 'typeorm-in-its-four-places',
      comment: 'Entities, repositories, platform and migrations; everybody else asks a repository.',
      severity: 'error',
      from: {
        path: '^server/src/',
        pathNot: ['\\.(entity|repository)\\.ts$', '^server/src/(platform|migrations)/'],
      },
      to: { path: 'node_modules/typeorm/' },
    },
    {
      name: 'policies-and-clocks-are-pure',
      comment: 'They decide from what they are handed, and can be tried with a table of cases.',
      severity: 'error',
      from: { path: '(\\.(policy|clock)|/calendar)\\.ts$', pathNot: '^client/' },
      to: { path: IO, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-tests-in-the-product',
      comment:
        'Test data and helpers stay in tests; tools that need believable data have the demo module.',
      severity: 'error',
      from: {
        path: '^(shared|server|client)/src/',
        pathNot: [TEST_FOLDER, TEST_FILE, '^server/src/tools/'],
      },
      to: { path: [TEST_FOLDER, TEST_FILE] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count: a module that needs another one's inner type depends on its inside.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.vue', '.js', '.mjs', '.json'],
    },
  },
};
