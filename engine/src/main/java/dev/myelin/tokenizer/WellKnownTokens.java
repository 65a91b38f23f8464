package dev.myelin.tokenizer;

import java.util.HashMap;
import java.util.Map;

/**
 * The ids of the few tokens with well-known texts, found in one pass over all tokens. A table of
 * all tokens would take much longer to create and may never be needed.
 */
final class WellKnownTokens {
  private final Map<String, Integer> ids = new HashMap<>();

  WellKnownTokens() {
    for (SpecialTokenRole role : SpecialTokenRole.values()) {
      register(role.texts());
    }
    register(SpecialTokenRole.END_OF_GENERATION);
    register(SpecialTokenRole.ALWAYS_RENDERED);
    register(StripRules.MASK_TOKENS);
  }

  /** Stores the id of a token if its text is well known. */
  void addIfKnown(ByteStrings texts, int id) {
    int start = texts.start(id);
    int end = texts.end(id);
    // every well-known text begins with '<', '[', '_' or U+2581, and ends with '>', ']' or '['
    if (end > start) {
      byte first = texts.bytes()[start];
      byte last = texts.bytes()[end - 1];
      if ((first == '<' || first == '[' || first == '_' || first == (byte) 0xe2)
          && (last == '>' || last == ']' || last == '[')) {
        ids.replace(texts.text(id), id);
      }
    }
  }

  /** The id of a well-known text, or {@link Vocabulary#NONE} if the vocabulary does not have it. */
  int find(String text) {
    return ids.get(text);
  }

  private void register(Iterable<String> texts) {
    for (String text : texts) {
      ids.put(text, Vocabulary.NONE);
    }
  }
}
