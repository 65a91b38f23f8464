package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.tokenizer.Vocabulary.Added;
import dev.myelin.tokenizer.Vocabulary.SpecialIds;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Finds the special tokens of a file: by its keys, by the defaults of its kind of tokenizer, and by
 * well-known texts. A token found by its text becomes a control token, because files often fail to
 * mark it.
 */
final class VocabularyReader {
  private static final String PREFIX = "tokenizer.ggml.";

  /**
   * Defaults for missing keys. An id is {@link Vocabulary#NONE} for none.
   *
   * @param alwaysBos whether BOS is added whatever the file says
   */
  record Defaults(int bos, int eos, int separator, int unknown, Added added, boolean alwaysBos) {}

  private final GgufFile file;
  private final Metadata metadata;
  private final TokenTable tokens;
  private final List<String> notes = new ArrayList<>();
  private final Map<SpecialTokenRole, Integer> roles = new EnumMap<>(SpecialTokenRole.class);

  VocabularyReader(GgufFile file, TokenTable tokens) {
    this.file = file;
    this.metadata = file.metadata();
    this.tokens = tokens;
  }

  Vocabulary read(Defaults defaults) {
    int bos = id("bos_token_id", defaults.bos);
    int eos = id("eos_token_id", defaults.eos);
    // the format spells the key so
    int separator = id("seperator_token_id", defaults.separator);
    int unknown = id("unknown_token_id", defaults.unknown);
    findRoles();
    TreeSet<Integer> ends = endOfGeneration(eos);
    StripRules.apply(metadata, tokens);
    Added added = added(defaults);
    requireToken(added.bos(), bos, "bos");
    requireToken(added.eos(), eos, "eos");
    requireToken(added.separator(), separator, "seperator");
    SpecialIds ids =
        new SpecialIds(
            bos,
            eos,
            separator,
            roles.get(SpecialTokenRole.END_OF_TURN),
            roles.get(SpecialTokenRole.END_OF_MESSAGE),
            unknown,
            padding(),
            toArray(ends));
    return new Vocabulary(file.path(), tokens, ids, added, suppressedTokens(), notes);
  }

  /** The tokens to add. A kind with a separator adds that in place of EOS, as in llama.cpp. */
  private Added added(Defaults defaults) {
    Added added = defaults.added;
    boolean bos = metadata.bool("tokenizer.ggml.add_bos_token", added.bos());
    boolean eos = metadata.bool("tokenizer.ggml.add_eos_token", added.eos());
    return new Added(bos || defaults.alwaysBos, eos && !added.separator(), added.separator());
  }

  private static int[] toArray(TreeSet<Integer> ids) {
    int[] array = new int[ids.size()];
    int size = 0;
    for (int id : ids) {
      array[size++] = id;
    }
    return array;
  }

  /** A vocabulary whose tokenizer cannot work without an unknown token. */
  Vocabulary readWithUnknown(Defaults defaults) {
    Vocabulary vocabulary = read(defaults);
    if (vocabulary.unknownId() == Vocabulary.NONE) {
      throw metadata.error(
          PREFIX + "unknown_token_id", "expected the token for text that has no other");
    }
    return vocabulary;
  }

  private int id(String name, int defaultId) {
    // concat, not +: the first string concatenation costs milliseconds of start-up time
    String key = PREFIX.concat(name);
    if (!metadata.has(key)) {
      return defaultId < size() ? defaultId : Vocabulary.NONE;
    }
    long id = metadata.i64(key);
    if (id < 0 || id >= size()) {
      // ignored as in llama.cpp: published files have such ids
      notes.add(
          "key %s = %s is not a token, expected 0 to %s: ignored".formatted(key, id, size() - 1));
      return defaultId < size() ? defaultId : Vocabulary.NONE;
    }
    return (int) id;
  }

  /** Tokens that are never sampled. Out-of-range ids are ignored. */
  private int[] suppressedTokens() {
    String key = PREFIX.concat("suppress_tokens");
    if (!metadata.has(key)) {
      return new int[0];
    }
    GgufArray array = metadata.array(key);
    if (!array.elementType().isInteger()) {
      throw metadata.error(key, "expected an array of token ids");
    }
    if (array.size() > TokenTable.MAX_TOKENS) {
      throw metadata.error(key, "expected at most " + TokenTable.MAX_TOKENS + " ids");
    }
    TreeSet<Integer> ids = new TreeSet<>();
    int outOfRange = 0;
    for (int i = 0; i < array.size(); i++) {
      long id = array.i64(i);
      if (id >= 0 && id < size()) {
        ids.add((int) id);
      } else {
        outOfRange++;
      }
    }
    if (outOfRange > 0) {
      notes.add(
          "key %s: %s of its %s ids are not tokens, expected 0 to %s: ignored"
              .formatted(key, outOfRange, array.size(), size() - 1));
    }
    return toArray(ids);
  }

  /** The padding token. It is not used here, and some files have an out-of-range id. */
  private int padding() {
    String key = "tokenizer.ggml.padding_token_id";
    long id = metadata.has(key) ? metadata.i64(key) : Vocabulary.NONE;
    return id < size() ? (int) Math.max(id, Vocabulary.NONE) : Vocabulary.NONE;
  }

  private void requireToken(boolean isAdded, int id, String name) {
    if (isAdded && id == Vocabulary.NONE) {
      throw metadata.error(PREFIX + name + "_token_id", "expected the token to add to each text");
    }
  }

  private void findRoles() {
    for (SpecialTokenRole role : SpecialTokenRole.values()) {
      int id = Vocabulary.NONE;
      for (String key : role.keys()) {
        id = id(key, id);
      }
      roles.put(role, id == Vocabulary.NONE ? findControl(role.texts()) : id);
    }
  }

  /** Finds the first existing token of these texts and makes it a control token. */
  private int findControl(List<String> texts) {
    for (String text : texts) {
      int id = tokens.find(text);
      if (id != Vocabulary.NONE) {
        tokens.addAttribute(id, TokenAttribute.CONTROL);
        return id;
      }
    }
    return Vocabulary.NONE;
  }

  private TreeSet<Integer> endOfGeneration(int eos) {
    TreeSet<Integer> ends = new TreeSet<>();
    for (Map.Entry<SpecialTokenRole, Integer> role : roles.entrySet()) {
      if (role.getKey().isEndOfGeneration()) {
        ends.add(role.getValue());
      }
    }
    for (String text : SpecialTokenRole.END_OF_GENERATION) {
      ends.add(findControl(List.of(text)));
    }
    ends.add(eos);
    ends.remove(Vocabulary.NONE);
    for (String text : SpecialTokenRole.ALWAYS_RENDERED) {
      setAttribute(tokens.find(text), TokenAttribute.USER_DEFINED);
    }
    // if the model calls tools, <|end|> ends only one of several messages
    boolean callsTools = contains(ends, "<|call|>") || contains(ends, "<|calls|>");
    if (callsTools && (contains(ends, "<|return|>") || contains(ends, "<|flush|>"))) {
      remove(ends, "<|end|>", TokenAttribute.USER_DEFINED);
    }
    if (contains(ends, "<|tool_response>")) {
      remove(ends, "</s>", TokenAttribute.NORMAL);
    }
    return ends;
  }

  private boolean contains(TreeSet<Integer> ends, String text) {
    return ends.contains(tokens.find(text));
  }

  private void remove(TreeSet<Integer> ends, String text, int attribute) {
    int id = tokens.find(text);
    if (ends.remove(id)) {
      setAttribute(id, attribute);
    }
  }

  private void setAttribute(int id, int attribute) {
    if (id != Vocabulary.NONE) {
      tokens.attributes()[id] = (byte) attribute;
    }
  }

  private int size() {
    return tokens.texts().size();
  }
}
