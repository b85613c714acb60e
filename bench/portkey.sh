#!/usr/bin/env bash
# Installs the Portkey gateway, the peer of `pnpm bench:gateway --portkey FOLDER`.
# usage: bench/portkey.sh FOLDER      outside the repository; 25 MB, some seconds; again = nothing to do
set -euo pipefail
folder=${1:?usage: bench/portkey.sh FOLDER}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
case "$folder/" in "$repository/"*) echo "FOLDER must be outside the repository" >&2; exit 1 ;; esac
cd "$folder"

# The overrides are the versions of Portkey's own lock file. With later ones every stream fails.
cat >package.json <<'JSON'
{
  "private": true,
  "type": "module",
  "dependencies": { "@portkey-ai/gateway": "1.15.2" },
  "overrides": { "@hono/node-server": "1.13.5", "@hono/node-ws": "1.2.0", "hono": "4.9.7" }
}
JSON

# It listens on all interfaces and has no option for that; loaded first, this keeps it on the loopback one.
cat >loopback.mjs <<'JS'
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number' && typeof rest[0] !== 'string') return listen.call(this, first, '127.0.0.1', ...rest.filter((one) => one !== undefined));
  if (first !== null && typeof first === 'object' && first.port !== undefined && !first.host) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  }
  return listen.call(this, first, ...rest);
};
JS

npm install --ignore-scripts --no-audit --no-fund --loglevel=error
node -p "'Portkey ' + require('./node_modules/@portkey-ai/gateway/package.json').version + ' in $folder'"
