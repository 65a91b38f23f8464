package dev.myelin.tokenizer;

import java.util.HashMap;
import java.util.Map;

/**
 * The ids of the few tokens that are known by their texts, found in one pass over all tokens: a
 * table of every token would take far longer to make, and may never be needed.
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

  /** Takes a token's id, where its text is known. */
  void addIfKnown(ByteStrings texts, int id) {
    int start = texts.start(id);
    int end = texts.end(id);
    // all known texts begin with one of the first three or U+2581, and end with one of the others
    if (end > start) {
      byte first = texts.bytes()[start];
      byte last = texts.bytes()[end - 1];
      if ((first == '<' || first == '[' || first == '_' || first == (byte) 0xe2)
          && (last == '>' || last == ']' || last == '[')) {
        ids.replace(texts.text(id), id);
      }
    }
  }

  /** The id of one of the known texts, or {@link Vocabulary#NONE} where no token has it. */
  int find(String text) {
    return ids.get(text);
  }

  private void register(Iterable<String> texts) {
    for (String text : texts) {
      ids.put(text, Vocabulary.NONE);
    }
  }
}
