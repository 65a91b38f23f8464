#!/bin/sh
# Reproduces every number and figure of docs/parameters.md with the commands of that page.
# Run after `make build`; takes about half an hour on one idle core.

usage() {
    cat >&2 << END
usage: docs/parameters/remake.sh WORK [a|b|c|d|draw|all]...
  WORK   a folder for texts, checkpoints and measurements; existing files are reused
  a      training of a sentiment model
  b      overfitting
  c      quantisation
  d      shared parameters and mixtures of experts
  draw   tables (WORK/tables.md) and figures (docs/parameters/*.svg) from the files in WORK
  all    all of these, the default
environment:
  THREADS      number of threads (default: 1)
  STORIES_F32  for c: an f32 stories checkpoint (default: the one of \`make model\`)
END
    exit 2
}

set -eu
[ $# -ge 1 ] || usage
case $1 in -*) usage ;; esac
mkdir -p "$1"
work=$(CDPATH='' cd -- "$1" && pwd -P)
shift
[ $# -ge 1 ] || set -- all

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
home=$(CDPATH='' cd -- "$here/../.." && pwd -P)
threads=${THREADS:-1}
stories=${STORIES_F32:-$home/cli/target/model/stories-f32.gguf}

myelin() {
    command=$1
    shift
    "$home/cli/bin/myelin" "$command" "$@"
}

# Makes each line a document, so that training adds BOS before and EOS after it.
documents() {
    awk '{ print; print "<|endoftext|>" }' "$1"
}

# Labelled sentences: `lines` for training, and a test set of 400 other sentences of another seed,
# the first of which is never generated.
sentiment() {
    [ -f "$work/test.tsv" ] && return
    myelin stories --kind sentiment -n 3000 -s 1 | awk '!seen[$0]++' > "$work/lines"
    documents "$work/lines" > "$work/sentiment.txt"
    head -240 "$work/lines" > "$work/few-lines"
    documents "$work/few-lines" > "$work/few.txt"
    {
        echo 'I love sunny days! => positive'
        myelin stories --kind sentiment -n 600 -s 2 | awk '!seen[$0]++' | grep -vxF -f "$work/lines"
    } | head -400 | awk -F ' => ' '{ print $2 "\t" $1 }' > "$work/test.tsv.part"
    mv "$work/test.tsv.part" "$work/test.tsv"
}

# The two-layer model of a and b. The learning rate is constant, so that --resume with more --steps continues
# as without the stop.
tiny="--vocab-size 512 --layers 2 --width 64 --heads 4 --batch 16 --ctx-size 64 --warmup 0 --lr 2e-3 --min-lr 2e-3"

# The initialized model: one step with a learning rate too small to change a weight.
init_model() {
    sentiment
    # shellcheck disable=SC2086 # words
    [ -f "$work/born.gguf" ] ||
        myelin train "$work/sentiment.txt" -o "$work/born.gguf" $tiny --lr 1e-20 --min-lr 0 --steps 1 -t "$threads"
}

score_labels() { # CHECKPOINT FILE.json
    myelin score -m "$1" -p '{} => ' -f "$work/test.tsv" --labels positive,negative --json -t "$threads" > "$2"
}

# (a) Train, stop, score, resume.
a() {
    init_model
    mkdir -p "$work/a"
    score_labels "$work/born.gguf" "$work/a/0.json"
    resume=
    rm -f "$work"/a/model*
    for step in 10 20 40 80 160 240 320 360 400 440 480 520 560 600 640 720 800 960 1120 1280; do
        # shellcheck disable=SC2086 # words
        myelin train "$work/sentiment.txt" -o "$work/a/model.gguf" $tiny --steps $step --evaluate-every 10 -t "$threads" $resume
        score_labels "$work/a/model.gguf" "$work/a/$step.json"
        resume=--resume
    done
    myelin inspect "$work/a/model.gguf" > "$work/a/inspect.txt"
}

# (b) The same initialized model on half of 240 lines; the other half is for validation.
b() {
    init_model
    mkdir -p "$work/b"
    few long
    few patience --patience 5
    few nodecay --weight-decay 0
    few decay --weight-decay 1
    train_init more "$work/sentiment.txt"
}

few() { # NAME OPTIONS...
    name=$1
    shift
    train_init "$name" "$work/few.txt" --val-split 0.5 "$@"
}

train_init() { # NAME TEXT OPTIONS...
    name=$1
    text=$2
    shift 2
    [ -f "$work/b/$name.json" ] && return
    myelin train "$text" -o "$work/b/$name.gguf" --overwrite --init-from "$work/born.gguf" --batch 16 --ctx-size 64 --warmup 0 --lr 2e-3 \
        --min-lr 2e-3 --steps 800 --evaluate-every 10 -t "$threads" "$@"
    score_labels "$work/b/$name.gguf" "$work/b/$name.json"
}

# (c) Quantise a stories checkpoint; measure size, perplexity, KL divergence and speed on stories of another seed.
c() {
    [ -f "$stories" ] || {
        echo "remake.sh: $stories: no such file; run \`make model\`, or set STORIES_F32" >&2
        exit 1
    }
    mkdir -p "$work/c"
    # perplexity does not split documents: remove the separator lines.
    myelin stories -n 400 -s 1001 | grep -vxF '<|endoftext|>' > "$work/c/test.txt"
    myelin stories -n 400 -s 1002 | grep -vxF '<|endoftext|>' > "$work/c/calibration.txt"
    myelin imatrix -m "$stories" -f "$work/c/calibration.txt" -o "$work/c/imatrix.gguf" -c 256 --chunks 100 --no-ppl -t "$threads"
    cp "$stories" "$work/c/F32.gguf"
    measure F32
    for type in F16 Q8_0 Q6_K Q5_K_M Q4_K_M Q4_0 Q3_K_M Q2_K; do
        quantise "$type" "$type"
    done
    for type in Q4_0 Q3_K_M Q2_K; do
        quantise "$type+imatrix" "$type" --imatrix "$work/c/imatrix.gguf"
    done
    # Speed: rounds of short runs, so that other load affects all types alike; the best run is used.
    for round in 1 2 3; do
        for model in "$work"/c/[FQ]*.gguf; do
            myelin bench -m "$model" -p 0 -n 16 -r 40 -o json -t "$threads" > "${model%.gguf}.bench-$round.json"
        done
    done
}

quantise() { # NAME TYPE OPTIONS...
    name=$1
    type=$2
    shift 2
    myelin quantize "$@" -t "$threads" "$work/c/F32.gguf" "$work/c/$name.gguf" "$type"
    measure "$name" --kl-base "$work/c/F32.gguf"
}

measure() { # NAME OPTIONS...
    name=$1
    shift
    myelin inspect "$work/c/$name.gguf" --json > "$work/c/$name.inspect.json"
    myelin perplexity -m "$work/c/$name.gguf" -f "$work/c/test.txt" -c 256 --chunks 40 --json -t "$threads" "$@" \
        > "$work/c/$name.perplexity.json.part"
    mv "$work/c/$name.perplexity.json.part" "$work/c/$name.perplexity.json"
}

# (d) Other model shapes with the same stories and steps.
d() {
    mkdir -p "$work/d"
    [ -f "$work/stories.txt" ] || myelin stories -n 4000 -s 3 -o "$work/stories.txt"
    # Two seeds, to see the influence of chance.
    for seed in 1 2; do
        shape dense --feed-forward 256
        shape dense512 --feed-forward 512
        shape experts8 --feed-forward 128 --experts 8 --experts-used 2
    done
    seed=1
    shape untied --feed-forward 256 --untied
    shape heads1 --feed-forward 256 --kv-heads 1
    shape experts4 --feed-forward 128 --experts 4 --experts-used 2
}

shape() { # NAME OPTIONS...
    name=$1-$seed
    shift
    [ -f "$work/d/$name.json" ] && return
    myelin train "$work/stories.txt" -o "$work/d/$name.gguf" --overwrite --vocab-size 512 --layers 2 --width 96 --heads 4 --batch 8 --ctx-size 128 \
        --steps 600 --warmup 50 --lr 3e-3 --evaluate-every 100 --seed "$seed" -t "$threads" "$@"
    myelin inspect "$work/d/$name.gguf" --json > "$work/d/$name.json.part"
    mv "$work/d/$name.json.part" "$work/d/$name.json"
}

draw() {
    jdk=$("$home/cli/bin/find-jdk")
    "$jdk/bin/java" -cp "$home/cli/target/lib/*" "$here/Figures.java" "$work" "$here" > "$work/tables.md"
    cat "$work/tables.md"
}

for section in "$@"; do
    case $section in
        a | b | c | d | draw) $section ;;
        all)
            a
            b
            c
            d
            draw
            ;;
        *) usage ;;
    esac
done
