package dev.myelin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The options of llama.cpp's programs that users type, and what they are here. */
final class ForeignOptions {
  /** What becomes of an option. */
  enum Fate {
    /** Another name of an option that the command has. */
    RENAMED,
    /** What is computed is the same: it is left out, with a note. */
    WITHOUT_EFFECT,
    /** The result would be another, or there is no such thing: wrong usage. */
    REFUSED,
    /** One of the two types of the cache, which must be the same. */
    CACHE_TYPE
  }

  /**
   * A line of the table.
   *
   * @param commands empty for all
   * @param value whether a value follows: required, or one of {@code choices} if it does
   * @param off a value with which it has no effect, null for none
   * @param words why, or the name of our option
   */
  record Entry(
      List<String> names,
      List<String> commands,
      boolean value,
      List<String> choices,
      Fate fate,
      String off,
      String words) {}

  /**
   * Names, commands ({@code *} for all), value ({@code -} none, {@code N} one, {@code a/b} one of
   * these or none), fate ({@code =OPTION} renamed, {@code same} without effect, {@code no} refused,
   * {@code no:V} refused unless the value is V), and why. The first line that fits counts.
   */
  private static final String TABLE =
      """
      -hf -hfr --hf-repo -hff --hf-file -hft --hf-token -mu --model-url -dr --docker-repo | * | N | no | nothing is \
      downloaded yet: get the file (curl -LO https://huggingface.co/USER/REPO/resolve/main/FILE.gguf), then give -m FILE
      -ngl --gpu-layers --n-gpu-layers -dev --device -sm --split-mode -ts --tensor-split -mg --main-gpu -ot --override-tensor \
      -ncmoe --n-cpu-moe -fit --fit | * | N | same | Myelin computes on the CPU
      -nkvo | bench | N | same | Myelin computes on the CPU
      -cmoe --cpu-moe -nkvo --no-kv-offload -kvo --kv-offload --no-op-offload --no-host -nr --no-repack --repack | * | - | same | \
      Myelin computes on the CPU
      -fa --flash-attn | * | on/off/auto/0/1 | same | attention is always computed in one pass
      -ctk --cache-type-k -ctv --cache-type-v | * | N | cache |
      -mmp | bench | N | same | model files are mapped
      --mlock --mmap --no-mmap -dio --direct-io -ndio --no-direct-io | * | - | same | model files are mapped
      -ub --ubatch-size | * | N | same | -b says how many tokens are computed together
      --batch-size | * | N | =--batch |
      -tb --threads-batch | * | N | same | -t counts for prompts too
      -C --cpu-mask -Cr --cpu-range --cpu-strict --prio --poll --numa | * | N | same | taskset and nice do that
      --n-predict | run,chat | N | =--predict |
      -cnv --conversation -i --interactive -if --interactive-first -mli --multiline-input | chat | - | same | chat is that
      -cnv --conversation -i --interactive -if --interactive-first | run | - | no | `myelin chat` is the command for it
      -no-cnv --no-conversation | run | - | same | run never waits for messages
      -no-cnv --no-conversation | chat | - | no | `myelin run` is the command for it
      -st --single-turn | run | - | same | run never waits for messages
      -sys --system-prompt -sysf --system-prompt-file --chat-template --chat-template-file --chat-template-kwargs \
      --reasoning-format --reasoning-budget | run | N | no | run takes the prompt as it is; `myelin chat` renders chat templates
      -st --single-turn | chat | - | no | pipe the message: echo TEXT | myelin chat
      -p --prompt | chat | N | no | pipe the first message, echo TEXT | myelin chat; -S TEXT is the system prompt
      -f --file | chat | N | no | pipe the messages, myelin chat < FILE
      -sys --system-prompt | chat | N | =--system |
      -sysf --system-prompt-file | chat | N | no | give its text, -S "$(cat FILE)"
      --jinja | * | - | same | chat templates are always rendered as Jinja
      --no-jinja | * | - | no | chat templates are always rendered as Jinja
      --chat-template-file | template | N | =--template |
      --chat-template --chat-template-file --chat-template-kwargs | chat | N | no | the template of the model's file is used; \
      `myelin template` shows it
      --reasoning-format --reasoning-budget | chat | N | no | replies are shown as the model writes them
      -r --reverse-prompt | run,chat | N | no | --stop TEXT ends at a text
      --in-prefix --in-suffix | run,chat | N | no | the chat template puts messages together
      --no-escape | run | - | same | texts are taken as they are, unless -e is given
      -e --escape --no-escape | chat | - | same | texts are taken as they are
      --color -co | * | on/off/auto | same | output has no colours
      --log-disable --log-timestamps --log-prefix --no-perf --perf --warmup --no-warmup --simple-io --show-timings \
      --no-show-timings --display-prompt --verbose-prompt -v --progress | * | - | same | it is about llama.cpp's own messages
      -lv --verbosity --log-verbosity --log-file | * | N | same | it is about llama.cpp's own messages
      --log-colors | * | on/off/auto | same | it is about llama.cpp's own messages
      --no-context-shift | run | - | same | positions are never shifted
      --context-shift | run | - | no | positions are never shifted: -c gives a longer context
      --keep | run | N | no:0 | positions are never shifted: -c gives a longer context
      --no-context-shift | chat | - | no | --on-full stop ends a reply where the context is full
      --context-shift | chat | - | no | --on-full drop leaves the oldest exchanges out
      --keep | chat | N | no:0 | the system prompt always stays
      --prompt-cache --slot-save-path -np --parallel -md --model-draft --draft --draft-max --draft-min -ctkd -ctvd | * | N | same | \
      it is about speed, and there is no such thing yet
      --prompt-cache-all --prompt-cache-ro --swa-full -kvu --kv-unified | * | - | same | it is about speed, and there is no such \
      thing yet
      --grammar --grammar-file -j --json-schema -jf --json-schema-file | run,chat | N | no | grammars are not supported yet
      --mirostat --xtc-probability --dry-multiplier --dynatemp-range | run,chat | N | no:0 | there is no such sampler
      --mirostat-lr --mirostat-ent --xtc-threshold --dry-base --dry-allowed-length --dry-penalty-last-n --dry-sequence-breaker \
      --dynatemp-exp --samplers --sampler-seq --sampling-seq -l --logit-bias --adaptive-target --adaptive-decay | run,chat | N | \
      no | there is no such sampler
      --rope-scaling --rope-scale --rope-freq-base --rope-freq-scale --yarn-ext-factor --yarn-attn-factor --yarn-beta-slow \
      --yarn-beta-fast --yarn-orig-ctx --override-kv | * | N | no | the values of the model's file are used
      --lora-scaled | * | N | no | --lora FILE=SCALE has the scale
      --control-vector --control-vector-scaled --control-vector-layer-range | * | N | no | control vectors are not supported yet
      -mm --mmproj --image --audio | * | N | no | models read text only
      --list-devices | * | - | no | `myelin info` lists them
      --save-all-logits --kl-divergence-base | perplexity | N | no | --save-logits FILE saves, --kl-base FILE compares
      --kl-divergence | perplexity | - | no | --kl-base FILE compares
      --hellaswag --winogrande --multiple-choice | perplexity | - | no | `myelin score` compares continuations
      -pg | bench | N | no | prompts (-p) and generation (-n) are measured apart; -d N generates behind a prompt of N tokens
      -oe --output-err | bench | N | no | results go to standard output, -o FORMAT
      --output-file | imatrix | N | =--output |
      -ofreq --output-frequency --save-frequency | imatrix | N | same | it is written once, when it is complete
      --show-statistics | imatrix | - | no | `myelin inspect` shows a GGUF file's tensors
      --stdin | tokenize | - | same | tokenize always reads standard input
      -p --prompt | tokenize | N | no | pipe the text: printf '%s' TEXT | myelin tokenize
      -f --file | tokenize | N | no | pipe the text: myelin tokenize < FILE
      """;

  private ForeignOptions() {}

  /** The line about an option of a command. */
  static Optional<Entry> find(String name, String command) {
    return all().stream()
        .filter(e -> e.names.contains(name))
        .filter(e -> e.commands.isEmpty() || e.commands.contains(command))
        .findFirst();
  }

  static List<Entry> all() {
    List<Entry> entries = new ArrayList<>();
    for (String line : TABLE.split("\n")) {
      String[] cells = line.split(" \\| ?", 5);
      String fate = cells[3].strip();
      boolean one = cells[2].equals("N");
      boolean none = cells[2].equals("-");
      entries.add(
          new Entry(
              List.of(cells[0].strip().split(" +")),
              cells[1].equals("*") ? List.of() : List.of(cells[1].split(",")),
              one,
              one || none ? List.of() : List.of(cells[2].split("/")),
              fate(fate),
              fate.startsWith("no:") ? fate.substring(3) : null,
              fate.startsWith("=") ? fate.substring(1) : cells[4].strip()));
    }
    return entries;
  }

  private static Fate fate(String text) {
    return switch (text.charAt(0)) {
      case '=' -> Fate.RENAMED;
      case 's' -> Fate.WITHOUT_EFFECT;
      case 'c' -> Fate.CACHE_TYPE;
      default -> Fate.REFUSED;
    };
  }
}
