import { createServer } from 'node:http';
import pg from 'pg';
import { Server } from 'socket.io';

/**
 * The raw limit the product is measured against: Socket.IO with acknowledgement and ONE statement that locks, numbers and inserts.
 * No rights, no clocks, no read marks, no validation. Takes DATABASE_URL, prints its port.
 */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 12 });
await pool.query(`
  DROP TABLE IF EXISTS bare_message; DROP TABLE IF EXISTS bare_room;
  CREATE TABLE bare_room (id integer PRIMARY KEY, last_seq integer NOT NULL DEFAULT 0);
  CREATE TABLE bare_message (room_id integer NOT NULL REFERENCES bare_room, seq integer NOT NULL, client_id uuid NOT NULL UNIQUE,
    body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (room_id, seq));
  INSERT INTO bare_room (id) SELECT generate_series(0, 999)`);

const server = createServer();
const io = new Server(server, { perMessageDeflate: false, serveClient: false });
io.on('connection', (socket) => {
  const room = Number(socket.handshake.auth.room);
  void socket.join(`room:${room}`);
  socket.on(
    'entry:post',
    async (input: { clientId: string; body: string }, ack: (answer: object) => void) => {
      const { rows } = await pool.query<{ seq: number }>({
        name: 'send',
        text: `WITH n AS (UPDATE bare_room SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq)
        INSERT INTO bare_message (room_id, seq, client_id, body) SELECT $1, n.last_seq, $2, $3 FROM n RETURNING seq`,
        values: [room, input.clientId, input.body],
      });
      ack({ ok: true, seq: rows[0]?.seq });
      io.to(`room:${room}`).emit('news', {
        clientId: input.clientId,
        seq: rows[0]?.seq,
        body: input.body,
      });
    },
  );
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`port ${typeof address === 'object' ? address?.port : ''}\n`);
});
process.once('SIGTERM', () => process.exit(0));
