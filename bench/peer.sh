#!/usr/bin/env bash
# Builds the system we compare ourselves with: llama.cpp itself, from the very sources node-llama-cpp ships.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: bench/peer.sh FOLDER [noomp] [omp]

Builds llama.cpp's llama-batched-bench, llama-server, llama-completion and llama-bench into FOLDER
(outside the repository, e.g. /tmp/peer) from the git bundle inside node-llama-cpp. No network.

  noomp   FOLDER/noomp/bin, without OpenMP like node-llama-cpp's prebuilt CPU library: the like-for-like peer
  omp     FOLDER/omp/bin, with OpenMP: llama.cpp's own default. Only libggml-base and -cpu differ.

Both when none is named. Running it again builds only what is missing. About 5 minutes on 2 cores, 200 MB.
JOBS=n sets the parallel compile jobs (default 2).
USAGE
}

[[ $# -ge 1 && $1 != -h && $1 != --help ]] || { usage; exit $(( $# == 0 )); }
mkdir -p "$1"
target=$(cd "$1" && pwd)
shift
variants=("$@")
[[ ${#variants[@]} -gt 0 ]] || variants=(noomp omp)

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
llama=$(cd "$repository/services/runtime/node_modules/node-llama-cpp/llama" && pwd -P)
jobs=${JOBS:-2}
tools=(llama-batched-bench llama-server llama-completion llama-bench)

say() { printf '[peer] %s\n' "$*"; }

fetch_sources() {
  if [[ ! -d $target/src/.git ]]; then
    say "cloning $llama/gitRelease.bundle"
    git -c advice.detachedHead=false clone --quiet "$llama/gitRelease.bundle" "$target/src"
  fi
  local release
  release=$(sed -n 's/.*"release": *"\([^"]*\)".*/\1/p' "$llama/binariesGithubRelease.json")
  # The bundle is one squashed commit and carries no tag, so the release name is written beside it.
  printf '%s (bundle commit %s)\n' "$release" "$(git -C "$target/src" rev-parse HEAD)" > "$target/version.txt"
  say "sources: $(cat "$target/version.txt")"
}

configure() { # configure NAME OPENMP
  # GGML_NATIVE compiles for this machine only. The prebuilt library is GGML_NATIVE=OFF with GGML_CPU_ALL_VARIANTS=ON
  # and picks a variant while loading; on a given machine both end up on the same instruction set.
  nice -n 10 cmake -S "$target/src" -B "$target/$1" "${generator[@]}" \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_RPATH_USE_ORIGIN=ON \
    -DGGML_NATIVE=ON -DGGML_OPENMP="$2" -DGGML_CCACHE=OFF \
    -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
    -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF > "$target/$1.configure.log" 2>&1 \
    || { tail -20 "$target/$1.configure.log"; exit 1; }
}

compile() { # compile NAME TARGET...
  local name=$1
  shift
  nice -n 10 cmake --build "$target/$name" -j "$jobs" --target "$@"
}

build_noomp() {
  say 'noomp: configuring'
  configure noomp OFF
  say "noomp: building ${tools[*]} ('no assets available' is right: no web UI)"
  compile noomp "${tools[@]}"
}

build_omp() {
  [[ -x $target/noomp/bin/llama-server ]] || build_noomp
  say 'omp: configuring'
  configure omp ON
  grep -q '^OpenMP_CXX_FLAGS:STRING=-f' "$target/omp/CMakeCache.txt" || { say 'omp: the compiler has no OpenMP'; exit 1; }
  say 'omp: building libggml-base and libggml-cpu'
  compile omp ggml-cpu
  # Every other file is the same in both variants, and $ORIGIN in their run path makes the folder relocatable.
  local file
  for file in "$target"/noomp/bin/*; do
    case $(basename "$file") in
      libggml-cpu.* | libggml-base.*) ;;
      *) cp -a "$file" "$target/omp/bin/" ;;
    esac
  done
}

command -v cmake >/dev/null && command -v c++ >/dev/null || { say 'needs cmake and a C++ compiler'; exit 1; }
if command -v ninja >/dev/null; then generator=(-G Ninja); else generator=(-G 'Unix Makefiles'); fi

fetch_sources
for variant in "${variants[@]}"; do
  case $variant in
    noomp|omp) "build_$variant" ;;
    *) usage; exit 1 ;;
  esac
  say "$variant: $("$target/$variant/bin/llama-server" --version 2>&1 | grep -o 'version: .*') in $target/$variant/bin"
done
