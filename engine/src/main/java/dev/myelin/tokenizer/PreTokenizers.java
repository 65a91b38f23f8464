package dev.myelin.tokenizer;

import static dev.myelin.tokenizer.CustomSplitter.DIGIT_GROUPS_OF_3;
import static dev.myelin.tokenizer.CustomSplitter.TRAILING_SPACE;
import static dev.myelin.tokenizer.Patterns.AFMOE_SCRIPTS;
import static dev.myelin.tokenizer.Patterns.BLOOM;
import static dev.myelin.tokenizer.Patterns.CJK;
import static dev.myelin.tokenizer.Patterns.CONTRACTION;
import static dev.myelin.tokenizer.Patterns.DEEPSEEK3;
import static dev.myelin.tokenizer.Patterns.DEEPSEEK_LETTERS;
import static dev.myelin.tokenizer.Patterns.DEEPSEEK_PUNCTUATION;
import static dev.myelin.tokenizer.Patterns.EAST_ASIAN;
import static dev.myelin.tokenizer.Patterns.GPT2;
import static dev.myelin.tokenizer.Patterns.GPT4O;
import static dev.myelin.tokenizer.Patterns.GRANITE;
import static dev.myelin.tokenizer.Patterns.KIMI;
import static dev.myelin.tokenizer.Patterns.LINES;
import static dev.myelin.tokenizer.Patterns.LINES_SPACES;
import static dev.myelin.tokenizer.Patterns.LINE_BREAK;
import static dev.myelin.tokenizer.Patterns.LLAMA3;
import static dev.myelin.tokenizer.Patterns.NUMBER;
import static dev.myelin.tokenizer.Patterns.NUMBERS;
import static dev.myelin.tokenizer.Patterns.NUMBERS_1_TO_3;
import static dev.myelin.tokenizer.Patterns.QWEN2;
import static dev.myelin.tokenizer.Patterns.QWEN35;
import static dev.myelin.tokenizer.Patterns.SPACED_LETTERS;
import static dev.myelin.tokenizer.Patterns.SPACED_PUNCTUATION;
import static dev.myelin.tokenizer.Patterns.SPACES;
import static dev.myelin.tokenizer.Patterns.SPARK;
import static dev.myelin.tokenizer.Patterns.SYMBOLS;
import static dev.myelin.tokenizer.Patterns.SYMBOLS_SLASH;
import static dev.myelin.tokenizer.Patterns.TEKKEN;
import static dev.myelin.tokenizer.Patterns.THREE_DIGITS;
import static dev.myelin.tokenizer.Patterns.WORD;
import static dev.myelin.tokenizer.Patterns.WORD_WITH_MARKS;
import static dev.myelin.tokenizer.Patterns.YOUTU_SCRIPTS;
import static dev.myelin.tokenizer.Patterns.anyOf;
import static dev.myelin.tokenizer.PreTokenizer.Trait.ADD_BOS;
import static dev.myelin.tokenizer.PreTokenizer.Trait.CLEAN_SPACES;
import static dev.myelin.tokenizer.PreTokenizer.Trait.IGNORE_MERGES;
import static dev.myelin.tokenizer.PreTokenizer.Trait.NO_BOS;
import static dev.myelin.tokenizer.PreTokenizer.Trait.NO_MERGES;

import dev.myelin.tokenizer.PreTokenizer.Regex;
import dev.myelin.tokenizer.PreTokenizer.Step;
import dev.myelin.tokenizer.PreTokenizer.Trait;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The registry of pre-tokenizers by {@code tokenizer.ggml.pre}. To add one, add an entry with its
 * names, traits and steps.
 */
final class PreTokenizers {
  static final String DEFAULT_NAME = "default";

  private static final PreTokenizer[] ALL = {
    of("default", traits(CLEAN_SPACES), "[\\p{P}$+<=>^~|]+", GPT2, NUMBERS, THREE_DIGITS),
    of(
        "llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
        traits(IGNORE_MERGES, ADD_BOS, CLEAN_SPACES),
        LLAMA3),
    of("dbrx smaug-bpe", traits(CLEAN_SPACES), LLAMA3),
    of("glm4 chatglm-bpe", traits(NO_BOS, CLEAN_SPACES), LLAMA3),
    of(
        "gpt-2 phi-2 jina-es jina-de gigachat jina-v2-es jina-v2-de a.x-4.0 mellum modern-bert"
            + " jina-v1-en jina-v2-code roberta-bpe mpt olmo jais exaone4",
        traits(CLEAN_SPACES),
        GPT2),
    of("trillion granite-docling", traits(), GPT2),
    of("starcoder refact codeshell exaone minerva-7b mellum2", traits(CLEAN_SPACES), NUMBER, GPT2),
    of("command-r smollm", traits(), NUMBER, GPT2),
    of("qwen2 deepseek-r1-qwen kormo f2llmv2 hunyuan grok-2 solar-open", traits(), QWEN2),
    of("stablelm2 megrez", traits(CLEAN_SPACES), QWEN2),
    of("qwen35", traits(), QWEN35),
    of(
        "deepseek-llm",
        traits(),
        LINE_BREAK,
        DEEPSEEK_LETTERS,
        DEEPSEEK_PUNCTUATION,
        TRAILING_SPACE,
        EAST_ASIAN,
        NUMBERS),
    of(
        "deepseek-coder",
        traits(),
        LINE_BREAK,
        SPACED_LETTERS,
        SPACED_PUNCTUATION,
        EAST_ASIAN,
        NUMBER),
    of("deepseek-v3 hunyuan-dense joyai-llm hy_v4", traits(), NUMBERS_1_TO_3, CJK, DEEPSEEK3),
    of("spark2_5", traits(), NUMBERS_1_TO_3, CJK, SPARK, NUMBER),
    of("falcon", traits(CLEAN_SPACES), "[\\p{P}$+<=>^~|`]+", GPT2, THREE_DIGITS),
    of("tekken", traits(IGNORE_MERGES, ADD_BOS), TEKKEN),
    of("gpt-4o llama4 kanana2 talkie minimax-m2", traits(), GPT4O),
    of("granite-embed-multi-97m", traits(IGNORE_MERGES), GRANITE),
    of(
        "tiny_aya cohere2moe",
        traits(),
        DIGIT_GROUPS_OF_3,
        anyOf(WORD_WITH_MARKS, NUMBERS_1_TO_3, SYMBOLS_SLASH, LINES_SPACES)),
    of(
        "youtu",
        traits(IGNORE_MERGES),
        YOUTU_SCRIPTS,
        anyOf(WORD_WITH_MARKS, NUMBER, SYMBOLS_SLASH, LINES_SPACES)),
    of("poro-chat", traits(), BLOOM),
    of("bloom gpt3-finnish", traits(CLEAN_SPACES), BLOOM),
    of("viking", traits(), BLOOM, NUMBER),
    of(
        "chameleon",
        traits(ADD_BOS),
        "<sentinel:[0-9]+>",
        "IMGIMG[A-I]{1,4}Z",
        "[\\t\\n]|    |  ",
        NUMBER,
        "[\\p{P}!-/:-@\\[-`{-~]",
        GPT2),
    of("kimi-k2", traits(NO_MERGES), KIMI),
    of(
        "bailingmoe bailingmoe2 llada-moe",
        traits(),
        anyOf(CONTRACTION, WORD, NUMBER, SYMBOLS, "\\s*[\\r\\n]", SPACES)),
    of(
        "seed-coder",
        traits(),
        anyOf(CONTRACTION, WORD, NUMBER, " ?[^\\s\\p{L}\\p{N}\\r\\n]+", LINES_SPACES)),
    of("ufakzeka", traits(), anyOf(WORD, NUMBER, SYMBOLS, LINES_SPACES)),
    of("afmoe", traits(), DIGIT_GROUPS_OF_3, AFMOE_SCRIPTS, DEEPSEEK3),
    of("laguna", traits(), LINES, QWEN2),
    of(
        "minicpm5",
        traits(IGNORE_MERGES, CLEAN_SPACES),
        NUMBERS_1_TO_3,
        anyOf(CONTRACTION, WORD, NUMBERS, SYMBOLS, LINES_SPACES)),
  };

  private PreTokenizers() {}

  static Optional<PreTokenizer> find(String name) {
    for (PreTokenizer preTokenizer : ALL) {
      if (preTokenizer.names().contains(name)) {
        return Optional.of(preTokenizer);
      }
    }
    return Optional.empty();
  }

  /** All names, for messages. */
  static List<String> names() {
    List<String> names = new ArrayList<>();
    for (PreTokenizer preTokenizer : ALL) {
      names.addAll(preTokenizer.names());
    }
    return names;
  }

  private static List<Trait> traits(Trait... traits) {
    return List.of(traits);
  }

  /** An entry. Names are separated by spaces; a step is a regex or a {@link CustomSplitter}. */
  private static PreTokenizer of(String names, List<Trait> traits, Object... steps) {
    Step[] all = new Step[steps.length];
    for (int i = 0; i < steps.length; i++) {
      all[i] = steps[i] instanceof Step step ? step : new Regex((String) steps[i]);
    }
    return new PreTokenizer(List.of(names.split(" ")), List.of(all), traits);
  }
}
