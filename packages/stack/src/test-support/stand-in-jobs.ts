/** Runs like jobs that have nothing to do, or crashes as STAND_IN_JOBS asks. */
process.stdout.write('stand-in jobs started\n');
if (process.env['STAND_IN_JOBS'] === 'crash') setTimeout(() => process.exit(5), 1_000);
const timer = setInterval(() => {}, 60_000);
process.on('SIGTERM', () => {
  clearInterval(timer);
  process.exit(0);
});
