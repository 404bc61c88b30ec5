// Whether the collector works, for the container's health: /healthz answers 200. Another address may be given.
const address = process.argv[2] ?? 'http://127.0.0.1:8080/healthz';
const { ok } = await fetch(address).catch(() => ({ ok: false }));
process.exitCode = ok ? 0 : 1;
