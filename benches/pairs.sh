#!/bin/sh
# Compares the speed of two builds, alternating on the same machine, so that other load affects both. Every second
# pair runs AFTER first, because the second run of a pair is slower on some machines.
#   benches/pairs.sh BEFORE AFTER [-N] [options of `myelin bench`]
# BEFORE and AFTER are source trees after `make build`; N pairs, 9 by default. Prints for each test the median
# tokens/s of both, and the median, minimum and maximum ratio of the pairs (above 1: AFTER is faster).
set -eu
if [ $# -lt 2 ]; then
    sed -n 's/^#  *\(benches.*\)/usage: \1/p' "$0" >&2
    exit 2
fi
before=$1 after=$2
shift 2
pairs=9
case ${1:-} in
    -[0-9] | -[0-9][0-9] | -[0-9][0-9][0-9])
        pairs=${1#-}
        shift
        ;;
esac
rates=$(mktemp)
trap 'rm -f "$rates"' EXIT

measure() { # before or after, tree, number of the pair, options...
    build=$1 tree=$2 pair=$3
    shift 3
    out=$("$tree/cli/bin/myelin" bench -r 3 "$@" -o jsonl 2> /dev/null) || {
        echo "$tree/cli/bin/myelin bench failed: run it to see why" >&2
        exit 1
    }
    echo "$out" | sed -n 's/.*"n_prompt":\([0-9]*\),"n_gen":\([0-9]*\),"n_depth":\([0-9]*\),.*"median_ts":\([0-9.]*\),.*/\1 \2 \3 \4/p' |
        sed "s/^/$build $pair /" >> "$rates"
}

pair=0
while [ "$pair" -lt "$pairs" ]; do
    pair=$((pair + 1))
    echo "pair $pair of $pairs" >&2
    if [ $((pair % 2)) = 1 ]; then
        measure before "$before" "$pair" "$@"
        measure after "$after" "$pair" "$@"
    else
        measure after "$after" "$pair" "$@"
        measure before "$before" "$pair" "$@"
    fi
done

LC_ALL=C awk '
    function median(values, count,   i, j, v) {
        for (i = 2; i <= count; i++) {
            v = values[i]
            for (j = i - 1; j >= 1 && values[j] > v; j--) values[j + 1] = values[j]
            values[j + 1] = v
        }
        return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
    }
    {
        test = ($3 > 0 ? "pp" $3 : "tg" $4) ($5 > 0 ? " @ d" $5 : "")
        if (!(test in n)) { tests[++kinds] = test; n[test] = 0 }
        if ($1 == "before") b[test, $2] = $6; else { a[test, $2] = $6; n[test]++ }
    }
    END {
        printf "%-16s %10s %10s %8s %8s %8s\n", "test", "before", "after", "ratio", "min", "max"
        for (k = 1; k <= kinds; k++) {
            test = tests[k]
            for (i = 1; i <= n[test]; i++) {
                x[i] = b[test, i]; y[i] = a[test, i]; r[i] = y[i] / x[i]
            }
            mb = median(x, n[test]); ma = median(y, n[test]); m = median(r, n[test])
            printf "%-16s %10.2f %10.2f %8.3f %8.3f %8.3f\n", test, mb, ma, m, r[1], r[n[test]]
        }
    }' "$rates"
