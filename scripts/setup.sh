# What ./run and ./test share: installing what is missing and building. Sourced by both, from the
# repository's root. Each step says what it does in one line, and nothing when there is nothing to do.

export LC_ALL=C.UTF-8
export npm_config_cache="$PWD/build/npm-cache" npm_config_update_notifier=false

say() { printf 'imagemill: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else stop "installing packages needs root, and there is no sudo here: run this once as root, or install them yourself: ${missing[*]}"
    fi
}

# need_packages PACKAGE…: installs those that are not there.
need_packages() {
    missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    command -v apt-get >/dev/null ||
        stop "this is not a Debian system (no apt-get); needed are the equivalents of: ${missing[*]}"
    say "installing from Debian: ${missing[*]}"
    mkdir -p build
    if ! { as_root apt-get update -q &&
           as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
               "${missing[@]}"; } >build/apt.log 2>&1; then
        tail -n 5 build/apt.log >&2
        stop "Debian's packages could not be installed (the whole output: build/apt.log)"
    fi
}

# By command, not by package: where another Node is installed, Debian's npm package conflicts with it.
need_node() {
    command -v node >/dev/null && command -v npm >/dev/null && return
    if command -v node >/dev/null; then need_packages npm; else need_packages nodejs npm; fi
}

# need_modules NPM_ARGUMENT…: node_modules as package-lock.json pins them.
need_modules() {
    local stamp=node_modules/.imagemill-stamp
    local wanted
    wanted="$(cat package-lock.json; printf '%s' "$*")"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    # What the tests need holds what running needs.
    [ -f "$stamp" ] && [ "$*" = --omit=dev ] && [ "$(cat "$stamp")" = "$(cat package-lock.json)" ] && return
    need_node
    say "installing from npm what package-lock.json pins (libvips)"
    mkdir -p build
    if ! npm ci --ignore-scripts --no-audit --no-fund "$@" >build/npm.log 2>&1; then
        tail -n 5 build/npm.log >&2
        stop "npm's packages could not be installed (the whole output: build/npm.log)"
    fi
    printf '%s' "$wanted" >"$stamp"
}

# build PRESET [TARGET…]: configures once, builds what changed.
build() {
    local targets=("${@:2}")
    if [ ! -f "build/$1/build.ninja" ]; then
        say "configuring build/$1"
        cmake --preset "$1" >"build/configure-$1.log" 2>&1 ||
            { tail -n 20 "build/configure-$1.log" >&2; stop "configuring failed"; }
    fi
    if ! ninja -C "build/$1" -n "${targets[@]}" | grep -q 'no work to do'; then
        say "building build/$1"
        if [ -t 2 ]; then ninja -C "build/$1" "${targets[@]}" >&2
        else ninja -C "build/$1" "${targets[@]}" >"build/build-$1.log" 2>&1 ||
            { grep -E 'error|FAILED' "build/build-$1.log" | head -n 20 >&2; stop "the build failed (the whole output: build/build-$1.log)"; }
        fi
    fi
}

runtime_packages=(g++ cmake ninja-build ca-certificates libboost1.81-dev libboost-json1.81-dev
                  libssl-dev libsqlite3-dev libpugixml-dev libcli11-dev libjpeg62-turbo-dev
                  libhwy-dev libde265-dev)
