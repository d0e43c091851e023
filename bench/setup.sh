# What the benches share beside scripts/setup.sh, which is sourced before it.

# need_compared: what is compared with, from npm, as bench/package-lock.json pins it.
need_compared() {
    local home=build/bench-home
    mkdir -p "$home"
    cmp -s bench/package-lock.json "$home/package-lock.json" && return
    say "installing from npm what bench/package-lock.json pins"
    cp bench/package.json bench/package-lock.json "$home"
    (cd "$home" && npm ci --ignore-scripts --no-audit --no-fund) >build/npm-bench.log 2>&1 ||
        { rm -f "$home/package-lock.json"; tail -n 5 build/npm-bench.log >&2
          stop "npm's packages could not be installed (the whole output: build/npm-bench.log)"; }
}
