package dev.myelin.tokenizer;

import dev.myelin.gguf.Metadata;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which special tokens strip white space. Files do not store it; llama.cpp derives it from the name
 * of the model, of its architecture or of its pre-tokenizer.
 */
final class StripRules {
  static final List<String> MASK_TOKENS = List.of("<mask>", "[MASK]");

  private static final Set<String> PHI_3_NOT_STRIPPED = Set.of("<unk>", "<s>", "<|endoftext|>");

  private StripRules() {}

  static void apply(Metadata metadata, TokenTable tokens) {
    String preTokenizer = metadata.optString(BpeTokenizer.PRE_KEY).orElse("");
    String architecture = metadata.optString("general.architecture").orElse("");
    String name = metadata.optString("general.name").orElse("").toLowerCase(Locale.ROOT);
    if (preTokenizer.contains("jina-v2-de")
        || preTokenizer.contains("jina-v2-es")
        || preTokenizer.contains("jina-v2-code")
        || architecture.contains("nomic-bert-moe")
        || architecture.contains("jina-bert-v3")) {
      setLstrip(tokens, "<mask>");
    } else if (name.contains("phi-3") || name.contains("phi3")) {
      for (int id = 0; id < tokens.texts().size(); id++) {
        if ((tokens.attributes()[id] & TokenAttribute.SPECIAL) != 0
            && !PHI_3_NOT_STRIPPED.contains(tokens.texts().text(id))) {
          tokens.addAttribute(id, TokenAttribute.RSTRIP);
        }
      }
    } else if (name.contains("modern-bert")) {
      setLstrip(tokens, "[MASK]");
    }
  }

  private static void setLstrip(TokenTable tokens, String text) {
    int id = tokens.find(text);
    if (id != Vocabulary.NONE) {
      tokens.addAttribute(id, TokenAttribute.LSTRIP);
    }
  }
}
