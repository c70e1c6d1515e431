import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of one server process. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'otklik_' });
  return {
    registry,
    requests: new Histogram({
      name: 'otklik_http_request_seconds',
      help: 'Time to answer an HTTP request',
      labelNames: ['method', 'status'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers: [registry],
    }),
    sockets: new Gauge({ name: 'otklik_sockets', help: 'Open sockets', registers: [registry] }),
    entries: new Counter({
      name: 'otklik_entries_total',
      help: 'Entries written',
      labelNames: ['kind'],
      registers: [registry],
    }),
    batch: new Histogram({
      name: 'otklik_send_batch_size',
      help: 'Sends that shared one commit',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers: [registry],
    }),
    redisConnected: new Gauge({
      name: 'otklik_redis_connected',
      help: 'Whether news flows between nodes through Redis (1) or not (0)',
      registers: [registry],
    }),
    redisFailures: new Counter({
      name: 'otklik_redis_failures_total',
      help: 'News that could not be handed to Redis for the other nodes',
      registers: [registry],
    }),
    decisions: new Counter({
      name: 'otklik_send_batches_total',
      help: 'Batches of sends by what they were decided from: memory that proved right, or a read under the lock',
      labelNames: ['from'],
      registers: [registry],
    }),
    breaches: new Counter({
      name: 'otklik_sla_breaches_total',
      help: 'Deadlines missed',
      labelNames: ['kind'],
      registers: [registry],
    }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
