package dev.myelin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** llama.cpp's options and how they are treated here. */
final class LlamaCppOptions {
  /** How an option is treated. */
  enum Action {
    /** Another name of an option that the command has. */
    RENAME,
    /** It does not change the result: it is removed, with a note. */
    IGNORE,
    /** It would change the result, or is not supported: wrong usage. */
    REJECT,
    /** The type of the keys or of the values, which must be the same. */
    CACHE_TYPE
  }

  /**
   * One row of the table.
   *
   * @param commands empty for all
   * @param takesValue whether a value is required
   * @param choices values that may follow an option without a required one
   * @param neutralValue the value that turns it off, null for none
   * @param text the reason, or for {@code RENAME} the name of our option
   */
  record Entry(
      List<String> names,
      List<String> commands,
      boolean takesValue,
      List<String> choices,
      Action action,
      String neutralValue,
      String text) {}

  /**
   * Names, commands ({@code *} for all), value ({@code -} none, {@code N} required, {@code a/b} one
   * of these or none), action ({@code =OPTION} rename, {@code same} ignore, {@code no} reject,
   * {@code no:V} reject unless the value is V), and the reason. The first matching row applies.
   */
  private static final String TABLE =
      """
      -hf -hfr --hf-repo -hff --hf-file | * | N | no | `myelin pull NAME` downloads a model and prints its file
      -hft --hf-token | * | N | no | set the environment variable HF_TOKEN
      -mu --model-url | * | N | =--model |
      -dr --docker-repo | * | N | no | `myelin pull` takes models of a hub, of an Ollama registry, or at a URL
      --offline | * | - | same | this command downloads nothing
      -ngl --gpu-layers --n-gpu-layers -dev --device -sm --split-mode -ts --tensor-split -mg --main-gpu -ot --override-tensor \
      -ncmoe --n-cpu-moe -fit --fit | * | N | same | Myelin computes on the CPU
      -nkvo | bench | N | same | Myelin computes on the CPU
      -cmoe --cpu-moe -nkvo --no-kv-offload -kvo --kv-offload --no-op-offload --no-host -nr --no-repack --repack | * | - | same | \
      Myelin computes on the CPU
      -fa --flash-attn | * | on/off/auto/0/1 | same | flash attention is always used
      -ctk --cache-type-k -ctv --cache-type-v | * | N | cache |
      -mmp | bench | N | same | model files are always mapped
      --mlock --mmap --no-mmap -dio --direct-io -ndio --no-direct-io | * | - | same | model files are always mapped
      -ub --ubatch-size | * | N | same | -b sets the batch size
      --batch-size | * | N | =--batch |
      -tb --threads-batch | * | N | same | -t applies to prompts too
      -C --cpu-mask -Cr --cpu-range --cpu-strict --prio --poll --numa | * | N | same | use taskset and nice
      --n-predict | run,chat | N | =--predict |
      -cnv --conversation -i --interactive -if --interactive-first -mli --multiline-input | chat | - | same | chat is interactive
      -cnv --conversation -i --interactive -if --interactive-first | run | - | no | use `myelin chat`
      -no-cnv --no-conversation | run | - | same | run is not interactive
      -no-cnv --no-conversation | chat | - | no | use `myelin run`
      -st --single-turn | run | - | same | run is not interactive
      -sys --system-prompt -sysf --system-prompt-file --chat-template --chat-template-file --chat-template-kwargs \
      --reasoning-format --reasoning-budget | run | N | no | run does not apply chat templates; use `myelin chat`
      -st --single-turn | chat | - | no | pipe the message: echo TEXT | myelin chat
      -p --prompt | chat | N | no | pipe the first message, echo TEXT | myelin chat; -S TEXT sets the system prompt
      -f --file | chat | N | no | pipe the messages, myelin chat < FILE
      -sys --system-prompt | chat | N | =--system |
      -sysf --system-prompt-file | chat | N | no | use -S "$(cat FILE)"
      --jinja | * | - | same | chat templates are always rendered as Jinja
      --no-jinja | * | - | no | chat templates are always rendered as Jinja
      --chat-template-file | template | N | =--template |
      --chat-template --chat-template-file --chat-template-kwargs | chat | N | no | the model's template is used; `myelin template` \
      shows it
      --reasoning-format --reasoning-budget | chat | N | no | replies are printed as generated
      -r --reverse-prompt | run,chat | N | no | use --stop TEXT
      --in-prefix --in-suffix | run,chat | N | no | the chat template formats messages
      --no-escape | run | - | same | escapes are processed only with -e
      -e --escape --no-escape | chat | - | same | escapes are not processed
      --color -co | * | on/off/auto | same | output has no colors
      --log-disable --log-timestamps --log-prefix --no-perf --perf --warmup --no-warmup --simple-io --show-timings \
      --no-show-timings --display-prompt --verbose-prompt -v --progress | * | - | same | it controls llama.cpp's own messages
      -lv --verbosity --log-verbosity --log-file | * | N | same | it controls llama.cpp's own messages
      --log-colors | * | on/off/auto | same | it controls llama.cpp's own messages
      --no-context-shift | run | - | same | the context is never shifted
      --context-shift | run | - | no | context shift is not supported: set a longer context with -c
      --keep | run | N | no:0 | context shift is not supported: set a longer context with -c
      --no-context-shift | chat | - | no | use --on-full stop
      --context-shift | chat | - | no | use --on-full drop
      --keep | chat | N | no:0 | the system prompt is always kept
      --prompt-cache-all --prompt-cache-ro | * | - | same | --prompt-cache DIR reads and keeps all prompts
      --prompt-cache --slot-save-path | * | N | same | it affects speed only: --prompt-cache DIR of run and chat keeps prompts
      -np --parallel | * | N | same | `myelin run -f FILE.jsonl --parallel N` computes several prompts together
      -kvu --kv-unified | * | - | same | all sequences share one cache
      --swa-full | * | - | same | pages outside of a window are kept while there is room
      -ctxcp --ctx-checkpoints --swa-checkpoints -cms --checkpoint-min-step | * | N | same | --state-snapshots SIZE of run and chat \
      limits the memory for earlier recurrent states
      -md --model-draft --draft --draft-max --draft-min -ctkd -ctvd | * | N | same | it affects speed only, and is not supported yet
      --grammar --grammar-file -j --json-schema -jf --json-schema-file | run,chat | N | no | grammars are not supported yet
      --mirostat --xtc-probability --dry-multiplier --dynatemp-range | run,chat | N | no:0 | this sampler is not supported
      --mirostat-lr --mirostat-ent --xtc-threshold --dry-base --dry-allowed-length --dry-penalty-last-n --dry-sequence-breaker \
      --dynatemp-exp --samplers --sampler-seq --sampling-seq -l --logit-bias --adaptive-target --adaptive-decay | run,chat | N | \
      no | this sampler is not supported
      --rope-scaling --rope-scale --rope-freq-base --rope-freq-scale --yarn-ext-factor --yarn-attn-factor --yarn-beta-slow \
      --yarn-beta-fast --yarn-orig-ctx --override-kv | * | N | no | the model's values are used
      --lora-scaled | * | N | no | use --lora FILE=SCALE
      --control-vector --control-vector-scaled --control-vector-layer-range | * | N | no | control vectors are not supported yet
      -mm --mmproj --image --audio | * | N | no | only text input is supported
      --list-devices | * | - | no | use `myelin info`
      --save-all-logits --kl-divergence-base | perplexity | N | no | use --save-logits FILE, --kl-base FILE
      --kl-divergence | perplexity | - | no | use --kl-base FILE
      --hellaswag --winogrande --multiple-choice | perplexity | - | no | use `myelin score`
      -pg | bench | N | no | prompt (-p) and generation (-n) are measured separately; -d N generates after N tokens
      -oe --output-err | bench | N | no | results go to standard output
      --output-file | imatrix | N | =--output |
      -ofreq --output-frequency --save-frequency | imatrix | N | same | the file is written once, at the end
      --show-statistics | imatrix | - | no | use `myelin inspect`
      --stdin | tokenize | - | same | tokenize always reads standard input
      -p --prompt | tokenize | N | no | pipe the text: printf '%s' TEXT | myelin tokenize
      -f --file | tokenize | N | no | pipe the text: myelin tokenize < FILE
      """;

  private LlamaCppOptions() {}

  /** The row of a command's option. */
  static Optional<Entry> find(String name, String command) {
    return all().stream()
        .filter(e -> e.names.contains(name))
        .filter(e -> e.commands.isEmpty() || e.commands.contains(command))
        .findFirst();
  }

  static List<Entry> all() {
    List<Entry> entries = new ArrayList<>();
    for (String line : TABLE.split("\n")) {
      String[] columns = line.split(" \\| ?", 5);
      String fate = columns[3].strip();
      boolean required = columns[2].equals("N");
      boolean none = columns[2].equals("-");
      entries.add(
          new Entry(
              List.of(columns[0].strip().split(" +")),
              columns[1].equals("*") ? List.of() : List.of(columns[1].split(",")),
              required,
              required || none ? List.of() : List.of(columns[2].split("/")),
              action(fate),
              fate.startsWith("no:") ? fate.substring(3) : null,
              fate.startsWith("=") ? fate.substring(1) : columns[4].strip()));
    }
    return entries;
  }

  private static Action action(String text) {
    return switch (text.charAt(0)) {
      case '=' -> Action.RENAME;
      case 's' -> Action.IGNORE;
      case 'c' -> Action.CACHE_TYPE;
      default -> Action.REJECT;
    };
  }
}
