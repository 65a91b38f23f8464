package dev.myelin.tokenizer;

import java.util.List;

/**
 * Roles of special tokens. Each has the keys that may give its id (the last one present is used),
 * and the well-known texts that identify it if there is no key: files often lack the keys.
 */
enum SpecialTokenRole {
  END_OF_TURN(
      List.of("eot_token_id"),
      "<|eot_id|>",
      "<|im_end|>",
      "<|end|>",
      "<end_of_turn>",
      "<|endoftext|>",
      "<|end_of_text|>",
      "<EOT>",
      "_<EOT>",
      "[EOT]",
      "<\uff5cend\u2581of\u2581sentence\uff5c>",
      "<end_of_utterance>"),
  END_OF_MESSAGE(List.of("eom_token_id"), "<|eom_id|>"),
  FIM_PREFIX(
      List.of("fim_pre_token_id", "prefix_token_id"),
      "<|fim_prefix|>",
      "<fim-prefix>",
      "<fim_prefix>",
      "<\uff5cfim\u2581begin\uff5c>",
      "<PRE>",
      "\u2581<PRE>",
      "<|code_prefix|>",
      "<|prefix|>"),
  FIM_SUFFIX(
      List.of("fim_suf_token_id", "suffix_token_id"),
      "<|fim_suffix|>",
      "<fim-suffix>",
      "<fim_suffix>",
      "<\uff5cfim\u2581hole\uff5c>",
      "<SUF>",
      "\u2581<SUF>",
      "<|code_suffix|>",
      "<|suffix|>"),
  FIM_MIDDLE(
      List.of("fim_mid_token_id", "middle_token_id"),
      "<|fim_middle|>",
      "<fim-middle>",
      "<fim_middle>",
      "<\uff5cfim\u2581end\uff5c>",
      "<MID>",
      "\u2581<MID>",
      "<|code_middle|>",
      "<|middle|>"),
  FIM_PADDING(
      List.of("fim_pad_token_id"), "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"),
  FIM_REPOSITORY(
      List.of("fim_rep_token_id"),
      "<|fim_repo|>",
      "<|repo_name|>",
      "<fim-repo>",
      "<REPO>",
      "<reponame>"),
  FIM_SEPARATOR(List.of("fim_sep_token_id"), "<|file_sep|>");

  /** Texts that always end generation (EOG). */
  static final List<String> END_OF_GENERATION =
      List.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<turn|>",
          "<|tool_response>",
          "<\uff5cend\u2581of\u2581sentence\uff5c>",
          "[e~[");

  /** Texts of gpt-oss that are always rendered: they become user-defined tokens. */
  static final List<String> ALWAYS_RENDERED =
      List.of("<|channel|>", "<|message|>", "<|start|>", "<|constrain|>");

  private final List<String> keys;
  private final List<String> texts;

  SpecialTokenRole(List<String> keys, String... texts) {
    this.keys = keys;
    this.texts = List.of(texts);
  }

  /** Keys without the prefix {@code tokenizer.ggml.}. */
  List<String> keys() {
    return keys;
  }

  List<String> texts() {
    return texts;
  }

  /** Whether this token ends generation. */
  boolean isEndOfGeneration() {
    return switch (this) {
      case FIM_PREFIX, FIM_SUFFIX, FIM_MIDDLE -> false;
      default -> true;
    };
  }
}
