/** Answers like a gateway that is ready, so that a stack can be started without one. Dies on GET /die. */
import { createServer } from 'node:http';

const server = createServer((req, res) => {
  if (req.url === '/die') process.exit(3);
  res.statusCode = req.url === '/readyz' ? 200 : 404;
  res.end('stand-in\n');
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () => process.stdout.write('stand-in gateway listens\n'));
process.on('SIGTERM', () => {
  process.stdout.write('stand-in gateway stops\n');
  process.exit(0);
});
