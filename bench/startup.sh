#!/usr/bin/env bash
# How long a newcomer waits: `./sluice up` in a fresh clone, then again. Writes bench/results/startup.md.
# usage: bench/startup.sh [cold]     with `cold`, pnpm's store starts empty and everything comes from the registry
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
chmod 711 "$work" # Postgres runs as another user below it when this is root.
trap 'rm -rf "$work"' EXIT
kind=${1:-warm}
if [ "$kind" = cold ]; then export pnpm_config_store_dir=$work/store pnpm_config_cache_dir=$work/pnpm npm_config_cache=$work/cache; fi

git clone --quiet "$repository" "$work/clone"
cd "$work/clone"

timed() { # prints the seconds that `./sluice up --detach` took
  local began ended
  began=$(date +%s.%N)
  ./sluice up --detach --json >/dev/null 2>"$work/up.log" || { cat "$work/up.log" >&2; exit 1; }
  ended=$(date +%s.%N)
  ./sluice down >/dev/null
  awk -v a="$began" -v b="$ended" 'BEGIN { printf "%.1f", b - a }'
}

first=$(timed)
second=$(timed)
mkdir -p "$repository/bench/results"
cat >"$repository/bench/results/startup-$kind.md" <<RESULT
# startup-$kind

- date: $(date --utc +%FT%TZ)
- cpu: $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
- commit: $(git rev-parse --short HEAD)
- command: \`bench/startup.sh $kind\`
- note: a fresh clone; the npm cache is $kind; Redis is installed already

| \`./sluice up --detach\` | seconds to ready |
| ---------------------- | ---------------: |
| first, with install    | $first |
| second                 | $second |
RESULT
cat "$repository/bench/results/startup-$kind.md"
