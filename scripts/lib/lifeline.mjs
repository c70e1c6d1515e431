// Loaded into the child before its own code: when the script that started it dies without a word
// (kill -9), the child is asked to stop as if by SIGTERM, instead of living on and holding the port.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
