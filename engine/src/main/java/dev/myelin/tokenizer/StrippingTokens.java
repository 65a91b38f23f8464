package dev.myelin.tokenizer;

import dev.myelin.gguf.Metadata;
import java.util.Locale;
import java.util.Set;

/**
 * Special tokens that take the white space beside them along. Files do not say which these are; it
 * is known by the models' names.
 */
final class StrippingTokens {
  private static final Set<String> PHI_3_PLAIN = Set.of("<unk>", "<s>", "<|endoftext|>");

  private StrippingTokens() {}

  static void mark(Metadata metadata, TokenTable tokens) {
    String pre = metadata.optString(BpeTokenizer.PRE).orElse("");
    String name = metadata.optString("general.name").orElse("").toLowerCase(Locale.ROOT);
    if (pre.contains("jina-v2-de") || pre.contains("jina-v2-es") || pre.contains("jina-v2-code")) {
      markLeft(tokens, "<mask>");
    } else if (name.contains("phi-3") || name.contains("phi3")) {
      for (int id = 0; id < tokens.texts().size(); id++) {
        if ((tokens.attributes()[id] & Attribute.SPECIAL) != 0
            && !PHI_3_PLAIN.contains(tokens.texts().text(id))) {
          tokens.mark(id, Attribute.STRIPS_RIGHT);
        }
      }
    } else if (name.contains("modern-bert")) {
      markLeft(tokens, "[MASK]");
    }
  }

  private static void markLeft(TokenTable tokens, String text) {
    int id = tokens.find(text);
    if (id != Vocabulary.NONE) {
      tokens.mark(id, Attribute.STRIPS_LEFT);
    }
  }
}
