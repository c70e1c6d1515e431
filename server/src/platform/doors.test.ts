import express, { Router } from 'express';
import { describe, expect, it } from 'vitest';
import { createDoors } from './doors';

const done: express.RequestHandler = (_req, res) => void res.end();

describe('a server whose paths all have a right', () => {
  it('starts; one with a route, a verb or a folder past the register does not', () => {
    const http = express();
    const base = Router();
    const api = Router();
    const doors = createDoors();
    const look = () => doors.refuseOthers(http.router, ['POST /things/:id']);
    http.use((_req, _res, next) => next());
    doors.get(base, '/healthz', 'server.health', done);
    api.post('/things/:id', done);
    base.use('/api', api);
    const client = Router();
    client.use(express.static('.'));
    client.get('/{*path}', done);
    doors.files(base, '/', 'server.client', client);
    http.use('/base', base);
    expect(look).not.toThrow();
    expect(doors.list).toEqual([
      { method: 'GET', path: '/healthz', right: 'server.health' },
      { method: 'GET', path: '/*', right: 'server.client' },
    ]);

    api.get('/things/:id', done);
    expect(look).toThrow('served without a right: GET /things/:id');
  });

  it('does not start with a folder that is served past the register', () => {
    const http = express();
    http.use('/uploads', express.static('.'));
    expect(() => createDoors().refuseOthers(http.router, [])).toThrow('GET files');
  });
});
